#include "src/exchange/cursor.h"

#include <algorithm>
#include <charconv>

namespace kenal::exchange {
namespace {

constexpr size_t kStoreIdSizeMax = 64;

Status Malformed() {
  return InvalidArgument(
      "a cursor is \"start\" or what kenal watch printed: STORE:SEQUENCE, "
      "perhaps with +ENTRIES");
}

bool IsHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

StatusOr<uint64_t> ParseNumber(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return Malformed();
  return value;
}

}  // namespace

std::string WriteCursor(const PlacedCursor& cursor) {
  std::string text =
      cursor.store_id.empty() ? std::string() : cursor.store_id + ":";
  text += std::to_string(cursor.cursor.sequence.value);
  if (cursor.cursor.entries > 0) {
    text += "+" + std::to_string(cursor.cursor.entries);
  }
  return text;
}

StatusOr<PlacedCursor> ParseCursor(std::string_view text) {
  PlacedCursor cursor;
  if (text == "start") return cursor;
  if (const size_t colon = text.find(':'); colon != text.npos) {
    const std::string_view id = text.substr(0, colon);
    if (id.empty() || id.size() > kStoreIdSizeMax || !IsHex(id)) {
      return Malformed();
    }
    cursor.store_id = std::string(id);
    text.remove_prefix(colon + 1);
  }
  const size_t plus = text.find('+');
  KENAL_TRY_ASSIGN(cursor.cursor.sequence.value,
                   ParseNumber(text.substr(0, plus)));
  if (plus != text.npos) {
    KENAL_TRY_ASSIGN(cursor.cursor.entries, ParseNumber(text.substr(plus + 1)));
  }
  return cursor;
}

}  // namespace kenal::exchange
