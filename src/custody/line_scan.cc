#include "src/custody/line_scan.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "src/base/file.h"
#include "src/custody/format.h"

namespace kenal::custody {
namespace {

constexpr size_t kBlockBytes = 256 * 1024;
// A power cut may leave more than a line of bytes that were never synced.
constexpr uint64_t kTornBytesMax = uint64_t{1} << 30;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
bool IsWordLetter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '_';
}

// Takes parts off the front of a line; once one is not there all fail.
class Parts {
 public:
  explicit Parts(std::string_view line) : rest_(line) {}

  void Expect(std::string_view text) {
    if (!rest_.starts_with(text)) ok_ = false;
    if (ok_) rest_.remove_prefix(text.size());
  }
  std::string_view While(bool (*accepted)(char), size_t count_max) {
    size_t count = 0;
    while (count < std::min(count_max, rest_.size()) &&
           accepted(rest_[count])) {
      ++count;
    }
    const std::string_view part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }
  std::string_view Exactly(size_t count) {
    if (rest_.size() < count) ok_ = false;
    const std::string_view part = rest_.substr(0, count);
    if (ok_) rest_.remove_prefix(count);
    return part;
  }
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

bool IsTime(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";
  return text.size() == kShape.size() &&
         std::ranges::equal(text, kShape, [](char c, char shape) {
           return shape == '0' ? IsDigit(c) : c == shape;
         });
}

bool IsJson(std::string_view line) {
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(line.data(), line.size());
  rapidjson::BaseReaderHandler<> handler;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseStopWhenDoneFlag;
  return !reader.Parse<kFlags>(stream, handler).IsError() &&
         stream.Tell() == line.size();
}

base::Sha256Bytes DigestOf(std::string_view text) {
  return base::Sha256Of(base::AsBytes(text));
}

}  // namespace

std::string Hex(const base::Sha256Bytes& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : digest) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

StatusOr<bool> LineScan::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t used = buffer_.size();
  buffer_.resize(used + kBlockBytes);
  ssize_t got = -1;
  do {
    got = read(fd_, buffer_.data() + used, kBlockBytes);
  } while (got < 0 && errno == EINTR);
  const int error_number = errno;
  buffer_.resize(used + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) {
    return Unavailable(base::WithErrno("cannot be read", error_number));
  }
  return got > 0;
}

LineScan::Step LineScan::Damaged(std::string problem) {
  problem_ = std::move(problem);
  return Step::kDamaged;
}

LineScan::Step LineScan::EndWith(uint64_t size_bytes,
                                 const base::Sha256Bytes& sha256) {
  if (size_bytes > 0) torn_ = {size_bytes, sha256};
  return Step::kEnd;
}

StatusOr<LineScan::Step> LineScan::TooLong() {
  base::Sha256Stream sha256;
  uint64_t size_bytes = 0;
  while (size_bytes <= kTornBytesMax) {
    sha256.Add(base::AsBytes(buffer_));
    size_bytes += buffer_.size();
    begin_ = buffer_.size();
    KENAL_TRY_ASSIGN(const bool more, Fill());
    if (!more) return EndWith(size_bytes, sha256.Finish());
    if (buffer_.find('\n') != buffer_.npos) break;
  }
  return Damaged("is a line of more than " + std::to_string(kLineBytesMax) +
                 " bytes");
}

StatusOr<LineScan::Step> LineScan::Next() {
  size_t searched = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != buffer_.npos) {
      line_ = std::string_view(buffer_).substr(begin_, end - begin_);
      if (line_.size() > kLineBytesMax) {
        return Damaged("is a line of more than " +
                       std::to_string(kLineBytesMax) + " bytes");
      }
      begin_ = end + 1;
      return Check();
    }
    const size_t rest = buffer_.size() - begin_;
    KENAL_TRY_ASSIGN(const bool more, Fill());
    if (!more) {
      return EndWith(rest, DigestOf(buffer_));
    }
    searched = rest;
    if (rest > kLineBytesMax && buffer_.find('\n', searched) == buffer_.npos) {
      return TooLong();
    }
  }
}

LineScan::Step LineScan::Check() {
  Parts parts(line_);
  parts.Expect("{\"seq\":");
  const std::string_view number = parts.While(IsDigit, 20);
  parts.Expect(",\"at\":\"");
  const std::string_view at = parts.Exactly(24);
  parts.Expect("\",\"event\":\"");
  event_ = parts.While(IsWordLetter, kEventBytesMax);
  parts.Expect("\",\"prev\":\"");
  const std::string_view previous = parts.While(IsHexDigit, 64);
  parts.Expect("\"");
  const std::string_view rest = parts.rest();
  const bool shaped = parts.ok() && !event_.empty() && IsTime(at) &&
                      previous.size() == 64 &&
                      (rest.starts_with(',') || rest == "}") && IsJson(line_);
  if (!shaped) return Damaged("is not a record of a custody log");
  const std::string expected = std::to_string(records_ + 1);
  if (number != expected) {
    return Damaged("says seq " + std::string(number) +
                   ": records are missing, doubled or in another order");
  }
  if (previous != head_) {
    return Damaged(records_ == 0
                       ? "does not begin a chain: prev is not 64 zeros"
                       : "does not follow from the record before: one of them "
                         "was altered");
  }
  if (at < last_at_) clock_went_back_ = true;
  last_at_ = at;
  ++records_;
  end_byte_ += line_.size() + 1;
  head_ = Hex(DigestOf(line_));
  return Step::kRecord;
}

}  // namespace kenal::custody
