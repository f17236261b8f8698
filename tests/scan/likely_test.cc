// Where to look first: by names alone, however they are written.
#include "src/scan/likely.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace kenal::scan {
namespace {

struct Case {
  const char* path;
  Rank rank;
};
const Case kFolders[] = {
    {"", Rank::kOther},
    {"a/b/c/", Rank::kOther},
    {"DCIM/", Rank::kCamera},
    {"sdcard/DCIM/100MEDIA/", Rank::kCamera},
    {"WhatsApp/Media/", Rank::kMessenger},
    {"data/com.whatsapp/files/", Rank::kMessenger},
    {"Users/a/Downloads/", Rank::kDownloads},
    {"home/a/.thumbnails/large/", Rank::kCaches},
    {"Windows/", Rank::kSystem},
    {"Program Files (x86)/Tool/", Rank::kSystem},
    // The likeliest name on the way counts, wherever it is.
    {"Downloads/DCIM/", Rank::kCamera},
    {"DCIM/Downloads/", Rank::kCamera},
    // A likely folder within the system's is likely.
    {"Windows/Temp/Pictures/", Rank::kDownloads},
    // A part of a name tells nothing.
    {"DCIMs/my-downloads/", Rank::kOther},
};

TEST(Likely, RanksFoldersByTheNamesOnTheWay) {
  for (const Case& one : kFolders) {
    EXPECT_EQ(RankOfFolder(one.path), one.rank) << one.path;
  }
}

TEST(Likely, NeitherCaseNorTheWayOfSeparatingMatters) {
  for (const Case& one : kFolders) {
    std::string path = one.path;
    std::ranges::transform(path, path.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    EXPECT_EQ(RankOfFolder(path), one.rank) << path;
    std::ranges::replace(path, '/', '\\');
    EXPECT_EQ(RankOfFolder(path), one.rank) << path;
    if (path.empty()) continue;
    path.pop_back();
    EXPECT_EQ(RankOfFolder(path), one.rank) << path;
  }
}

TEST(Likely, OddNamesAreOnlyNames) {
  EXPECT_EQ(RankOfFolder("////"), Rank::kOther);
  EXPECT_EQ(RankOfFolder("\xff\xfe\n/DCIM\n/"), Rank::kOther);
  EXPECT_EQ(RankOfFolder(std::string(70'000, 'x') + "/dcim"), Rank::kCamera);
}

TEST(Likely, HintsComeFromTheEndingOfTheName) {
  for (const char* name : {"a.jpg", "A.JPG", "x.y.HeIf", ".png"}) {
    EXPECT_EQ(HintOf(name), Hint::kPicture) << name;
  }
  for (const char* name : {"a.zip", "phone.E01", "film.MP4"}) {
    EXPECT_EQ(HintOf(name), Hint::kContainer) << name;
  }
  for (const char* name : {"", ".", "jpg", "a.jpg.", "a.jpgx", "a.jpg/b",
                           "a.toolongending", "a.j\xff"}) {
    EXPECT_EQ(HintOf(name), Hint::kNone) << name;
  }
}

TEST(Likely, AHintCountsWhereTheFolderTellsNothing) {
  const std::vector<Hint> hints{Hint::kNone, Hint::kPicture, Hint::kContainer};
  for (int rank = 0; rank < kRankCount; ++rank) {
    const auto folder = static_cast<Rank>(rank);
    for (const Hint hint : hints) {
      const Rank expected = folder != Rank::kOther     ? folder
                            : hint == Hint::kPicture   ? Rank::kPictures
                            : hint == Hint::kContainer ? Rank::kContainers
                                                       : Rank::kOther;
      EXPECT_EQ(RankOfFile(folder, hint), expected) << rank;
    }
  }
}

}  // namespace
}  // namespace kenal::scan
