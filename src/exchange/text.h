// Text that may not be text: names from file systems and other people's ids
// are bytes, JSON is UTF-8.
#ifndef KENAL_SRC_EXCHANGE_TEXT_H_
#define KENAL_SRC_EXCHANGE_TEXT_H_

#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::exchange {

bool IsUtf8(std::string_view bytes);

// Each maximal part that is not UTF-8 becomes one U+FFFD; UTF-8 stays as it is.
std::string ToUtf8(std::string_view bytes);

// The standard alphabet with padding.
std::string ToBase64(std::string_view bytes);
// Strict: padding, no white space, no stray bits.
StatusOr<std::string> FromBase64(std::string_view text);

// For people: UTF-8 in which control characters are written as \xNN, so that
// a name can neither move a terminal's cursor nor forge a second line.
std::string ForDisplay(std::string_view bytes);

// Columns that UTF-8 text takes on a terminal, as far as can be told without
// tables: one a code point, none for combining marks of the common blocks, two
// for the wide East Asian blocks and pictographs.
size_t DisplayWidth(std::string_view utf8);

// The longest prefix that takes at most `columns`.
std::string_view DisplayPrefix(std::string_view utf8, size_t columns);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_TEXT_H_
