#include "src/exchange/lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "src/base/file.h"

namespace kenal::exchange {
namespace {

// Large enough that system calls cost nothing beside parsing.
constexpr size_t kBlockBytes = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

const char* FindEnd(const char* text, size_t size) {
  return static_cast<const char*>(std::memchr(text, '\n', size));
}

}  // namespace

StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path,
                                                       size_t line_bytes_max) {
  if (path == "-") {
    return std::make_unique<LineReader>(STDIN_FILENO, "standard input",
                                        line_bytes_max);
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return NotFound(path + ": no such file; check the path");
    }
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  auto reader = std::make_unique<LineReader>(descriptor, path, line_bytes_max);
  reader->owned_ = true;
  struct stat info {};
  if (fstat(descriptor, &info) != 0) {
    return Unavailable(base::WithErrno(path + ": cannot be read", errno));
  }
  if (S_ISDIR(info.st_mode)) {
    return InvalidArgument(path + ": is a folder; name a file in it");
  }
  if (S_ISREG(info.st_mode)) {
    reader->size_bytes_ = static_cast<uint64_t>(info.st_size);
  }
  return reader;
}

LineReader::LineReader(int descriptor, std::string name, size_t line_bytes_max)
    : descriptor_(descriptor),
      name_(std::move(name)),
      line_bytes_max_(line_bytes_max),
      buffer_(std::max(kBlockBytes, 2 * (line_bytes_max + 2))) {}

LineReader::~LineReader() {
  if (owned_) close(descriptor_);
}

Status LineReader::Fill() {
  if (end_ == buffer_.size() || begin_ == end_) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (true) {
    const ssize_t got =
        read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Unavailable(base::WithErrno(
          name_ + ": cannot be read after line " + std::to_string(number_),
          errno));
    }
    at_end_ = got == 0;
    end_ += static_cast<size_t>(got);
    return OkStatus();
  }
}

Line LineReader::Take(size_t size, size_t with_end) {
  Line line{.text = {buffer_.data() + begin_, size}, .number = ++number_};
  begin_ += with_end;
  consumed_bytes_.fetch_add(with_end, std::memory_order_relaxed);
  if (number_ == 1 && line.text.starts_with(kByteOrderMark)) {
    line.text.remove_prefix(kByteOrderMark.size());
  }
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  if (skipping_ || line.text.size() > line_bytes_max_) {
    line.text = {};
    line.too_long = true;
    skipping_ = false;
  }
  return line;
}

StatusOr<std::optional<Line>> LineReader::Next() {
  size_t searched = 0;
  while (true) {
    const char* start = buffer_.data() + begin_;
    const size_t have = end_ - begin_;
    if (const char* found = FindEnd(start + searched, have - searched)) {
      const auto size = static_cast<size_t>(found - start);
      return Take(size, size + 1);
    }
    if (at_end_) {
      if (have == 0 && !skipping_) return std::nullopt;
      return Take(have, have);
    }
    searched = have;
    // Two bytes more leave room for "\r" and for the order mark's tail.
    if (skipping_ || have > line_bytes_max_ + kByteOrderMark.size() + 1) {
      skipping_ = true;
      consumed_bytes_.fetch_add(have, std::memory_order_relaxed);
      begin_ = end_;
      searched = 0;
    }
    KENAL_TRY(Fill());
  }
}

bool LineReader::HasBufferedLine() const {
  if (at_end_) return true;
  return FindEnd(buffer_.data() + begin_, end_ - begin_) != nullptr;
}

}  // namespace kenal::exchange
