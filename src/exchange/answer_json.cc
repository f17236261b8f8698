#include "src/exchange/answer_json.h"

#include "src/exchange/fields.h"
#include "src/exchange/json_writer.h"

namespace kenal::exchange {
namespace {

// Whose word an entry is there on; nothing when it is withheld.
void WriteBackground(const Match& match, JsonWriter& json) {
  if (match.provenance == Provenance()) return;
  WriteClassifications(match.classifications, json);
  json.OptionalField("series", match.series);
  WriteFlags(match.flags, json);
  WriteProvenance(match.provenance, json);
}

}  // namespace

void WriteMatch(const Match& match, JsonWriter& json) {
  json.BeginObject()
      .Field("list", match.list)
      .Field("purpose", PurposeName(match.purpose))
      .Field("entry", EntryName(match.entry))
      .OptionalField("source_id", match.source_id)
      .Field("signal", SignalTypeName(match.signal))
      .Field("tier", TierName(match.tier));
  if (match.distance) json.Field("distance", *match.distance);
  if (match.transform) WriteTransform(*match.transform, json);
  WriteSecondOpinion(match.second_opinion, json);
  json.Field("state", EntryStateName(match.state))
      .OptionalField("action_label", match.action_label);
  if (match.overruled_by) {
    json.Key("overruled_by")
        .BeginObject()
        .Field("list", match.overruled_by->list)
        .Field("entry", EntryName(match.overruled_by->entry))
        .EndObject();
  }
  if (match.shadow) json.Field("shadow", true);
  WriteBackground(match, json);
  json.EndObject();
}

void WriteKnownGood(std::string_view name, const std::vector<KnownGood>& known,
                    JsonWriter& json) {
  if (known.empty()) return;
  json.Key(name).BeginArray();
  for (const KnownGood& one : known) {
    json.BeginObject().Field("list", one.list);
    if (one.signal) json.Field("signal", SignalTypeName(*one.signal));
    if (one.shadow) json.Field("shadow", true);
    json.EndObject();
  }
  json.EndArray();
}

namespace {

void WriteChecks(const Answer& answer, JsonWriter& json) {
  json.Key("checks").BeginObject();
  for (const Check& check : answer.checks) {
    json.Key(SignalTypeName(check.signal))
        .BeginObject()
        .Field("state", CheckStateName(check.state))
        .OptionalField("reason", check.reason)
        .OptionalField("message", check.message)
        .EndObject();
  }
  json.EndObject();
  json.Key("lists_skipped").BeginArray();
  for (const SkippedList& skipped : answer.lists_skipped) {
    json.BeginObject()
        .Field("list", skipped.list)
        .Field("reason", skipped.reason)
        .EndObject();
  }
  json.EndArray();
  json.Key("list_versions").BeginArray();
  for (const ListVersion& version : answer.list_versions) {
    json.BeginObject()
        .Field("list", version.list)
        .Field("version", version.version.value)
        .EndObject();
  }
  json.EndArray();
}

}  // namespace

std::string WriteAnswerLine(const Input& input, const Answer& answer) {
  JsonWriter json;
  json.BeginObject();
  if (input.path.empty()) {
    json.Field("line", input.line);
  } else {
    json.BytesField("path", input.path);
  }
  json.Field("verdict", VerdictName(answer.verdict));
  if (answer.tier) json.Field("tier", TierName(*answer.tier));
  json.OptionalField("action_label", answer.action_label)
      .Field("sequence", answer.sequence.value)
      .Field("match_count", answer.match_count)
      .Field("truncated", answer.truncated)
      .Field("damaged", answer.damaged);
  if (input.failure) {
    json.Field("error", input.failure->message)
        .Field("error_code", input.failure->code);
  }
  json.Key("matches").BeginArray();
  for (const Match& match : answer.matches) WriteMatch(match, json);
  json.EndArray();
  WriteChecks(answer, json);
  WriteKnownGood("known_good", answer.known_good, json);
  WriteKnownGood("known_good_failed", answer.known_good_failed, json);
  json.EndObject();
  return json.Finish();
}

}  // namespace kenal::exchange
