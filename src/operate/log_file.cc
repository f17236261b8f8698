#include "src/operate/log_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "src/base/file.h"

namespace kenal::operate {
namespace {

constexpr int kPollMs = 100;
constexpr size_t kRegularWriteBytesMax = size_t{1} << 20;

bool IsRegular(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

StatusOr<LogFile> LogFile::Open(const std::string& path) {
  if (path.empty()) return LogFile(STDERR_FILENO, false);
  // Without O_NONBLOCK a pipe that nobody reads would stop us here.
  const int fd =
      open(path.c_str(),
           O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
           S_IRUSR | S_IWUSR | S_IRGRP);
  if (fd < 0) {
    return Unavailable(
        base::WithErrno(path + ": the log cannot be opened", errno));
  }
  return LogFile(fd, true);
}

LogFile::LogFile(int fd, bool owned)
    : fd_(fd), owned_(owned), regular_(IsRegular(fd)) {}

LogFile::LogFile(LogFile&& other) noexcept
    : fd_(other.fd_),
      owned_(std::exchange(other.owned_, false)),
      regular_(other.regular_),
      torn_(other.torn_) {}

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(owned_, other.owned_);
  std::swap(regular_, other.regular_);
  std::swap(torn_, other.torn_);
  return *this;
}

LogFile::~LogFile() {
  if (owned_) close(fd_);
}

size_t LogFile::Write(std::span<const std::string> lines,
                      const std::function<bool()>& give_up) {
  std::string text;
  std::vector<size_t> ends;
  if (torn_) text += '\n';
  for (const std::string& line : lines) {
    text += line;
    ends.push_back(text.size());
  }
  const size_t written = WriteText(text, give_up);
  const auto whole = std::upper_bound(ends.begin(), ends.end(), written);
  if (written > 0) torn_ = text[written - 1] != '\n';
  return static_cast<size_t>(whole - ends.begin());
}

size_t LogFile::WriteText(std::string_view text,
                          const std::function<bool()>& give_up) {
  // A pipe that poll calls writable takes so much without waiting.
  const size_t most = regular_ ? kRegularWriteBytesMax : size_t{PIPE_BUF};
  size_t done = 0;
  while (done < text.size()) {
    pollfd ready{fd_, POLLOUT, 0};
    const int polled = regular_ ? 1 : poll(&ready, 1, kPollMs);
    if (polled == 0 || (polled < 0 && errno == EINTR)) {
      if (give_up()) break;
      continue;
    }
    const ssize_t wrote =
        write(fd_, text.data() + done, std::min(most, text.size() - done));
    if (wrote > 0) {
      done += static_cast<size_t>(wrote);
    } else if (errno != EINTR && errno != EAGAIN) {
      break;
    } else if (give_up()) {
      break;
    }
  }
  return done;
}

}  // namespace kenal::operate
