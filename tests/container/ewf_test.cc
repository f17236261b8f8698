// E01 images made by ewfacquirestream, of one segment and of several.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/digest.h"
#include "src/container/segments.h"
#include "tests/container/opened.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

// An image with files in it, as raw and as E01.
class Images {
 public:
  // `segment_bytes` 0: one segment.
  explicit Images(uint64_t segment_bytes, const char* compression = "fast") {
    std::filesystem::create_directories(folder_ / "in");
    WriteText(folder_ / "in/noise.bin", Noise(5'000'000, 1));
    WriteText(folder_ / "in/letter.txt", std::string(100'000, 'x'));
    const uint64_t size_bytes =
        segment_bytes == 0 ? uint64_t{1} << 30 : segment_bytes;
    RunShell("cd " + folder_.path() +
             "; mke2fs -q -t ext4 -d in raw.dd 16M; ewfacquirestream -q -c " +
             compression + " -S " + std::to_string(size_bytes) +
             " -d sha1 -t image <raw.dd");
    const auto names = SegmentNames(folder_ / "image.E01");
    EXPECT_TRUE(names.ok());
    if (names.ok()) segments_ = *names;
  }
  const std::vector<std::string>& segments() const { return segments_; }
  std::string raw() const { return folder_ / "raw.dd"; }

 private:
  kenal::testing::TempDir folder_;
  std::vector<std::string> segments_;
};

struct Medium {
  std::string bytes;
  ReadResult result;
};

Medium ReadMedium(Container& image) {
  Medium medium;
  medium.result = image.ReadImage([&](std::span<const uint8_t> bytes) {
    medium.bytes.append(bytes.begin(), bytes.end());
    return true;
  });
  return medium;
}

std::string Hex(std::span<const uint8_t> bytes) {
  std::string hex;
  for (uint8_t byte : bytes) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", byte);
    hex += text;
  }
  return hex;
}

void ExpectSame(Container& ewf, const std::string& raw_path) {
  const auto raw = OpenPaths(Kind::kDisk, {raw_path});
  ASSERT_TRUE(raw.ok());
  EXPECT_EQ(ewf.format(), "ewf");
  EXPECT_EQ(ewf.media_bytes(), (*raw)->media_bytes());
  EXPECT_EQ(ewf.volumes(), (*raw)->volumes());
  const std::vector<Entry> entries = ListAll(**raw);
  EXPECT_EQ(ListAll(ewf), entries);
  for (const Entry& entry : entries) {
    EXPECT_TRUE(ReadEntry(ewf, entry) == ReadEntry(**raw, entry)) << entry.path;
  }
  const Medium medium = ReadMedium(ewf);
  const std::string bytes = ReadText(raw_path);
  EXPECT_EQ(medium.result.failure, std::nullopt);
  EXPECT_TRUE(medium.bytes == bytes);
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const base::Digests digests = base::DigestAll({data, bytes.size()});
  EXPECT_THAT(ewf.stored_digests(),
              ::testing::ElementsAre(StoredDigest{"md5", Hex(digests.md5)},
                                     StoredDigest{"sha1", Hex(digests.sha1)}));
}

TEST(Ewf, IsWhatWasAcquired) {
  const Images images(0);
  const auto ewf = OpenPaths(Kind::kEwf, images.segments());
  ASSERT_TRUE(ewf.ok()) << ewf.status();
  ASSERT_EQ(images.segments().size(), 1u);
  EXPECT_EQ(RecogniseFile(images.segments()[0]).kind, Kind::kEwf);
  ExpectSame(**ewf, images.raw());
}

TEST(Ewf, OfManySegmentsIsTheSame) {
  const Images images(1 << 20, "none");
  ASSERT_GT(images.segments().size(), 10u);
  const auto ewf = OpenPaths(Kind::kEwf, images.segments());
  ASSERT_TRUE(ewf.ok()) << ewf.status();
  ExpectSame(**ewf, images.raw());
}

TEST(Ewf, AFlippedByteIsFound) {
  for (const char* compression : {"none", "fast"}) {
    const Images images(0, compression);
    std::string bytes = ReadText(images.segments().at(0));
    // Within the noise, whatever the compression.
    bytes[bytes.size() / 2] ^= 1;
    const auto ewf = OpenBytes(Kind::kEwf, bytes);
    ASSERT_TRUE(ewf.ok()) << ewf.status();
    const Medium medium = ReadMedium(**ewf);
    ASSERT_TRUE(medium.result.failure) << compression;
    EXPECT_EQ(medium.result.failure->reason, "damaged");
    EXPECT_EQ(medium.bytes.size(), (*ewf)->media_bytes());
  }
}

TEST(Ewf, AMissingSegmentIsSaid) {
  const Images images(1 << 20, "none");
  std::vector<std::string> some = images.segments();
  some.pop_back();
  const auto ewf = OpenPaths(Kind::kEwf, some);
  if (!ewf.ok()) {
    EXPECT_EQ(WhyNot(ewf), "damaged");
    return;
  }
  EXPECT_TRUE(ReadMedium(**ewf).result.failure);
}

TEST(Ewf, OtherFilesAreNone) {
  EXPECT_EQ(WhyNot(OpenBytes(Kind::kEwf, Noise(100'000, 1))), "damaged");
}

}  // namespace
}  // namespace kenal::container
