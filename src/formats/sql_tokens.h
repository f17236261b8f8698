// SQL text as tokens, in bounded memory. Nothing is ever executed.
#ifndef KENAL_SRC_FORMATS_SQL_TOKENS_H_
#define KENAL_SRC_FORMATS_SQL_TOKENS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/input.h"

namespace kenal::formats {

// Not thread-safe. Errors: kInvalidArgument with file, line and byte.
class SqlTokens {
 public:
  enum class Kind : uint8_t {
    kWord,    // INSERT, file_name
    kName,    // "file_name"
    kText,    // 'it''s', without the quotes
    kBytes,   // X'00FF', its digits
    kNumber,  // -1.5
    kMark,    // one character of punctuation
    kEnd,     // of the file
  };

  explicit SqlTokens(Input& input) : input_(input) {}

  // Goes to the next token; white space and comments are passed over.
  Status Next();

  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }
  // Without regard to case.
  bool IsWord(std::string_view word) const;
  bool IsMark(char mark) const {
    return kind_ == Kind::kMark && text_.front() == mark;
  }
  uint64_t byte() const { return byte_; }  // where it begins
  uint64_t line() const { return line_; }

  // "FILE, line 7, byte 301: WHY", of the current token. What the file says is
  // not repeated: it may be a hash.
  Status Wrong(std::string_view why) const;

 private:
  char Take();
  Status PassBlanks();
  void PassComment(bool to_line_end);
  Status ReadQuoted(char quote);
  void ReadWhile(bool (*belongs)(char));

  Input& input_;
  Kind kind_ = Kind::kEnd;
  std::string text_;
  uint64_t byte_ = 0;
  uint64_t line_ = 1;
  uint64_t next_line_ = 1;
};

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_SQL_TOKENS_H_
