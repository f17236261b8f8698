#include "src/exchange/fields.h"

#include "src/base/clock.h"

namespace kenal::exchange {

void WriteClassifications(const std::vector<Classification>& classifications,
                          JsonWriter& json) {
  json.Key("classifications").BeginArray();
  for (const Classification& each : classifications) {
    json.BeginObject()
        .Field("scheme", each.scheme)
        .Field("raw_value", each.raw_value)
        .EndObject();
  }
  json.EndArray();
}

void WriteFlags(const std::vector<std::string>& flags, JsonWriter& json) {
  json.Key("flags").BeginArray();
  for (const std::string& flag : flags) json.Text(flag);
  json.EndArray();
}

void WriteProvenance(const Provenance& provenance, JsonWriter& json) {
  json.Key("provenance")
      .BeginObject()
      .Field("source", provenance.source)
      .OptionalField("member", provenance.member)
      .OptionalField("import_id", provenance.import_id)
      .OptionalField("reference", provenance.reference)
      .Field("added", base::FormatUtc(provenance.added_unix_ms))
      .EndObject();
}

std::string EntryName(EntryId id) { return std::to_string(id.serial()); }

}  // namespace kenal::exchange
