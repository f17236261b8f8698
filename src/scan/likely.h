// Where pictures that people made or were sent usually are.
//
// Names only say where to look first: what a file is, is told by its content,
// and everything is looked at in the end.
#ifndef KENAL_SRC_SCAN_LIKELY_H_
#define KENAL_SRC_SCAN_LIKELY_H_

#include <cstdint>
#include <string_view>

namespace kenal::scan {

// The order of looking: lower first.
enum class Rank : uint8_t {
  kCamera = 0,      // DCIM, Camera, ...
  kMessenger = 1,   // media that messengers keep
  kDownloads = 2,   // downloads, desktop, and folders for pictures
  kCaches = 3,      // thumbnails and browsers' caches
  kPictures = 4,    // files elsewhere that are named as pictures
  kContainers = 5,  // files elsewhere that are named as archives or videos
  kOther = 6,
  kSystem = 7,  // folders of the operating system and of programs
};
inline constexpr int kRankCount = 8;

// What a name suggests about its content.
enum class Hint : uint8_t { kNone = 0, kPicture = 1, kContainer = 2 };
inline constexpr size_t kHintCount = 3;

// Of a file's name.
Hint HintOf(std::string_view name);

// Of a folder, by the names on the way to it, without regard to the case of
// ASCII letters; '/' or '\\' between them. kOther when none of them tells.
Rank RankOfFolder(std::string_view path);

// Of a file in a folder of that rank.
Rank RankOfFile(Rank folder, Hint hint);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_LIKELY_H_
