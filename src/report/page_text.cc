#include "src/report/page_text.h"

#include <cstdint>
#include <cstdio>

#include "src/exchange/text.h"

namespace kenal::report {
namespace {

// Of text that is UTF-8.
uint32_t TakeCodePoint(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  uint32_t value = lead & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) value = (value << 6) | (byte(at++) & 0x3Fu);
  return value;
}

bool IsInvisible(uint32_t value) {
  return value == 0xAD || value == 0x34F || value == 0x61C ||
         (value >= 0x115F && value <= 0x1160) || value == 0x180E ||
         (value >= 0x200B && value <= 0x200F) ||
         (value >= 0x2028 && value <= 0x202E) ||
         (value >= 0x2060 && value <= 0x206F) || value == 0x3164 ||
         value == 0xFEFF || value == 0xFFA0 ||
         (value >= 0xFFF9 && value <= 0xFFFB) ||
         (value & 0xFFFE) == 0xFFFE ||  // the last two of each plane
         (value >= 0xE0000 && value <= 0xE0FFF);
}

}  // namespace

std::string VisibleText(std::string_view bytes) {
  const std::string text = exchange::ForDisplay(bytes);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const uint32_t value = TakeCodePoint(text, at);
    if (!IsInvisible(value)) {
      out.append(text, begin, at - begin);
      continue;
    }
    char escaped[16];
    std::snprintf(escaped, sizeof escaped, "\\u{%04X}", value);
    out += escaped;
  }
  return out;
}

std::string MarkupText(std::string_view bytes) {
  std::string out;
  for (const char letter : VisibleText(bytes)) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

// VisibleText has no control characters and no line separators left.
void AppendScriptText(std::string_view bytes, std::string& out) {
  out += '"';
  for (const char letter : VisibleText(bytes)) {
    switch (letter) {
      case '&':
        out += "\\u0026";
        break;
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += letter;
    }
  }
  out += '"';
}

}  // namespace kenal::report
