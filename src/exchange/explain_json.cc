#include "src/exchange/explain_json.h"

#include "src/exchange/fields.h"
#include "src/exchange/json_writer.h"

namespace kenal::exchange {
namespace {

void WriteComparison(const Comparison& pair, JsonWriter& json) {
  json.BeginObject()
      .Field("finding", FindingName(pair.finding))
      .Field("distance", pair.distance);
  WriteTransform(pair.how, json);
  if (pair.query_quality) json.Field("quality", *pair.query_quality);
  if (pair.entry_quality) json.Field("entry_quality", *pair.entry_quality);
  json.Field("template_like", pair.query_template_like)
      .Field("entry_template_like", pair.entry_template_like);
  WriteSecondOpinion(pair.second_opinion, json);
  json.EndObject();
}

// prefix  of the names of the fields.
void WriteOutcome(const FileOutcome& outcome, const std::string& prefix,
                  JsonWriter& json) {
  if (outcome.damaged) json.Field(prefix + "damaged", true);
  if (!outcome.failure) return;
  json.Field(prefix + "error", outcome.failure->message)
      .Field(prefix + "error_code", outcome.failure->code);
}

}  // namespace

FileOutcome OutcomeOf(const SignalSet& signals) {
  return {.damaged = signals.picture && signals.picture->damaged,
          .failure = signals.pdq_failure};
}

std::string WriteExplanationLine(const Compared& compared,
                                 const Explanation& explanation) {
  JsonWriter json;
  json.BeginObject()
      .OptionalField("path", compared.path)
      .OptionalField("other_path", compared.other_path)
      .OptionalField("list", compared.list)
      .OptionalField("entry", compared.reference);
  if (explanation.entry_state) {
    json.Field("state", EntryStateName(*explanation.entry_state));
    if (explanation.entry_expired) json.Field("expired", true);
  }
  WriteOutcome(compared.outcome, "", json);
  WriteOutcome(compared.other_outcome, "other_", json);
  json.Key("policy").BeginObject();
  WritePolicy(explanation.policy, json);
  json.EndObject().Key("digests").BeginArray();
  for (const DigestComparison& digest : explanation.digests) {
    json.BeginObject()
        .Field("type", SignalTypeName(digest.type))
        .Field("equal", digest.equal)
        .EndObject();
  }
  json.EndArray().Key("views").BeginArray();
  for (const Comparison& pair : explanation.views) WriteComparison(pair, json);
  json.EndArray().EndObject();
  return json.Finish();
}

}  // namespace kenal::exchange
