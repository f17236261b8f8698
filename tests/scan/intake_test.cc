// One pass over a file: its digests, what it is, and whether it is kept.
#include "src/scan/intake.h"

#include <gtest/gtest.h>

#include <random>

#include "src/findings/findings.h"
#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using namespace std::string_literals;
namespace reason = findings::reason;

// An empty zip, and whatever follows it.
std::string FakeZip(size_t size_bytes) {
  std::string zip("PK\x03\x04\x14\0\0\0\0\0", 10);
  zip.resize(size_bytes, 'z');
  return zip;
}

Intake InPieces(std::string_view bytes, uint64_t said_bytes,
                uint64_t container_bytes_max, std::mt19937_64& random) {
  IntakeStream stream(said_bytes, {.container_bytes_max = container_bytes_max});
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(
        bytes.size(), random() % 5 == 0 ? 60'000 : random() % 300);
    stream.Add(base::AsBytes(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  return stream.Finish();
}

TEST(Intake, TextsThatBeginAsVideosAreTexts) {
  for (const std::string text :
       {"The mdat box comes last.", "{\\rtf is a document"}) {
    const bool is_document = text.front() == '{';
    EXPECT_EQ(IntakeOf(text).reason,
              is_document ? reason::kDocument : reason::kText)
        << text;
  }
  std::string text(400, 'x');
  text[0] = text[188] = 'G';
  EXPECT_EQ(IntakeOf(text).reason, reason::kText);
}

TEST(Intake, IsTheSameHoweverTheBytesCome) {
  std::mt19937_64 random(testing::TestSeed());
  for (int round = 0; round < 60; ++round) {
    std::string bytes(random() % 120'000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (round % 3 == 0) bytes = FakePicture(bytes);
    if (round % 3 == 1) bytes = FakeZip(bytes.size() + 10);
    const Intake whole = IntakeOf(bytes);
    const Intake pieces = InPieces(bytes, bytes.size(), 1 << 20, random);
    const base::Digests expected = base::DigestAll(base::AsBytes(bytes));
    for (const Intake& intake : {whole, pieces}) {
      EXPECT_EQ(intake.digests.md5, expected.md5);
      EXPECT_EQ(intake.digests.sha1, expected.sha1);
      EXPECT_EQ(intake.digests.sha256, expected.sha256);
      EXPECT_EQ(intake.size_bytes, bytes.size());
      EXPECT_EQ(intake.is_picture, round % 3 == 0);
    }
    EXPECT_EQ(pieces.kind, whole.kind);
    EXPECT_EQ(pieces.reason, whole.reason);
    EXPECT_EQ(pieces.is_kept, whole.is_kept);
    EXPECT_EQ(pieces.bytes, whole.bytes);
    if (round % 3 != 2) {
      ASSERT_TRUE(whole.is_kept);
      EXPECT_EQ(std::string(whole.bytes.begin(), whole.bytes.end()), bytes);
    }
  }
}

TEST(Intake, KnowsFilesByContent) {
  const struct {
    std::string bytes;
    std::string_view reason;
  } kCases[] = {
      {"", reason::kEmpty},
      {"plain text, nothing else\n", reason::kText},
      {"%PDF-1.7\n", reason::kDocument},
      {"\x7f"
       "ELF\x02\x01\x01"s +
           std::string(60, 0),
       reason::kProgram},
      {std::string("SQLite format 3\0", 16) + std::string(100, 0),
       reason::kDatabase},
      {std::string("\0\0\x01\xBA", 4) + std::string(60, 0), reason::kVideo},
      {"FLV\x01" + std::string(60, 0), reason::kVideo},
      {"fLaC" + std::string(60, 0), reason::kAudio},
      {FakeZip(200), reason::kArchive},
      {std::string("\x01\x02\xfe\xff\0\x07", 6), reason::kOther},
  };
  for (const auto& one : kCases) {
    const Intake intake = IntakeOf(one.bytes);
    EXPECT_EQ(intake.reason, one.reason) << one.bytes.substr(0, 10);
    EXPECT_FALSE(intake.is_picture) << one.bytes.substr(0, 10);
  }
}

TEST(Intake, KeepsContainersUpToTheBound) {
  std::mt19937_64 random(testing::TestSeed());
  for (const size_t size : {99'999U, 100'000U, 100'001U}) {
    const std::string zip = FakeZip(size);
    const Intake intake = InPieces(zip, size, 100'000, random);
    EXPECT_EQ(intake.is_kept, size <= 100'000) << size;
    EXPECT_EQ(intake.bytes.size(), size <= 100'000 ? size : 0) << size;
    EXPECT_EQ(intake.size_bytes, size);
  }
  EXPECT_FALSE(IntakeOf(FakeZip(10), 0).is_kept);
}

TEST(Intake, KeepsNothingElse) {
  for (const std::string& bytes :
       {std::string("text"), std::string(50'000, 'x'), std::string()}) {
    const Intake intake = IntakeOf(bytes);
    EXPECT_TRUE(intake.bytes.empty());
  }
}

// Of what an archive says a size is only a claim.
TEST(Intake, PicturesThatSayTheyAreHugeAreNotKept) {
  std::mt19937_64 random(testing::TestSeed());
  const std::string picture = FakePicture(std::string(80'000, 'p'));
  EXPECT_TRUE(InPieces(picture, kPictureBytesMax, 0, random).is_kept);
  const Intake huge = InPieces(picture, kPictureBytesMax + 1, 0, random);
  EXPECT_FALSE(huge.is_kept);
  EXPECT_TRUE(huge.is_picture);
  EXPECT_TRUE(huge.bytes.empty());
  EXPECT_EQ(huge.digests.md5, base::DigestAll(base::AsBytes(picture)).md5);
}

TEST(Intake, PicturesThatGrowBeyondTheBoundAreLetGo) {
  IntakeStream stream(0, {});
  stream.Add(base::AsBytes(FakePicture("grows")));
  const std::vector<uint8_t> block(16 << 20, 7);
  uint64_t size = FakePicture("grows").size();
  while (size <= kPictureBytesMax) {
    stream.Add(block);
    size += block.size();
  }
  const Intake intake = stream.Finish();
  EXPECT_FALSE(intake.is_kept);
  EXPECT_TRUE(intake.bytes.empty());
  EXPECT_EQ(intake.size_bytes, size);
}

}  // namespace
}  // namespace kenal::scan
