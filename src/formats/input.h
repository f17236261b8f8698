// A file as UTF-8 text, character by character, in bounded memory: what the
// parsers of JSON and of tables read from. UTF-16 is recoded on the way and a
// byte order mark is dropped.
#ifndef KENAL_SRC_FORMATS_INPUT_H_
#define KENAL_SRC_FORMATS_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/formats/byte_source.h"

namespace kenal::formats {

// Not thread-safe. After a failure it behaves as if the file ended there, and
// status() says why.
class Input {
 public:
  // A token (a text, a number, white space) may be this long; parsers keep one
  // whole in memory.
  static constexpr size_t kTokenBytesMax = 1 << 20;

  // Errors: as ByteSource::Open.
  static StatusOr<std::unique_ptr<Input>> Open(const std::string& path);
  explicit Input(std::unique_ptr<ByteSource> source);

  char Peek() const { return *at_; }  // NUL at the end
  char Take() {
    const char c = *at_;
    if (at_ != end_ && ++at_ == end_) Fill();
    return c;
  }
  bool AtEnd() const { return at_ == end_; }

  // What is in memory from here on; not empty unless at the end.
  std::string_view Ahead() const { return {at_, end_}; }
  // `size` is at most that of Ahead().
  void Skip(size_t size) {
    at_ += size;
    if (at_ == end_) Fill();
  }

  // A token begins here. One that goes on for more than kTokenBytesMax is a
  // failure.
  void BeginToken() { token_ = passed_ + Used(); }

  // In the file as it is, of the next character.
  uint64_t offset() const;
  const Status& status() const { return status_; }
  const std::string& name() const { return source_->name(); }
  const ByteSource& source() const { return *source_; }

  // "FILE, byte N: WHY".
  Status Wrong(std::string_view why) const;

 private:
  enum class Coding { kUtf8, kUtf16Le, kUtf16Be };

  size_t Used() const { return static_cast<size_t>(at_ - text_.data()); }
  void Fill();
  // Reads until `raw_` holds as many bytes or the file ends.
  void ReadRaw(size_t least);
  void DetectCoding();
  void Recode();
  uint32_t Unit(size_t at) const;
  void Fail(Status why);

  std::unique_ptr<ByteSource> source_;
  Coding coding_ = Coding::kUtf8;
  Status status_;
  std::vector<char> raw_;  // read and not yet in text_
  std::string text_;       // one block, as UTF-8
  const char* at_;         // in text_
  const char* end_;
  uint64_t passed_ = 0;  // characters before text_
  uint64_t token_ = 0;
  uint64_t begin_ = 0;  // offset in the file of text_
  uint64_t next_ = 0;   // and of raw_
  bool source_ended_ = false;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_INPUT_H_
