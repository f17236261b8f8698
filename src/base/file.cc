#include "src/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "src/base/descriptor.h"

namespace kenal::base {
namespace {

int OpenQuietly(const std::string& path) {
  // O_NONBLOCK keeps a named pipe from stopping us before fstat tells.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int fd = open(path.c_str(), kFlags | O_NOATIME);
  // O_NOATIME is for the file's owner only.
  if (fd < 0 && errno == EPERM) return open(path.c_str(), kFlags);
  return fd;
}

Status FromErrno(const std::string& path, int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) {
    return NotFound(path + ": no such file");
  }
  return Unavailable(WithErrno(path + ": cannot be read", error_number));
}

// Size of an open regular file; `fd` below 0 stands for a failed open.
StatusOr<uint64_t> RegularSize(int fd, const std::string& path) {
  struct stat info {};
  if (fd < 0 || fstat(fd, &info) != 0) return FromErrno(path, errno);
  if (S_ISDIR(info.st_mode)) {
    return InvalidArgument(path + ": is a folder, not a file");
  }
  if (!S_ISREG(info.st_mode)) {
    return InvalidArgument(path + ": is not a regular file");
  }
  return static_cast<uint64_t>(info.st_size);
}

// 0 at the end of the file.
StatusOr<size_t> ReadSome(int fd, const std::string& path,
                          std::span<uint8_t> out) {
  ssize_t got = -1;
  do {
    got = read(fd, out.data(), out.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return FromErrno(path, errno);
  return static_cast<size_t>(got);
}

}  // namespace

std::string WithErrno(const std::string& message, int error_number) {
  return message + ": " +
         std::error_code(error_number, std::generic_category()).message();
}

StatusOr<std::vector<uint8_t>> ReadFile(const std::string& path,
                                        uint64_t size_bytes_max) {
  std::vector<uint8_t> bytes;
  const Descriptor file(OpenQuietly(path));
  KENAL_TRY_ASSIGN(const uint64_t size_bytes, RegularSize(file.number(), path));
  const auto too_large = [&] {
    return ResourceExhausted(path + ": is larger than the limit of " +
                             std::to_string(size_bytes_max) + " bytes");
  };
  if (size_bytes > size_bytes_max) return too_large();

  // One byte more than fstat said shows a file that grows while it is read.
  bytes.resize(size_bytes + 1);
  size_t used = 0;
  while (true) {
    if (used == bytes.size()) {
      if (used > size_bytes_max) return too_large();
      bytes.resize(std::min<uint64_t>(used * 2, size_bytes_max + 1));
    }
    KENAL_TRY_ASSIGN(
        const size_t got,
        ReadSome(file.number(), path, std::span(bytes).subspan(used)));
    if (got == 0) break;
    used += got;
  }
  if (used > size_bytes_max) return too_large();
  bytes.resize(used);
  return bytes;
}

Status ReadBlocks(const std::string& path,
                  const std::function<void(std::span<const uint8_t>)>& block) {
  constexpr size_t kBlockBytes = 1 << 20;
  const Descriptor file(OpenQuietly(path));
  KENAL_TRY(RegularSize(file.number(), path).status());
  std::vector<uint8_t> buffer(kBlockBytes);
  while (true) {
    KENAL_TRY_ASSIGN(const size_t got, ReadSome(file.number(), path, buffer));
    if (got == 0) return OkStatus();
    block(std::span<const uint8_t>(buffer).first(got));
  }
}

}  // namespace kenal::base
