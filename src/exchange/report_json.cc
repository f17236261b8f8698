#include "src/exchange/report_json.h"

#include "src/base/clock.h"
#include "src/exchange/fields.h"
#include "src/exchange/json_writer.h"

namespace kenal::exchange {
namespace {

void WriteList(const ListInfo& list, JsonWriter& json) {
  json.BeginObject()
      .Field("list", list.name)
      .Field("number", list.number.value)
      .Field("purpose", PurposeName(list.purpose));
  WritePolicy(list.policy, json);
  json.Field("active", list.counts.active)
      .Field("disputed", list.counts.disputed)
      .Field("withdrawn", list.counts.withdrawn)
      .Field("quarantined", list.counts.quarantined)
      .Field("created", base::FormatUtc(list.created_unix_ms))
      .Field("version", list.version.value)
      .Field("changed", base::FormatUtc(list.changed_unix_ms));
  if (!list.known_good.empty()) {
    json.Key("known_good").BeginArray();
    for (const KnownGoodFile& file : list.known_good) {
      WriteKnownGoodFile(file, json);
    }
    json.EndArray();
  }
  json.EndObject();
}

void WriteHeld(const std::vector<SignalHeld>& held, JsonWriter& json) {
  json.Key("signals").BeginArray();
  for (const SignalHeld& signal : held) {
    json.BeginObject().Field("type", SignalTypeName(signal.type));
    if (signal.type == SignalType::kPdq) {
      json.Field("view", ViewName(signal.view));
    }
    if (signal.quality) json.Field("quality", *signal.quality);
    if (signal.template_like) {
      json.Field("template_like", *signal.template_like);
    }
    if (signal.second_opinion) json.Field("second_opinion", true);
    json.EndObject();
  }
  json.EndArray();
}

void WritePicture(const std::optional<PictureInfo>& picture, JsonWriter& json) {
  if (!picture) return;
  json.Field("width", picture->width)
      .Field("height", picture->height)
      .OptionalField("format", picture->format)
      .Field("damaged", picture->damaged);
}

std::vector<SignalHeld> HeldOf(const SignalSet& signals) {
  Entry entry;
  entry.signals = signals;
  return Summarize(entry).signals;
}

void WriteResult(const EntryResult& result, JsonWriter& json) {
  json.Field("outcome", OutcomeName(result.outcome));
  if (result.id.value != 0) json.Field("entry", EntryName(result.id));
  json.OptionalField("error", result.why);
}

}  // namespace

std::string WriteListLine(const ListInfo& list) {
  JsonWriter json;
  WriteList(list, json);
  return json.Finish();
}

std::string WriteEntryLine(std::string_view list, const EntrySummary& entry) {
  JsonWriter json;
  json.BeginObject()
      .Field("list", list)
      .Field("entry", EntryName(entry.id))
      .OptionalField("source_id", entry.source_id)
      .Field("state", EntryStateName(entry.state))
      .OptionalField("state_reason", entry.state_reason)
      .OptionalField("state_reference", entry.state_reference);
  WritePicture(entry.picture, json);
  WriteHeld(entry.signals, json);
  WriteClassifications(entry.classifications, json);
  json.OptionalField("series", entry.series);
  WriteFlags(entry.flags, json);
  WriteProvenance(entry.provenance, json);
  WriteOpinions(entry.opinions, json);
  if (entry.expires_unix_ms) {
    json.Field("expires", base::FormatUtc(*entry.expires_unix_ms));
  }
  json.Field("details_bytes", entry.details_bytes);
  WriteOverruled(entry.overrules, json);
  json.OptionalField("near_action_label", entry.near_action_label)
      .Field("added_at", entry.added_at.value)
      .Field("changed_at", entry.changed_at.value)
      .EndObject();
  return json.Finish();
}

std::string WriteEntryResultLine(std::string_view list,
                                 std::string_view reference,
                                 const EntryResult& result, Sequence sequence) {
  JsonWriter json;
  json.BeginObject().Field("list", list).BytesField("reference", reference);
  WriteResult(result, json);
  json.Field("sequence", sequence.value).EndObject();
  return json.Finish();
}

std::string WriteIngestLine(const std::string& path, const SignalSet& signals,
                            const std::optional<EntryResult>& result) {
  JsonWriter json;
  json.BeginObject().BytesField("path", path);
  WritePicture(signals.picture, json);
  WriteHeld(HeldOf(signals), json);
  if (result) {
    WriteResult(*result, json);
  } else {
    json.Field("outcome", "failed");
    const SignalFailure unknown{.code = "unreadable",
                                .message = "has no signals"};
    const SignalFailure& failure = signals.pdq_failure.value_or(unknown);
    json.Field("error", failure.message).Field("error_code", failure.code);
  }
  json.EndObject();
  return json.Finish();
}

std::string WriteImportLine(std::string_view list, const ImportReport& report,
                            std::string_view unit, bool rehearsed) {
  JsonWriter json;
  json.BeginObject()
      .Field("list", list)
      .Field("dry_run", rehearsed)
      .Field("read", report.read)
      .Field("added", report.added)
      .Field("replaced", report.replaced)
      .Field("unchanged", report.unchanged)
      .Field("kept_withdrawn", report.kept_withdrawn)
      .Field("withdrawn", report.withdrawn)
      .Field("not_there", report.not_there)
      .Field("refused", report.refused)
      .Key("refusals")
      .BeginArray();
  for (const Refusal& refusal : report.refusals) {
    json.BeginObject()
        .Key(unit)
        .Unsigned(refusal.position)
        .Field("error", refusal.why)
        .EndObject();
  }
  json.EndArray().Field("sequence", report.sequence.value).EndObject();
  return json.Finish();
}

std::string WriteMergeLine(std::string_view from, std::string_view into,
                           const ImportReport& report, uint64_t there_already,
                           uint64_t not_matched, bool rehearsed) {
  JsonWriter json;
  json.BeginObject()
      .Field("list", into)
      .Field("from", from)
      .Field("dry_run", rehearsed)
      .Field("added", report.added)
      .Field("replaced", report.replaced)
      .Field("unchanged", report.unchanged + there_already)
      .Field("kept_withdrawn", report.kept_withdrawn)
      .Field("not_matched_left_out", not_matched)
      .Field("refused", report.refused)
      .Field("sequence", report.sequence.value)
      .EndObject();
  return json.Finish();
}

std::string WriteStatsLine(const StoreStats& stats) {
  JsonWriter json;
  json.BeginObject()
      .Field("store", stats.store_id)
      .Field("sequence", stats.head.value)
      .Field("pdq_rows", stats.pdq_rows)
      .Field("digest_rows", stats.digest_rows)
      .Field("index_bytes", stats.index_bytes)
      .Field("store_bytes", stats.store_bytes)
      .Field("log_sequence", stats.log_head.value)
      .Field("log_chain", stats.log_chain)
      .Key("lists")
      .BeginArray();
  for (const ListInfo& list : stats.lists) WriteList(list, json);
  json.EndArray().EndObject();
  return json.Finish();
}

std::string WriteVerifyLine(const VerifyReport& report) {
  JsonWriter json;
  json.BeginObject()
      .Field("ok", report.problems.empty())
      .Field("sequence", report.head.value)
      .Field("log_records", report.log_records)
      .Field("entries", report.entries)
      .Field("postings", report.postings)
      .Key("problems")
      .BeginArray();
  for (const std::string& problem : report.problems) json.Text(problem);
  json.EndArray().EndObject();
  return json.Finish();
}

}  // namespace kenal::exchange
