#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <system_error>
#include <vector>

#include "tools/kenal-demo/demo.h"

namespace kenal::demo {
namespace {

namespace fs = std::filesystem;

// Large enough to be a real photograph, small enough for a quick show.
constexpr uintmax_t kSizeBytesWanted = 1'500'000;

// Plasma keeps the editions of a work in a folder of its own; the others tell
// them apart by size or colouring in the file name.
std::string WorkOf(const fs::path& picture) {
  for (auto part = picture.begin(); part != picture.end(); ++part) {
    if (*part != "wallpapers") continue;
    if (++part == picture.end()) break;
    return part->string();
  }
  static const std::regex editions(
      "(_[0-9]+x[0-9]+|-[ld]|-Dark|-Light|-Cold|-Warm|-Radioactive|-no-logo)+"
      "$");
  return std::regex_replace(picture.stem().string(), editions, "");
}

bool IsPicture(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".jpg" || extension == ".png" || extension == ".webp";
}

uintmax_t Unsuitability(const fs::path& path) {
  const uintmax_t size_bytes = fs::file_size(path);
  return size_bytes > kSizeBytesWanted ? size_bytes - kSizeBytesWanted
                                       : kSizeBytesWanted - size_bytes;
}

Status LinkInto(const fs::path& folder, const std::string& work,
                const fs::path& picture) {
  std::error_code error;
  const fs::path name = folder / (work + picture.extension().string());
  fs::create_symlink(fs::absolute(picture), name, error);
  if (!error) return OkStatus();
  return Unavailable(name.string() + ": cannot be made: " + error.message());
}

}  // namespace

Status PickWorks(const std::string& pictures, const std::string& out) {
  std::map<std::string, fs::path> works;
  for (const auto& found : fs::recursive_directory_iterator(pictures)) {
    if (!found.is_regular_file() || !IsPicture(found.path())) continue;
    fs::path& chosen = works[WorkOf(found.path())];
    if (chosen.empty() || Unsuitability(found.path()) < Unsuitability(chosen)) {
      chosen = found.path();
    }
  }
  if (works.size() < 2) {
    return NotFound(pictures + ": holds fewer than two pictures");
  }
  const fs::path folders[] = {fs::path(out) / "listed",
                              fs::path(out) / "unlisted"};
  for (const fs::path& folder : folders) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  size_t position = 0;
  for (const auto& [work, picture] : works) {
    KENAL_TRY(LinkInto(folders[position++ % 2], work, picture));
  }
  return OkStatus();
}

}  // namespace kenal::demo
