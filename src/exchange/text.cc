#include "src/exchange/text.h"

#include <cstdint>

namespace kenal::exchange {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct CodePoint {
  size_t size = 1;  // bytes taken, also when invalid
  bool valid = false;
  uint32_t value = 0;
};

uint8_t ByteAt(std::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

// The sequence at the start of `bytes`, which is not empty. An invalid one
// takes its maximal valid prefix, at least one byte.
CodePoint First(std::string_view bytes) {
  const uint8_t lead = ByteAt(bytes, 0);
  if (lead < 0x80) return {1, true, lead};
  size_t size = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  uint32_t value = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
    value = lead & 0x1Fu;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    value = lead & 0x0Fu;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;  // No surrogates.
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    value = lead & 0x07u;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;  // Nothing above U+10FFFF.
  } else {
    return {};
  }
  for (size_t at = 1; at < size; ++at) {
    if (at == bytes.size()) return {at, false, 0};
    const uint8_t next = ByteAt(bytes, at);
    if (next < low || next > high) return {at, false, 0};
    value = (value << 6) | (next & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return {size, true, value};
}

int Base64Value(char letter) {
  const size_t at = kBase64.find(letter);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

struct Range {
  uint32_t first;
  uint32_t last;
};
constexpr Range kZeroWidth[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},
    {0x64B, 0x65F},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
    {0x2066, 0x206F}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
constexpr Range kDoubleWidth[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF}, {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
    {0xFE30, 0xFE4F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <size_t kCount>
bool IsIn(const Range (&ranges)[kCount], uint32_t value) {
  for (const Range& range : ranges) {
    if (value >= range.first && value <= range.last) return true;
  }
  return false;
}

size_t WidthOf(uint32_t value) {
  if (IsIn(kZeroWidth, value)) return 0;
  return IsIn(kDoubleWidth, value) ? 2 : 1;
}

// Also those that turn the reading direction, which can disguise a name.
bool IsControl(uint32_t value) {
  return value < 0x20 || (value >= 0x7F && value < 0xA0) ||
         (value >= 0x202A && value <= 0x202E) ||
         (value >= 0x2066 && value <= 0x2069) || value == 0x2028 ||
         value == 0x2029;
}

void AppendEscaped(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const CodePoint point = First(bytes);
    if (!point.valid) return false;
    bytes.remove_prefix(point.size);
  }
  return true;
}

std::string ToUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const CodePoint point = First(bytes);
    out += point.valid ? bytes.substr(0, point.size) : kReplacement;
    bytes.remove_prefix(point.size);
  }
  return out;
}

std::string ToBase64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = (group << 8) | (i < have ? ByteAt(bytes, at + i) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      out += i <= have ? kBase64[(group >> (18 - 6 * i)) & 63] : '=';
    }
  }
  return out;
}

StatusOr<std::string> FromBase64(std::string_view text) {
  const Status bad = InvalidArgument("is not base64 with padding");
  if (text.size() % 4 != 0) return bad;
  std::string out;
  for (size_t at = 0; at < text.size(); at += 4) {
    const bool last = at + 4 == text.size();
    size_t have = 4;
    while (last && have > 2 && text[at + have - 1] == '=') --have;
    uint32_t group = 0;
    for (size_t i = 0; i < 4; ++i) {
      const int value = i < have ? Base64Value(text[at + i]) : 0;
      if (value < 0) return bad;
      group = (group << 6) | static_cast<uint32_t>(value);
    }
    const size_t bytes = have - 1;
    if ((group & ((1u << (24 - 8 * bytes)) - 1)) != 0) return bad;
    for (size_t i = 0; i < bytes; ++i) {
      out += static_cast<char>((group >> (16 - 8 * i)) & 0xFF);
    }
  }
  return out;
}

std::string ForDisplay(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const CodePoint point = First(bytes);
    const std::string_view part = bytes.substr(0, point.size);
    if (!point.valid || IsControl(point.value)) {
      AppendEscaped(part, out);
    } else {
      out += part;
    }
    bytes.remove_prefix(point.size);
  }
  return out;
}

size_t DisplayWidth(std::string_view utf8) {
  size_t width = 0;
  while (!utf8.empty()) {
    const CodePoint point = First(utf8);
    width += WidthOf(point.value);
    utf8.remove_prefix(point.size);
  }
  return width;
}

std::string_view DisplayPrefix(std::string_view utf8, size_t columns) {
  size_t at = 0;
  size_t width = 0;
  while (at < utf8.size()) {
    const CodePoint point = First(utf8.substr(at));
    width += WidthOf(point.value);
    if (width > columns) break;
    at += point.size;
  }
  return utf8.substr(0, at);
}

}  // namespace kenal::exchange
