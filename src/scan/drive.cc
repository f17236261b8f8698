#include "src/scan/drive.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

namespace kenal::scan {

Drive::Drive(int descriptor, std::string devices) : descriptor_(descriptor) {
  struct stat info;
  if (fstat(descriptor, &info) != 0) return;
  const dev_t number = S_ISBLK(info.st_mode) ? info.st_rdev : info.st_dev;
  const std::string path = devices + "/" + std::to_string(major(number)) + ":" +
                           std::to_string(minor(number));
  if (access(path.c_str(), F_OK) == 0) device_ = path;
}

bool Drive::IsGone() const {
  if (!device_.empty() && access(device_.c_str(), F_OK) != 0) return true;
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
