// Thumbnails in caches and in pictures. Compound files are written by libgsf
// and Exif by ExifTool; the rest is put together here.
#include "src/container/thumbnails.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/container/opened.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

using Contents = std::map<std::string, std::string>;
using kenal::testing::TempDir;

std::string Picture(const std::string& name) {
  return ReadText(KENAL_TEST_DATA "/pdq-vectors/upstream/reg-test-input/" +
                  name);
}
std::string Small() { return Picture("labelme-subset/q0003.jpg"); }
std::string Other() { return Picture("labelme-subset/q0122.jpg"); }

std::string Number(uint64_t value, size_t size_bytes) {
  std::string out;
  for (size_t i = 0; i < size_bytes; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
  return out;
}

// As Windows XP wrote them: length of the header, a number, length of the
// JPEG.
std::string WithXpHeader(const std::string& jpeg) {
  return Number(12, 4) + Number(1, 4) + Number(jpeg.size(), 4) + jpeg;
}

void ExpectAll(const StatusOr<std::unique_ptr<Container>>& opened,
               const std::string& format, const Contents& contents) {
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->format(), format);
  const std::vector<Entry> entries = ListAll(**opened);
  EXPECT_EQ((*opened)->incomplete(), std::nullopt);
  Contents found;
  // From the last to the first: any order will do.
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    EXPECT_TRUE(entry->is_thumbnail);
    found[entry->path] = ReadEntry(**opened, *entry);
    EXPECT_EQ(entry->size_bytes, found[entry->path].size());
  }
  EXPECT_EQ(entries.size(), contents.size());
  EXPECT_TRUE(found == contents);
}

TEST(Thumbnails, OfThumbsDbAreItsPictures) {
  TempDir folder;
  // Above and below the size at which streams are kept in another way.
  const std::string tiny = "\x89PNG\r\n\x1A\n" + Noise(1000, 1);
  WriteText(folder / "1", WithXpHeader(Small()));
  WriteText(folder / "2", WithXpHeader(Other()));
  WriteText(folder / "256_tiny", tiny);
  WriteText(folder / "Catalog", Noise(5000, 2));
  RunShell("cd " + folder.path() +
           "; gsf createole Thumbs.db 1 2 256_tiny Catalog");
  EXPECT_EQ(RecogniseFile(folder / "Thumbs.db").format, "thumbs.db");
  ExpectAll(OpenPaths(Kind::kThumbnails, {folder / "Thumbs.db"}), "thumbs.db",
            {{"1", Small()}, {"2", Other()}, {"256_tiny", tiny}});
}

// A cache of one version with these pictures, one entry broken and one empty.
std::string Thumbcache(uint64_t version,
                       const std::vector<std::string>& pictures) {
  std::string cache = "CMMM" + Number(version, 4) + Number(4, 4) +
                      Number(24, 4) + Number(0, 4) + Number(0, 4);
  const auto add = [&](const std::string& name, const std::string& data) {
    std::string wide;
    for (char c : name) wide += {c, '\0'};
    std::string entry =
        Number(wide.size(), 4) + Number(2, 4) + Number(data.size(), 4);
    if (version == 20) entry = std::string("j\0p\0g\0\0\0", 8) + entry;
    if (version >= 30) entry += Number(96, 4) + Number(96, 4);
    entry += Number(0, 4) + Number(0, 8) + Number(0, 8);
    entry += wide + std::string(2, '\0') + data;
    cache += "CMMM" + Number(16 + entry.size(), 4) + Number(0x1234, 8) + entry;
  };
  for (size_t i = 0; i < pictures.size(); ++i) {
    add("picture" + std::to_string(i), pictures[i]);
    add("empty", "");
    cache += "CMMMbroken";
  }
  return cache;
}

TEST(Thumbnails, OfWindowsCachesOfAllVersionsAreFound) {
  for (uint64_t version : {20, 21, 30, 31, 32}) {
    const auto opened =
        OpenBytes(Kind::kThumbnails, Thumbcache(version, {Small(), Other()}));
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ((*opened)->format(), "thumbcache");
    const std::vector<Entry> entries = ListAll(**opened);
    ASSERT_EQ(entries.size(), 2u) << version;
    EXPECT_EQ(entries[0].path, "picture0");
    EXPECT_TRUE(ReadEntry(**opened, entries[0]) == Small()) << version;
    EXPECT_TRUE(ReadEntry(**opened, entries[1]) == Other()) << version;
    // The broken ones are said.
    ASSERT_TRUE((*opened)->incomplete());
    EXPECT_EQ((*opened)->incomplete()->reason, "damaged");
  }
}

TEST(Thumbnails, OfAndroidLieOneAfterTheOther) {
  const std::string gap(5'000, '\0');
  const std::string junk = "\xFF\xD8\xFF junk \xFF\xD8\xFF\xE0";
  std::string cache = gap;
  Contents contents;
  for (const std::string& picture : {Small(), Other(), Small()}) {
    contents["jpeg-at-" + std::to_string(cache.size())] = picture;
    cache += picture + gap + junk;
  }
  ExpectAll(OpenBytes(Kind::kThumbnails, cache), "thumbdata", contents);
}

TEST(Thumbnails, OfExifAreFound) {
  TempDir folder;
  WriteText(folder / "a.jpg", Picture("dih/bridge-6-flipy.jpg"));
  WriteText(folder / "thumb.jpg", Small());
  RunShell("cd " + folder.path() +
           "; exiftool -Make=Kenal '-ThumbnailImage<=thumb.jpg' a.jpg");
  EXPECT_EQ(RecogniseFile(folder / "a.jpg").format, "exif");
  ExpectAll(OpenPaths(Kind::kThumbnails, {folder / "a.jpg"}), "exif",
            {{"thumbnail-1", Small()}});
  // And of pictures without one there is none.
  ExpectAll(OpenBytes(Kind::kThumbnails,
                      ReadText(KENAL_TEST_DATA "/pdq-vectors/gen/a-grey.jpg")),
            "exif", {});
}

TEST(Thumbnails, OfNothingAreNone) {
  EXPECT_EQ(WhyNot(OpenBytes(Kind::kThumbnails, Noise(100'000, 1))),
            "not_a_container");
  EXPECT_EQ(WhyNot(OpenBytes(Kind::kThumbnails, "")), "not_a_container");
}

TEST(Thumbnails, NamesAreTurnedIntoUtf8) {
  EXPECT_EQ(FromUtf16({"a\0\xFC\0\x25\x66\0\0", 8}), "a\xC3\xBC\xE6\x98\xA5");
  EXPECT_EQ(FromUtf16({"\x3D\xD8\x00\xDE", 4}), "\xF0\x9F\x98\x80");
  EXPECT_EQ(FromUtf16({"\x3D\xD8x\0", 4}), "\xEF\xBF\xBDx");
  EXPECT_EQ(FromUtf16({"/\0x", 3}), "^");
}

}  // namespace
}  // namespace kenal::container
