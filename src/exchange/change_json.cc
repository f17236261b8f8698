#include "src/exchange/change_json.h"

#include "src/exchange/fields.h"
#include "src/exchange/hash_json.h"
#include "src/exchange/json_writer.h"

namespace kenal::exchange {
namespace {

void WriteChangedEntry(const ChangedEntry& entry, JsonWriter& json) {
  json.BeginObject()
      .Field("entry", EntryName(entry.id))
      .OptionalField("source_id", entry.source_id)
      .Field("state", EntryStateName(entry.state))
      .OptionalField("near_action_label", entry.near_action_label);
  if (entry.signals) {
    json.Key("signals");
    WriteSignals(*entry.signals, /*dihedral=*/true, json);
  }
  json.EndObject();
}

}  // namespace

std::string WriteChangeLine(const ListChange& change) {
  JsonWriter json;
  json.BeginObject()
      .Field("sequence", change.sequence.value)
      .Field("change", ChangeKindName(change.kind))
      .Field("list", change.list);
  if (change.policy) {
    json.Key("policy").BeginObject();
    WritePolicy(*change.policy, json);
    json.EndObject();
  }
  if (change.known_good) {
    json.Key("known_good");
    WriteKnownGoodFile(*change.known_good, json);
  }
  json.Key("entries").BeginArray();
  for (const ChangedEntry& entry : change.entries) {
    WriteChangedEntry(entry, json);
  }
  json.EndArray().Field("last", change.last).EndObject();
  return json.Finish();
}

std::string WriteCursorLine(const PlacedCursor& next, bool caught_up,
                            Sequence head) {
  JsonWriter json;
  json.BeginObject()
      .Field("cursor", WriteCursor(next))
      .Field("caught_up", caught_up)
      .Field("head", head.value)
      .EndObject();
  return json.Finish();
}

}  // namespace kenal::exchange
