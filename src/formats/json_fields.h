// Records that are JSON objects, by a table of their fields. A field is
// canonical when writing the record gives it again; every other one is kept as
// an extra, with its JSON.
#ifndef KENAL_SRC_FORMATS_JSON_FIELDS_H_
#define KENAL_SRC_FORMATS_JSON_FIELDS_H_

#include <span>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/formats/json_tree.h"
#include "src/formats/record.h"

namespace kenal::formats {

struct JsonField {
  std::string_view key;
  // Errors: kInvalidArgument, without the value.
  Status (*read)(const JsonNode&, Record&);
  // Appends the canonical JSON; nothing when there is no value.
  void (*write)(const Record&, std::string& out);
  // True when this spelling still says what the record says; unset: when it is
  // read and written as the record is.
  bool (*still_says)(const JsonNode&, const Record&) = nullptr;
};

// The caller checks the record. Errors: kInvalidArgument names the field.
Status ReadJsonFields(const JsonNode& object, std::string_view family,
                      std::span<const JsonField> fields, Record& record);
void AppendJsonFields(const Record& record, std::string_view family,
                      std::span<const JsonField> fields, std::string& out);

// The text of a text or number, "" for null.
// Errors: kInvalidArgument.
StatusOr<std::string_view> JsonText(const JsonNode& node);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_JSON_FIELDS_H_
