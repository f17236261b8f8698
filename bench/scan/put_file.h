// Files that are written whole, or named in an error.
#ifndef KENAL_BENCH_SCAN_PUT_FILE_H_
#define KENAL_BENCH_SCAN_PUT_FILE_H_

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/base/file.h"

namespace kenal::evidence {

// Refuses to write over a file.
inline Status PutFile(const std::string& path, std::string_view bytes) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return Unavailable(base::WithErrno(path, errno));
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t wrote =
        write(fd, bytes.data() + written, bytes.size() - written);
    if (wrote <= 0) {
      const int error_number = errno;
      close(fd);
      return error_number == ENOSPC
                 ? ResourceExhausted(path + ": the disk is full")
                 : Unavailable(base::WithErrno(path, error_number));
    }
    written += static_cast<size_t>(wrote);
  }
  return close(fd) == 0 ? OkStatus()
                        : Unavailable(base::WithErrno(path, errno));
}

inline std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A folder that is empty, made if there is none.
inline Status MakeEmptyFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Unavailable(folder + ": " + error.message());
  if (!std::filesystem::is_empty(folder, error) || error) {
    return AlreadyExists(folder + ": is not empty");
  }
  return OkStatus();
}

}  // namespace kenal::evidence

#endif  // KENAL_BENCH_SCAN_PUT_FILE_H_
