// What a record of the custody log says, as fields of a JSON object.
//
//   log.Append("skipped", Fields()
//                             .Bytes("path", path)
//                             .Text("reason", "vanished")
//                             .Number("size_bytes", size));
#ifndef KENAL_SRC_CUSTODY_FIELDS_H_
#define KENAL_SRC_CUSTODY_FIELDS_H_

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "src/exchange/json_writer.h"

namespace kenal::custody {

// Keys are literals of ours, each once, and none of seq, at, event, prev.
class Fields {
 public:
  Fields();

  // Bytes that are not UTF-8 become U+FFFD: for text of ours.
  Fields& Text(std::string_view key, std::string_view text) &;
  // For what someone else named, such as paths: when the bytes are not UTF-8
  // also KEY_base64 with exactly them.
  Fields& Bytes(std::string_view key, std::string_view bytes) &;
  // An array. Where one is not UTF-8, also KEY_base64 with all of them.
  Fields& Each(std::string_view key, std::span<const std::string> bytes) &;
  Fields& Flag(std::string_view key, bool value) &;
  template <std::integral Integer>
  Fields& Number(std::string_view key, Integer value) & {
    json_.Field(key, value);
    return *this;
  }

  // The same, for a row of calls on a temporary.
  Fields&& Text(std::string_view key, std::string_view text) && {
    return std::move(Text(key, text));
  }
  Fields&& Bytes(std::string_view key, std::string_view bytes) && {
    return std::move(Bytes(key, bytes));
  }
  Fields&& Each(std::string_view key, std::span<const std::string> bytes) && {
    return std::move(Each(key, bytes));
  }
  Fields&& Flag(std::string_view key, bool value) && {
    return std::move(Flag(key, value));
  }
  template <std::integral Integer>
  Fields&& Number(std::string_view key, Integer value) && {
    return std::move(Number(key, value));
  }

  // The object, as JSON. Once.
  std::string Finish() &&;

 private:
  exchange::JsonWriter json_;
};

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_FIELDS_H_
