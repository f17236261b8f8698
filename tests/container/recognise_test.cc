// What the first bytes of a file are taken for, and which files belong to an
// image.
#include "src/container/recognise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/container/segments.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

using ::testing::ElementsAre;

Recognised Of(const std::string& bytes, uint64_t size_bytes = 0) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  return Recognise({data, bytes.size()},
                   size_bytes == 0 ? bytes.size() : size_bytes);
}

TEST(Recognise, TakesNoPictureOrTextForAContainer) {
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string("\x89PNG\r\n\x1A\n"),
        std::string("\xFF\xD8\xFF\xE0 JFIF"), std::string("GIF89a"),
        std::string("%PDF-1.4"), std::string("BM"), std::string(4096, 'A')}) {
    EXPECT_EQ(Of(bytes).kind, Kind::kNone) << bytes;
  }
}

TEST(Recognise, LooksFurtherOnlyWhereAnIsoMayBegin) {
  EXPECT_EQ(Of(std::string(4096, '\0'), 1 << 20).wants_bytes, kLongHeadBytes);
  EXPECT_EQ(Of(std::string(4096, 'x'), 1 << 20).wants_bytes, 0u);
  EXPECT_EQ(Of(std::string(4096, '\0'), 4096).wants_bytes, 0u);
  std::string iso(kLongHeadBytes, '\0');
  iso.replace(32'768, 6, "\1CD001");
  EXPECT_EQ(Of(iso, 1 << 20).format, "iso9660");
}

TEST(Recognise, NamesVolumesThatCannotBeOpened) {
  EXPECT_EQ(Of(std::string("LUKS\xBA\xBE\0\1", 8)).format, "luks");
  EXPECT_EQ(Of(std::string("\xEB\x58\x90-FVE-FS-")).kind, Kind::kEncrypted);
}

TEST(Segments, FollowTheirFirstOne) {
  EXPECT_EQ(SegmentName("a.001", 2), "a.002");
  EXPECT_EQ(SegmentName("a.0000", 3), "a.0002");
  EXPECT_EQ(SegmentName("a.001", 1000), "");
  EXPECT_EQ(SegmentName("a.E01", 1), "a.E01");
  EXPECT_EQ(SegmentName("a.E01", 99), "a.E99");
  EXPECT_EQ(SegmentName("a.E01", 100), "a.EAA");
  EXPECT_EQ(SegmentName("a.E01", 126), "a.EBA");
  EXPECT_EQ(SegmentName("a.e01", 775), "a.ezz");
  EXPECT_EQ(SegmentName("a.E01", 776), "a.FAA");
  EXPECT_EQ(SegmentName("a.Ex01", 100), "a.ExAA");
  EXPECT_EQ(SegmentName("a.E01", 100 + 22 * 676 - 1), "a.ZZZ");
  EXPECT_EQ(SegmentName("a.E01", 100 + 22 * 676), "");
  EXPECT_EQ(SegmentName("a.jpg", 2), "");
}

TEST(Segments, EveryLaterOneNamesItsFirst) {
  for (const char* first : {"x/a.001", "x/a.0001", "b.E01", "b.e01"}) {
    EXPECT_TRUE(IsFirstSegment(first));
    EXPECT_EQ(FirstSegmentOf(first), "");
    for (int number = 2; number < 1500; ++number) {
      const std::string name = SegmentName(first, number);
      if (name.empty()) break;
      EXPECT_EQ(FirstSegmentOf(name), first) << name;
    }
  }
  for (const char* other : {"a.jpg", "a.doc", "a", "a.12", "a.exe/b"}) {
    EXPECT_FALSE(IsFirstSegment(other));
  }
}

TEST(Segments, EndAtTheFirstThatIsMissing) {
  kenal::testing::TempDir folder;
  for (const char* name : {"a.001", "a.002", "a.004", "b.dd"}) {
    std::filesystem::create_directory(folder / name);
  }
  EXPECT_THAT(*SegmentNames(folder / "a.001"),
              ElementsAre(folder / "a.001", folder / "a.002"));
  EXPECT_THAT(*SegmentNames(folder / "b.dd"), ElementsAre(folder / "b.dd"));
  EXPECT_THAT(*SegmentNames(folder / "a.002"), ElementsAre(folder / "a.002"));
}

}  // namespace
}  // namespace kenal::container
