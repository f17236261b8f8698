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

void WriteOpinions(const std::vector<Opinion>& opinions, JsonWriter& json) {
  if (opinions.empty()) return;
  json.Key("opinions").BeginArray();
  for (const Opinion& each : opinions) {
    json.BeginObject()
        .Field("affirms", each.affirms)
        .OptionalField("member_id", each.member_id)
        .OptionalField("member", each.member)
        .OptionalField("signal", each.signal)
        .OptionalField("reason_id", each.reason_id)
        .OptionalField("reason", each.reason);
    if (each.at_unix_ms) json.Field("at", base::FormatUtc(*each.at_unix_ms));
    json.EndObject();
  }
  json.EndArray();
}

void WritePolicy(const ListPolicy& policy, JsonWriter& json) {
  json.Field("enabled", policy.enabled).Field("radius", policy.pdq_radius.bits);
  if (policy.review_radius) {
    json.Field("review_radius", policy.review_radius->bits);
  }
  json.Field("effort", EffortName(policy.effort))
      .Key("stored_views")
      .BeginArray();
  for (int i = 0; i < kViewCount; ++i) {
    const View view{static_cast<uint8_t>(i)};
    if (policy.stored_views.Contains(view)) json.Text(ViewName(view));
  }
  json.EndArray()
      .Field("second_opinion", policy.second_opinion)
      .OptionalField("action_label", policy.action_label)
      .Field("share_permille", policy.share_permille)
      .Field("share_seed", policy.share_seed)
      .Key("regions")
      .BeginArray();
  for (const std::string& region : policy.regions) json.Text(region);
  json.EndArray();
  if (policy.expires_unix_ms) {
    json.Field("expires", base::FormatUtc(*policy.expires_unix_ms));
  }
  json.Field("shadow", policy.shadow);
}

void WriteOverruled(const std::optional<Overruled>& overruled,
                    JsonWriter& json) {
  if (!overruled) return;
  json.BytesField("overrules", overruled->list + "/" + overruled->reference);
}

void WriteKnownGoodFile(const KnownGoodFile& file, JsonWriter& json) {
  json.BeginObject()
      .Field("signal", SignalTypeName(file.signal))
      .Field("count", file.count)
      .Field("size_bytes", file.size_bytes);
  if (file.size_bytes > 0) {
    json.Field("sha256", Sha256{file.sha256}.ToHex())
        .BytesField("source", file.source)
        .OptionalField("import_id", file.import_id)
        .Field("set", base::FormatUtc(file.set_unix_ms));
  }
  json.Field("set_at", file.set_at.value).EndObject();
}

void WriteTransform(const Transform& transform, JsonWriter& json) {
  json.Key("transform")
      .BeginObject()
      .Field("view", ViewName(transform.query_view))
      .Field("variant", VariantName(transform.query_variant))
      .Field("entry_view", ViewName(transform.entry_view))
      .Field("entry_variant", VariantName(transform.entry_variant))
      .EndObject();
}

void WriteSecondOpinion(const std::optional<SecondOpinion>& opinion,
                        JsonWriter& json) {
  if (!opinion) return;
  json.Key("second_opinion")
      .BeginObject()
      .Field("distance", opinion->distance)
      .Field("corroborates", opinion->corroborates)
      .EndObject();
}

std::string EntryName(EntryId id) { return std::to_string(id.serial()); }

}  // namespace kenal::exchange
