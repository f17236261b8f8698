// Log file: whole lines to a file, a pipe, a terminal or standard error,
// without ever waiting for good on whoever reads them.
#ifndef KENAL_SRC_OPERATE_LOG_FILE_H_
#define KENAL_SRC_OPERATE_LOG_FILE_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::operate {

// Not thread-safe.
class LogFile {
 public:
  // Appends to `path`, made with mode 0640; empty: standard error.
  // Errors: kUnavailable names the file and the reason; a pipe that nobody
  //         reads is one.
  static StatusOr<LogFile> Open(const std::string& path);

  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&& other) noexcept;
  ~LogFile();

  // Writes lines, each with its end, until one cannot be written: the disk is
  // full, or `give_up` says so, which is asked every tenth of a second while
  // nobody reads. Gives how many were written whole.
  size_t Write(std::span<const std::string> lines,
               const std::function<bool()>& give_up);

 private:
  LogFile(int fd, bool owned);
  // How many bytes of `text` were written.
  size_t WriteText(std::string_view text, const std::function<bool()>& give_up);

  int fd_;
  bool owned_;
  bool regular_;
  bool torn_ = false;  // the last line written lacks its end
};

}  // namespace kenal::operate

#endif  // KENAL_SRC_OPERATE_LOG_FILE_H_
