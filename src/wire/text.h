// Text on the wire is UTF-8: a protobuf string that is not cannot be parsed.
#ifndef KENAL_SRC_WIRE_TEXT_H_
#define KENAL_SRC_WIRE_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace kenal::wire {

// As RFC 3629 has it: shortest form, no surrogates, at most U+10FFFF.
bool IsUtf8(std::string_view text);

// `text` when it is UTF-8; else each byte that belongs to no character is
// written as \xNN, so that one odd file name costs no answer.
std::string CleanText(std::string_view text);

// The first `size_bytes_max` bytes of clean text, cut between characters,
// with "..." when something was cut.
std::string CutText(std::string_view text, size_t size_bytes_max);

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_TEXT_H_
