// Lines from a file or pipe, in big blocks and bounded memory.
#ifndef KENAL_SRC_EXCHANGE_LINES_H_
#define KENAL_SRC_EXCHANGE_LINES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"

namespace kenal::exchange {

struct Line {
  std::string_view text;  // without its end ("\n" or "\r\n"); valid until Next
  uint64_t number = 0;    // from 1
  bool too_long = false;  // over the limit: skipped, and `text` is empty
};

// Ends of line are "\n" or "\r\n"; the last line needs none. A UTF-8 byte order
// mark before the first line is dropped. Not thread-safe, but for the counters.
class LineReader {
 public:
  // Opens `path`; "-" is standard input.
  // Errors: kNotFound, kInvalidArgument (a folder), kUnavailable.
  static StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path,
                                                    size_t line_bytes_max);
  // Reads `descriptor`, which stays open and is the caller's. `name` is what
  // errors call it.
  LineReader(int descriptor, std::string name, size_t line_bytes_max);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line; nullopt at the end. Blocks only when no whole line has
  // been read yet. Errors: kUnavailable with the system's reason.
  StatusOr<std::optional<Line>> Next();

  // True when Next will not block.
  bool HasBufferedLine() const;

  // Bytes of lines returned so far. Thread-safe.
  uint64_t consumed_bytes() const { return consumed_bytes_; }
  // Of a regular file as it was opened.
  std::optional<uint64_t> size_bytes() const { return size_bytes_; }
  const std::string& name() const { return name_; }

 private:
  // Reads once; moves what is left to the front when room is short.
  Status Fill();
  Line Take(size_t size, size_t with_end);

  int descriptor_;
  bool owned_ = false;
  std::string name_;
  size_t line_bytes_max_;
  std::optional<uint64_t> size_bytes_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool at_end_ = false;
  bool skipping_ = false;  // inside a line that is too long
  uint64_t number_ = 0;
  std::atomic<uint64_t> consumed_bytes_ = 0;
};

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_LINES_H_
