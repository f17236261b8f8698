// Values as lists spell them: hashes, times, three-state flags.
#ifndef KENAL_SRC_FORMATS_VALUE_TEXT_H_
#define KENAL_SRC_FORMATS_VALUE_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/formats/record.h"

namespace kenal::formats {

// Without the white space around it.
std::string_view Trimmed(std::string_view text);

// The type that a hash of this name has here: "MD5", "SHA-1", "sha256", "pdq",
// in either case. Unset: a hash to carry.
std::optional<SignalType> SignalTypeOf(std::string_view name);

// The name that carried hashes of this name go by: "photodna" for PhotoDNA and
// pdna, else as given.
std::string_view CarriedType(std::string_view name);

// Puts a hash into the record: one of ours (hex of either case, trimmed; PDQ
// in base64 too), else as a carried hash. An empty one is passed over; the same
// again is fine.
// Errors: kInvalidArgument, for a wrong length or digit, or another hash of
// that type than the record has. Without the text.
Status AddHash(std::string_view name, std::string_view text, Record& record);

// Hex digits of the hash of that type, or "" when there is none.
std::string HashHex(const Record& record, SignalType type);
std::string UpperHashHex(const Record& record, SignalType type);
// ASCII letters alone.
std::string Upper(std::string text);

// Milliseconds since 1970 of a time in ISO 8601 with Z, with an offset (with
// or without a colon) or with neither, which is read as UTC; with a blank for
// the T; a day alone; or .NET's /Date(ms)/. Unset: none of these, or not within
// the years 1 to 9999.
std::optional<int64_t> ReadTime(std::string_view text);
// "2024-01-02T03:04:05Z", and ".250" before the Z where there are such. Of a
// time that ReadTime gives, which reads it back.
std::string WriteTime(int64_t unix_ms);

// "true", "yes", "y", "t", "1" and their opposites in either case; unset for
// anything else.
std::optional<bool> ReadFlag(std::string_view text);

std::optional<uint64_t> ReadCount(std::string_view text);

// The parts between commas, trimmed, without empty ones.
std::vector<std::string> SplitTags(std::string_view text);
std::string JoinTags(const std::vector<std::string>& tags);

// What "image/png" and the like begin with.
MediaKind KindOfMime(std::string_view mime_type);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_VALUE_TEXT_H_
