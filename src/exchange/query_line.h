// One line of `kenal query`: a signal as text, or a hash line in JSON.
#ifndef KENAL_SRC_EXCHANGE_QUERY_LINE_H_
#define KENAL_SRC_EXCHANGE_QUERY_LINE_H_

#include <optional>
#include <string_view>

#include "kenal/status.h"
#include "src/exchange/hash_json.h"

namespace kenal::exchange {

// A hash line with all views, turned and mirrored, has about 17 KiB; a path may
// add 4 KiB and, when not UTF-8, as much again in base64 and U+FFFD.
inline constexpr size_t kQueryLineBytesMax = 256 * 1024;

// The failure code of a line that could not be read. Such a line is asked
// about all the same, as a signal set that failed, so that it is answered
// UNAVAILABLE in its place.
inline constexpr std::string_view kBadLineCode = "bad_line";

// nullopt: the line is blank or a comment.
// Errors: kInvalidArgument; the message does not repeat what the line says.
StatusOr<std::optional<HashLine>> ParseQueryLine(std::string_view line);

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_QUERY_LINE_H_
