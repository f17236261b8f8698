#include "src/scan/drive.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace kenal::scan {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListedMax = 64;

std::string NameOf(dev_t number) {
  return std::to_string(major(number)) + ":" + std::to_string(minor(number));
}

std::string FirstLine(const fs::path& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

// Adds the device of that name and all that it is made of.
void Add(const std::string& devices, const std::string& name,
         std::vector<std::string>& listed) {
  const std::string path = devices + "/" + name;
  if (name.empty() || listed.size() >= kListedMax ||
      access(path.c_str(), F_OK) != 0 ||
      std::ranges::find(listed, path) != listed.end()) {
    return;
  }
  listed.push_back(path);
  std::error_code error;
  fs::directory_iterator slaves(path + "/slaves", error);
  for (; !error && slaves != fs::directory_iterator();
       slaves.increment(error)) {
    Add(devices, FirstLine(slaves->path() / "dev"), listed);
  }
  const std::string file = FirstLine(path + "/loop/backing_file");
  struct stat info;
  if (!file.empty() && stat(file.c_str(), &info) == 0) {
    Add(devices, NameOf(info.st_dev), listed);
  }
}

}  // namespace

Drive::Drive(int descriptor, const std::string& devices)
    : descriptor_(descriptor) {
  struct stat info;
  if (fstat(descriptor, &info) != 0) return;
  Add(devices, NameOf(S_ISBLK(info.st_mode) ? info.st_rdev : info.st_dev),
      listed_);
}

bool Drive::IsGone() const {
  const auto is_listed = [](const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
  };
  if (!std::ranges::all_of(listed_, is_listed)) return true;
  struct statvfs info;
  if (fstatvfs(descriptor_, &info) == 0) return false;
  return errno == EIO || errno == ENODEV || errno == ENXIO ||
         errno == ENOTCONN || errno == ESTALE;
}

Status Drive::Gone(const std::string& path) {
  return Unavailable(path +
                     ": its drive is gone; attach it again and start the same "
                     "command, which goes on from here");
}

}  // namespace kenal::scan
