#include "src/wire/text.h"

#include <cstdint>

namespace kenal::wire {
namespace {

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// Bytes of the character that `text` begins with; 0 when it begins with none.
size_t CharacterSize(std::string_view text) {
  const uint8_t first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return 1;
  const size_t size = first < 0xC2   ? 0
                      : first < 0xE0 ? 2
                      : first < 0xF0 ? 3
                      : first < 0xF5 ? 4
                                     : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const uint8_t second = static_cast<uint8_t>(text[1]);
  if (first == 0xE0 && second < 0xA0) return 0;   // overlong
  if (first == 0xED && second >= 0xA0) return 0;  // surrogate
  if (first == 0xF0 && second < 0x90) return 0;   // overlong
  if (first == 0xF4 && second >= 0x90) return 0;  // beyond U+10FFFF
  return size;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string CleanText(std::string_view text) {
  if (IsUtf8(text)) return std::string(text);
  constexpr char kHex[] = "0123456789abcdef";
  std::string clean;
  clean.reserve(text.size() + 16);
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    if (size > 0) {
      clean.append(text.substr(0, size));
      text.remove_prefix(size);
      continue;
    }
    const uint8_t odd = static_cast<uint8_t>(text[0]);
    clean += "\\x";
    clean += kHex[odd >> 4];
    clean += kHex[odd & 15];
    text.remove_prefix(1);
  }
  return clean;
}

std::string CutText(std::string_view text, size_t size_bytes_max) {
  constexpr std::string_view kCut = "...";
  std::string clean = CleanText(text);
  if (clean.size() <= size_bytes_max) return clean;
  size_t size = size_bytes_max > kCut.size() ? size_bytes_max - kCut.size() : 0;
  while (size > 0 && IsContinuation(clean[size])) --size;
  clean.resize(size);
  if (size_bytes_max >= kCut.size()) clean += kCut;
  return clean;
}

}  // namespace kenal::wire
