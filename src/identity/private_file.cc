#include "src/identity/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "src/base/file.h"
#include "src/base/write_all.h"

namespace kenal::identity {
namespace {

Status FromErrno(const std::string& what, int error_number) {
  const std::string message = base::WithErrno(what, error_number);
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return NotFound(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case EEXIST:
      return AlreadyExists(message);
    case ENOSPC:
    case EDQUOT:
      return ResourceExhausted(message);
    default:
      return Unavailable(message);
  }
}

}  // namespace

StatusOr<LockedFolder> LockedFolder::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FromErrno(path, errno);
  LockedFolder folder(fd, path);
  while (flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) return FromErrno(path + ": cannot be locked", errno);
  }
  return folder;
}

LockedFolder::LockedFolder(LockedFolder&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

LockedFolder::~LockedFolder() {
  if (fd_ >= 0) close(fd_);
}

bool LockedFolder::Has(const std::string& name) const {
  struct stat info {};
  return fstatat(fd_, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

Status LockedFolder::Failed(const std::string& name, int error_number) const {
  return FromErrno(path_ + "/" + name + ": cannot be written", error_number);
}

StatusOr<std::string> LockedFolder::WriteAside(const std::string& name,
                                               std::string_view bytes,
                                               mode_t mode) const {
  const std::string aside = "." + name + ".part";
  unlinkat(fd_, aside.c_str(), 0);  // what a crash left: the lock is ours
  const int fd =
      openat(fd_, aside.c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return Failed(name, errno);
  const bool written = base::WriteAll(fd, bytes) && fsync(fd) == 0;
  const int error_number = errno;
  close(fd);
  if (written) return aside;
  unlinkat(fd_, aside.c_str(), 0);
  return Failed(name, error_number);
}

Status LockedFolder::Create(const std::string& name, std::string_view bytes,
                            mode_t mode) {
  KENAL_TRY_ASSIGN(const std::string aside, WriteAside(name, bytes, mode));
  // Unlike a rename, a link never takes another file's place.
  const bool linked = linkat(fd_, aside.c_str(), fd_, name.c_str(), 0) == 0;
  const int error_number = errno;
  unlinkat(fd_, aside.c_str(), 0);
  if (!linked) return Failed(name, error_number);
  return fsync(fd_) == 0 ? OkStatus() : Failed(name, errno);
}

Status LockedFolder::Replace(const std::string& name, std::string_view bytes,
                             mode_t mode) {
  KENAL_TRY_ASSIGN(const std::string aside, WriteAside(name, bytes, mode));
  if (renameat(fd_, aside.c_str(), fd_, name.c_str()) != 0) {
    const int error_number = errno;
    unlinkat(fd_, aside.c_str(), 0);
    return Failed(name, error_number);
  }
  return fsync(fd_) == 0 ? OkStatus() : Failed(name, errno);
}

void LockedFolder::Remove(const std::string& name) {
  unlinkat(fd_, name.c_str(), 0);
}

}  // namespace kenal::identity
