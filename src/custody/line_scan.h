// Reads a custody log line by line and checks that each follows the one
// before. Trusts nothing: a line may be gigabytes, or anything but a record.
#ifndef KENAL_SRC_CUSTODY_LINE_SCAN_H_
#define KENAL_SRC_CUSTODY_LINE_SCAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/base/digest.h"

namespace kenal::custody {

std::string Hex(const base::Sha256Bytes& digest);  // 64 of 0-9 a-f

// Not thread-safe. Memory: at most kLineBytesMax and one block.
class LineScan {
 public:
  enum class Step : uint8_t {
    kRecord,   // line() and event() are of the next record
    kEnd,      // no further newline; torn() tells of the bytes after the last
    kDamaged,  // problem() says what is wrong with record records() + 1
  };
  struct Torn {
    uint64_t size_bytes = 0;
    base::Sha256Bytes sha256{};
  };

  // Reads from where `fd` is, which outlives this.
  explicit LineScan(int fd) : fd_(fd) {}

  // Errors: kUnavailable  the file cannot be read, with the reason
  StatusOr<Step> Next();

  // Valid until the next call of Next.
  std::string_view line() const { return line_; }
  std::string_view event() const { return event_; }

  uint64_t records() const { return records_; }  // whole and in order so far
  std::string head() const { return head_; }     // SHA-256 of the last of them
  uint64_t end_byte() const { return end_byte_; }  // where the last one ends
  const std::optional<Torn>& torn() const { return torn_; }
  const std::string& problem() const { return problem_; }
  bool clock_went_back() const { return clock_went_back_; }

 private:
  StatusOr<bool> Fill();  // false at the end of the file
  StatusOr<Step> TooLong();
  Step EndWith(uint64_t size_bytes, const base::Sha256Bytes& sha256);
  Step Damaged(std::string problem);
  Step Check();

  int fd_;
  std::string buffer_;
  size_t begin_ = 0;  // of what is not handed out yet, in buffer_
  std::string_view line_;
  std::string_view event_;
  std::string last_at_;
  uint64_t records_ = 0;
  uint64_t end_byte_ = 0;
  std::string head_ = std::string(64, '0');
  std::optional<Torn> torn_;
  std::string problem_;
  bool clock_went_back_ = false;
};

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_LINE_SCAN_H_
