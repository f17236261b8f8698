#include <algorithm>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/exchange/answer_json.h"
#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "src/report/places.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

using exchange::JsonWriter;
using findings::Content;
using findings::Exhibit;
using findings::ImageDigests;
using findings::Place;
using findings::Run;
using findings::Totals;

JsonWriter Begin(std::string_view type) {
  JsonWriter json;
  json.BeginObject().Field("type", type);
  return json;
}

std::string End(JsonWriter& json) { return json.EndObject().Finish() + '\n'; }

// The one line that may differ between runs that found the same.
std::string RunLine(const Run& run) {
  JsonWriter json = Begin("run");
  json.Field("format", 1)
      .BytesField("case", run.case_number)
      .BytesField("authority", run.authority)
      .BytesField("examiner", run.examiner)
      .BytesField("tool", run.tool)
      .BytesField("host", run.host)
      .Key("arguments")
      .BeginArray();
  for (const std::string& argument : run.arguments) json.Text(argument);
  json.EndArray();
  if (!std::ranges::all_of(run.arguments, exchange::IsUtf8)) {
    json.Key("arguments_base64").BeginArray();
    for (const std::string& argument : run.arguments) {
      json.Text(exchange::ToBase64(argument));
    }
    json.EndArray();
  }
  json.Field("started", base::FormatUtc(run.started_unix_ms))
      .Field("started_unix_ms", run.started_unix_ms)
      .Field("ended", base::FormatUtc(run.ended_unix_ms))
      .Field("ended_unix_ms", run.ended_unix_ms)
      .Field("working_ms", run.working_ms)
      .Field("part_count", run.part_count);
  return End(json);
}

std::string OutcomeLine(const Run& run) {
  JsonWriter json = Begin("outcome");
  json.BytesField("case", run.case_number)
      .Field("ending", EndingName(run.ending))
      .Field("lists_from", run.lists_from)
      .Field("sequence", run.sequence.value)
      .Field("effort", EffortName(run.effort));
  if (run.sample) {
    json.Key("sample")
        .BeginObject()
        .Key("confidence")
        .Real(run.sample->confidence)
        .Field("material_bytes", run.sample->material_bytes)
        .Field("population_bytes", run.sample->population_bytes)
        .Field("draws", run.sample->draws)
        .Field("seed", std::to_string(run.sample->seed))
        .EndObject();
  }
  return End(json);
}

std::string ListLine(const findings::ListAsked& list) {
  JsonWriter json = Begin("list");
  json.BytesField("list", list.list)
      .Field("purpose", PurposeName(list.purpose))
      .Field("version", list.version.value)
      .Field("entry_count", list.entry_count)
      .Field("shadow", list.shadow)
      .OptionalField("skipped", list.skipped);
  return End(json);
}

void WriteDigests(std::string_view key, const ImageDigests& digests,
                  JsonWriter& json) {
  if (!digests.any()) return;
  json.Key(key).BeginObject();
  if (digests.md5) json.Field("md5", digests.md5->ToHex());
  if (digests.sha1) json.Field("sha1", digests.sha1->ToHex());
  if (digests.sha256) json.Field("sha256", digests.sha256->ToHex());
  json.EndObject();
}

std::string ExhibitLine(const Exhibit& exhibit) {
  JsonWriter json = Begin("exhibit");
  json.BytesField("exhibit", exhibit.id)
      .BytesField("path", exhibit.path)
      .Field("kind", ExhibitKindName(exhibit.kind))
      .OptionalField("format", exhibit.format)
      .Field("size_bytes", exhibit.size_bytes);
  WriteDigests("computed", exhibit.computed, json);
  WriteDigests("stored", exhibit.stored, json);
  if (const auto hold = exhibit.stored_digests_hold()) {
    json.Field("stored_digests_hold", *hold);
  }
  json.Key("volumes").BeginArray();
  for (const findings::Volume& volume : exhibit.volumes) {
    json.BeginObject()
        .Field("number", volume.number)
        .Field("offset_bytes", volume.offset_bytes)
        .Field("size_bytes", volume.size_bytes)
        .OptionalField("file_system", volume.file_system)
        .OptionalField("problem", volume.problem)
        .EndObject();
  }
  json.EndArray().OptionalField("problem", exhibit.problem);
  return End(json);
}

void WriteAmount(const findings::Amount& amount, JsonWriter& json) {
  json.Field("places", amount.places).Field("bytes", amount.bytes);
}

// `exhibit` is null for the whole run.
std::string TotalsLine(const Totals& totals, const Exhibit* exhibit) {
  JsonWriter json = Begin("totals");
  if (exhibit != nullptr) json.BytesField("exhibit", exhibit->id);
  WriteAmount(totals.all, json);
  json.Field("hit_places", totals.hit_places)
      .Field("hit_contents", totals.hit_contents)
      .Field("contents", totals.contents)
      .Field("pictures", totals.pictures)
      .Field("flat", totals.flat)
      .Field("deleted", totals.deleted)
      .Field("thumbnails", totals.thumbnails)
      .Key("verdicts")
      .BeginObject();
  for (const auto& [verdict, amount] : totals.verdicts) {
    json.Key(VerdictName(verdict)).BeginObject();
    WriteAmount(amount, json);
    json.EndObject();
  }
  json.EndObject().Key("lists").BeginArray();
  for (const auto& [list, of_list] : totals.lists) {
    json.BeginObject()
        .BytesField("list", list)
        .Field("places", of_list.places)
        .Field("contents", of_list.contents)
        .EndObject();
  }
  json.EndArray();
  return End(json);
}

