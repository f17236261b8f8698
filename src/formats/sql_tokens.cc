#include "src/formats/sql_tokens.h"

#include <algorithm>

#include "src/formats/json_tree.h"

namespace kenal::formats {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool BeginsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool InWord(char c) { return BeginsWord(c) || IsDigit(c); }
// Also of what is no number: 1e, 0x1G; whoever reads it as one refuses it.
bool InNumber(char c) { return InWord(c) || c == '.'; }

}  // namespace

bool SqlTokens::IsWord(std::string_view word) const {
  return kind_ == Kind::kWord && SameWord(text_, word);
}

Status SqlTokens::Wrong(std::string_view why) const {
  KENAL_TRY(input_.status());
  return InvalidArgument(input_.name() + ", line " + std::to_string(line_) +
                         ", byte " + std::to_string(byte_) + ": " +
                         std::string(why));
}

char SqlTokens::Take() {
  const char c = input_.Take();
  next_line_ += c == '\n';
  return c;
}

void SqlTokens::PassComment(bool to_line_end) {
  char last = '\0';
  while (!input_.AtEnd()) {
    input_.BeginToken();
    const char c = Take();
    if (to_line_end ? c == '\n' : (last == '*' && c == '/')) return;
    last = c;
  }
}

// Up to a token, or to a - or / that begins no comment and becomes one.
Status SqlTokens::PassBlanks() {
  while (!input_.AtEnd()) {
    input_.BeginToken();
    byte_ = input_.offset();
    line_ = next_line_;
    const char c = input_.Peek();
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      Take();
    } else if (c == '-' || c == '/') {
      text_ = Take();
      const char second = input_.Peek();
      if (c == '-' && second != '-') return OkStatus();
      if (c == '/' && second != '*') return OkStatus();
      Take();
      text_.clear();
      PassComment(c == '-');
    } else {
      return OkStatus();
    }
  }
  byte_ = input_.offset();
  line_ = next_line_;
  return input_.status();
}

void SqlTokens::ReadWhile(bool (*belongs)(char)) {
  while (!input_.AtEnd() && belongs(input_.Peek())) text_ += input_.Take();
}

Status SqlTokens::ReadQuoted(char quote) {
  input_.Take();
  while (!input_.AtEnd()) {
    const std::string_view ahead = input_.Ahead();
    const size_t size = std::min(ahead.find(quote), ahead.size());
    text_ += ahead.substr(0, size);
    next_line_ += static_cast<uint64_t>(std::count(
        ahead.begin(), ahead.begin() + static_cast<ptrdiff_t>(size), '\n'));
    const bool whole = size < ahead.size();
    if (size > 0) input_.Skip(size);
    if (!whole) continue;
    input_.Take();
    if (input_.Peek() != quote || input_.AtEnd()) return input_.status();
    text_ += input_.Take();
  }
  return Wrong("a quote is not closed; the file may be cut off");
}

Status SqlTokens::Next() {
  text_.clear();
  KENAL_TRY(PassBlanks());
  if (!text_.empty()) {  // - or /
    kind_ = Kind::kMark;
    if (text_ == "-" && IsDigit(input_.Peek())) {
      kind_ = Kind::kNumber;
      ReadWhile(InNumber);
    }
    return input_.status();
  }
  if (input_.AtEnd()) {
    kind_ = Kind::kEnd;
    return input_.status();
  }
  const char c = input_.Peek();
  if (c == '\'' || c == '"') {
    kind_ = c == '"' ? Kind::kName : Kind::kText;
    return ReadQuoted(c);
  }
  if (IsDigit(c)) {
    kind_ = Kind::kNumber;
    ReadWhile(InNumber);
  } else if (BeginsWord(c)) {
    kind_ = Kind::kWord;
    ReadWhile(InWord);
    if (SameWord(text_, "x") && input_.Peek() == '\'') {
      text_.clear();
      kind_ = Kind::kBytes;
      return ReadQuoted('\'');
    }
  } else {
    kind_ = Kind::kMark;
    text_ = Take();
  }
  return input_.status();
}

}  // namespace kenal::formats
