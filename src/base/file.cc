#include "src/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "src/base/descriptor.h"

namespace kenal::base {
namespace {

// Stays in the L2 cache from the read to the digests of it.
constexpr size_t kReadBlockBytes = 256 * 1024;

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
  const Descriptor file(OpenQuietly(path));
  KENAL_TRY_ASSIGN(const uint64_t size_bytes, RegularSize(file.number(), path));
  // Small files take no more memory than they have bytes, and the one byte
  // with which a file that grows is seen.
  const auto capacity = static_cast<size_t>(
      std::min<uint64_t>(kReadBlockBytes, size_bytes + 1));
  if (size_bytes > kReadBlockBytes) {
    posix_fadvise(file.number(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  const auto buffer = std::make_unique_for_overwrite<uint8_t[]>(capacity);
  while (true) {
    const std::span<uint8_t> whole(buffer.get(), capacity);
    KENAL_TRY_ASSIGN(const size_t got, ReadSome(file.number(), path, whole));
    if (got == 0) return OkStatus();
    block(whole.first(got));
  }
}

}  // namespace kenal::base