void AppendCoverageLines(const Totals& totals, const Exhibit* exhibit,
                         std::string& out) {
  for (const auto& [key, amount] : totals.coverage) {
    JsonWriter json = Begin("coverage");
    if (exhibit != nullptr) json.BytesField("exhibit", exhibit->id);
    json.Field("coverage", CoverageName(key.first)).Field("reason", key.second);
    WriteAmount(amount, json);
    out += End(json);
  }
}

void WriteTime(std::string_view key, std::optional<int64_t> unix_ms,
               JsonWriter& json) {
  if (!unix_ms) return;
  if (const auto text = TimeText(unix_ms)) json.Field(key, *text);
  json.Field(std::string(key) + "_unix_ms", *unix_ms);
}

void WritePath(const Place& place, JsonWriter& json) {
  json.BytesField("path", PathText(place));
  if (!place.is_member()) return;
  json.Key("parts").BeginArray();
  for (const std::string& part : place.path) json.Text(part);
  json.EndArray();
  if (std::ranges::all_of(place.path, exchange::IsUtf8)) return;
  json.Key("parts_base64").BeginArray();
  for (const std::string& part : place.path) {
    json.Text(exchange::ToBase64(part));
  }
  json.EndArray();
}

void WritePicture(const Content& content, bool include_pdq, JsonWriter& json) {
  if (content.picture) {
    json.Key("picture")
        .BeginObject()
        .Field("format", content.picture->format)
        .Field("width", content.picture->width)
        .Field("height", content.picture->height)
        .Field("damaged", content.picture->damaged)
        .EndObject();
  }
  if (content.quality) json.Field("quality", *content.quality);
  if (content.template_like) json.Field("template_like", true);
  if (include_pdq && content.pdq) json.Field("pdq", content.pdq->ToHex());
  if (content.pdq_failure) {
    json.Key("pdq_failure")
        .BeginObject()
        .BytesField("code", content.pdq_failure->code)
        .BytesField("message", content.pdq_failure->message)
        .EndObject();
  }
  json.OptionalField("camera", content.camera);
}

void WriteContent(const Content& content, bool include_pdq, JsonWriter& json) {
  json.Field("md5", content.md5.ToHex())
      .Field("sha1", content.sha1.ToHex())
      .Field("sha256", content.sha256.ToHex())
      .OptionalField("kind", content.kind);
  WritePicture(content, include_pdq, json);
  json.Field("verdict", VerdictName(content.verdict));
  if (content.tier) json.Field("tier", TierName(*content.tier));
  json.OptionalField("action_label", content.action_label)
      .Field("match_count", content.match_count)
      .Key("matches")
      .BeginArray();
  for (const Match& match : content.matches) exchange::WriteMatch(match, json);
  json.EndArray();
  exchange::WriteKnownGood("known_good", content.known_good, json);
}

std::string PlaceLine(const Place& place, const Content* content,
                      const Exhibit& exhibit, bool include_pdq) {
  JsonWriter json = Begin("place");
  json.BytesField("exhibit", exhibit.id);
  WritePath(place, json);
  if (place.address != 0) json.Field("address", place.address);
  if (place.deleted) json.Field("deleted", true);
  json.OptionalField("thumbnail", ThumbnailName(place.thumbnail))
      .Field("size_bytes", place.size_bytes);
  WriteTime("modified", place.modified_unix_ms, json);
  WriteTime("created", place.created_unix_ms, json);
  WriteTime("accessed", place.accessed_unix_ms, json);
  json.Field("coverage", CoverageName(place.coverage))
      .Field("reason", place.reason)
      .OptionalField("message", place.message);
  if (content != nullptr) WriteContent(*content, include_pdq, json);
  return End(json);
}

}  // namespace

Status WriteJsonLines(Job& job, OutputFile output) {
  findings::Findings& findings = job.findings;
  std::string& out = output->text();
  out += RunLine(findings.run());
  out += OutcomeLine(findings.run());
  for (const auto& list : findings.run().lists) out += ListLine(list);
  for (const Exhibit& exhibit : findings.exhibits()) {
    out += ExhibitLine(exhibit);
    KENAL_TRY(output->Flush());
  }
  out += TotalsLine(findings.totals(), nullptr);
  AppendCoverageLines(findings.totals(), nullptr, out);
  for (uint32_t i = 0; i < findings.exhibits().size(); ++i) {
    const Exhibit& exhibit = findings.exhibits()[i];
    out += TotalsLine(findings.totals_of(i), &exhibit);
    AppendCoverageLines(findings.totals_of(i), &exhibit, out);
    KENAL_TRY(output->Flush());
  }
  KENAL_TRY(ForEachPlace(
      findings, [&](const Place& place, const Content* content) -> Status {
        out += PlaceLine(place, content, findings.exhibits()[place.exhibit],
                         job.options.include_pdq);
        return output->Flush();
      }));
  return output->Finish();
}

}  // namespace kenal::report
