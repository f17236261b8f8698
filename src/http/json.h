// Between JSON texts and the messages of proto/kenal/v1.
//
// Reading is stricter than proto3 JSON asks for, as the text is a stranger's:
// no duplicate or unknown field, nothing behind the value, UTF-8 only, and no
// more values than kJsonValuesMax. An error names the field and the next step
// and never repeats what the field holds, as that may be a hash.
//
// Field names are those of the .proto (request_id), or their lowerCamelCase.
// A field of bytes is base64 (standard or URL-safe alphabet, padded or not).
// Hashes and digests may be hex instead: 32, 40, 64 or 144 hex digits. No such
// field could be meant by base64 of that length, which would be 24, 30, 48 or
// 108 bytes. A picture is always base64.
#ifndef KENAL_SRC_HTTP_JSON_H_
#define KENAL_SRC_HTTP_JSON_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "kenal/status.h"

namespace google::protobuf {
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace kenal::http {

// Scalars, strings, messages and repeated items in one text; above what 10,000
// drafts with all their views need, and so few that memory stays within some
// ten times the largest text.
inline constexpr size_t kJsonValuesMax = 2'000'000;
// Messages among them.
inline constexpr size_t kJsonMessagesMax = 262'144;

// `text` is used up; empty text is an empty message. `message` is empty, and
// undefined after an error.
// Errors: kInvalidArgument
Status ReadJson(std::string text, google::protobuf::Message& message);

// Sets a scalar, enum or string field from text as a query parameter has it.
// Enum values also go by the lower-case end of their name: "fast" for
// EFFORT_FAST. Errors: kInvalidArgument
Status SetField(google::protobuf::Message& message,
                const google::protobuf::FieldDescriptor& field,
                std::string_view text);

// One line with every field that has no presence of its own, and those with
// presence that are set; 64-bit integers are strings and bytes base64, as
// proto3 JSON has them. Cannot fail.
std::string WriteJson(const google::protobuf::Message& message);

std::string Base64(std::string_view bytes);
// False: `text` is not base64; `bytes` is then undefined.
bool Unbase64(std::string_view text, std::string& bytes);
// False: not an even number of hex digits.
bool Unhex(std::string_view text, std::string& bytes);

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_JSON_H_
