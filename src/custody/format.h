// The custody log: a text file of one JSON object a line, each ended by a
// newline, each beginning with exactly
//
//   {"seq":N,"at":"YYYY-MM-DDTHH:MM:SS.mmmZ","event":"WORD","prev":"HEX"
//
// and going on with the record's own fields, if any, and `}`. There is no
// white space outside strings in what is written.
//
//   seq    1 in the first line, and one more in each
//   at     UTC, by the clock of the machine; order comes from seq
//   event  1 to 64 of a-z 0-9 _
//   prev   SHA-256 of the line before, without its newline, in 64 digits
//          0-9 a-f; 64 zeros in the first line
//
// The first line's event is "open", with the fields `format` (kFormat) and
// `public_key` (base64 of the key in DER: the middle line of its PEM). The
// last line's is "close", with the fields, in this order,
//
//   records     how many lines come before it: seq - 1
//   head        the same as prev
//   reports     array of {"name","size_bytes","sha256"}, ordered by name
//               (with "name_base64" where the name is not UTF-8)
//   public_key  as in the first line
//   signature   base64 of the Ed25519 signature over the bytes of this line
//               from its `{` up to and without `,"signature":"`
//
// and nothing follows it. A log that does not end so is open: nobody can tell
// what is missing at its end. A last line without its newline is no record.
//
// "continue" follows after a stop; its `cut_bytes` and `cut_sha256` tell of
// the bytes of a torn last line that it took the place of. "open" has them
// where a first line was torn.
#ifndef KENAL_SRC_CUSTODY_FORMAT_H_
#define KENAL_SRC_CUSTODY_FORMAT_H_

#include <cstddef>
#include <string_view>

namespace kenal::custody {

inline constexpr std::string_view kFormat = "kenal-custody-1";
inline constexpr std::string_view kOpenEvent = "open";
inline constexpr std::string_view kContinueEvent = "continue";
inline constexpr std::string_view kCloseEvent = "close";
inline constexpr std::string_view kSignatureField = ",\"signature\":\"";

// Far more than a record of a scan; a reader holds no longer line in memory.
inline constexpr size_t kLineBytesMax = size_t{4} << 20;
inline constexpr size_t kEventBytesMax = 64;

// Names in the folder of a scan.
inline constexpr std::string_view kLogName = "custody.jsonl";
inline constexpr std::string_view kReportsName = "reports";

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_FORMAT_H_
