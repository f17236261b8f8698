#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "src/report/ids.h"
#include "src/report/places.h"
#include "src/report/words.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

using exchange::JsonWriter;
using findings::Content;
using findings::ContentNumber;
using findings::Exhibit;
using findings::Place;

constexpr std::string_view kContext =
    "{\"@context\":{\"kb\":\"http://example.org/kb/\","
    "\"case-investigation\":"
    "\"https://ontology.caseontology.org/case/investigation/\","
    "\"uco-action\":\"https://ontology.unifiedcyberontology.org/uco/action/\","
    "\"uco-analysis\":"
    "\"https://ontology.unifiedcyberontology.org/uco/analysis/\","
    "\"uco-configuration\":"
    "\"https://ontology.unifiedcyberontology.org/uco/configuration/\","
    "\"uco-core\":\"https://ontology.unifiedcyberontology.org/uco/core/\","
    "\"uco-identity\":"
    "\"https://ontology.unifiedcyberontology.org/uco/identity/\","
    "\"uco-observable\":"
    "\"https://ontology.unifiedcyberontology.org/uco/observable/\","
    "\"uco-tool\":\"https://ontology.unifiedcyberontology.org/uco/tool/\","
    "\"uco-types\":\"https://ontology.unifiedcyberontology.org/uco/types/\","
    "\"xsd\":\"http://www.w3.org/2001/XMLSchema#\"},\"@graph\":[\n";

void WriteRef(std::string_view key, std::string_view id, JsonWriter& json) {
  json.Key(key).BeginObject().Field("@id", id).EndObject();
}

void WriteTyped(std::string_view key, std::string_view type,
                std::string_view value, JsonWriter& json) {
  json.Key(key)
      .BeginObject()
      .Field("@type", type)
      .Field("@value", value)
      .EndObject();
}

void WriteTime(std::string_view key, std::optional<int64_t> unix_ms,
               JsonWriter& json) {
  if (const auto text = TimeText(unix_ms)) {
    WriteTyped(key, "xsd:dateTime", *text, json);
  }
}

// The graph: nodes a line each, with ids made of what they stand for.
class CaseReport {
 public:
  CaseReport(Job& job, OutputFile output)
      : findings_(job.findings),
        places_(job.places()),
        all_files_(job.options.all_files_in_case),
        output_(std::move(output)),
        case_(CaseUuid(findings_)) {}

  Status Write() {
    output_->text() += kContext;
    AddRun();
    AddPeople();
    AddTool();
    for (const Exhibit& exhibit : findings_.exhibits()) {
      AddExhibit(exhibit);
      KENAL_TRY(output_->Flush());
    }
    AddCoverage(findings_.totals(), Id("analysis", ""));
    for (uint32_t i = 0; i < findings_.exhibits().size(); ++i) {
      AddCoverage(findings_.totals_of(i),
                  Id("exhibit", findings_.exhibits()[i].id));
      KENAL_TRY(output_->Flush());
    }
    KENAL_TRY(AddFiles());
    const std::vector<ContentNumber> hits = HitContents(findings_, places_);
    for (const ContentNumber hit : hits) KENAL_TRY(AddResult(hit));
    KENAL_TRY(AddAnalysis(hits));
    output_->text() += "\n]}\n";
    return output_->Finish();
  }

 private:
  std::string Id(std::string_view what, std::string_view name) const {
    return "kb:" + std::string(what) + "-" + UuidOf({what, case_, name});
  }

  JsonWriter Begin(std::string_view id, std::string_view type) {
    JsonWriter json;
    json.BeginObject().Field("@id", id).Field("@type", type);
    return json;
  }
  void Add(JsonWriter& json) {
    if (!is_first_) output_->text() += ",\n";
    is_first_ = false;
    output_->text() += json.EndObject().Finish();
  }

  // Nothing else tells the times of the run. With it gone, what is left is
  // JSON still.
  void AddRun() {
    const findings::Run& run = findings_.run();
    JsonWriter json;
    json.BeginObject();
    WriteTyped("uco-core:startTime", "xsd:dateTime",
               base::FormatUtc(run.started_unix_ms), json);
    WriteTyped("uco-core:endTime", "xsd:dateTime",
               base::FormatUtc(run.ended_unix_ms), json);
    std::string command;
    for (const std::string& argument : run.arguments) {
      command += (command.empty() ? "" : " ") + exchange::ForDisplay(argument);
    }
    json.Field("@id", Id("analysis", ""))
        .Field("uco-core:description",
               "host " + exchange::ForDisplay(run.host) + ", " +
                   std::to_string(run.part_count) + " parts, " +
                   std::to_string(run.working_ms) + " ms at work: " + command);
    Add(json);
  }

  void AddPeople() {
    const findings::Run& run = findings_.run();
    JsonWriter person = Begin(Id("examiner", ""), "uco-identity:Person");
    person.Field("uco-core:name", run.examiner);
    Add(person);
    JsonWriter body = Begin(Id("authority", ""), "uco-identity:Organization");
    body.Field("uco-core:name", run.authority);
    Add(body);
    JsonWriter json = Begin(Id("case", ""), "case-investigation:Investigation");
    json.Field("uco-core:name", run.case_number)
        .Key("uco-core:object")
        .BeginArray();
    for (const Exhibit& exhibit : findings_.exhibits()) {
      json.BeginObject().Field("@id", Id("exhibit", exhibit.id)).EndObject();
    }
    json.EndArray();
    Add(json);
  }

  void AddTool() {
    const findings::Run& run = findings_.run();
    JsonWriter tool = Begin(Id("tool", ""), "uco-tool:AnalyticTool");
    tool.Field("uco-core:name", "kenal").Field("uco-tool:version", run.tool);
    Add(tool);
    JsonWriter json = Begin(Id("configured", ""), "uco-tool:ConfiguredTool");
    json.Field("uco-core:name", "kenal as it was used")
        .Field("uco-tool:version", run.tool);
    WriteRef("uco-configuration:isConfigurationOf", Id("tool", ""), json);
    json.Key("uco-configuration:usesConfiguration")
        .BeginObject()
        .Field("@id", Id("configuration", ""))
        .Field("@type", "uco-configuration:Configuration")
        .Key("uco-configuration:configurationEntry")
        .BeginArray();
    const auto entry = [&](std::string_view name, std::string_view value) {
      json.BeginObject()
          .Field("@id", Id("entry", name))
          .Field("@type", "uco-configuration:ConfigurationEntry")
          .Field("uco-configuration:itemName", name)
          .Field("uco-configuration:itemValue", value)
          .EndObject();
    };
    entry("effort", EffortName(run.effort));
    entry("lists from", run.lists_from);
    for (const findings::ListAsked& list : run.lists) {
      std::string value(PurposeName(list.purpose));
      value += ", version " + std::to_string(list.version.value) + ", " +
               std::to_string(list.entry_count) + " entries";
      if (list.shadow) value += ", in shadow";
      if (!list.skipped.empty()) value += ", skipped: " + list.skipped;
      entry("list " + list.list, value);
    }
    json.EndArray().EndObject();
    Add(json);
  }

  void AddExhibit(const Exhibit& exhibit) {
    const std::string id = Id("exhibit", exhibit.id);
    JsonWriter json =
        Begin(id, exhibit.kind == findings::ExhibitKind::kDiskImage
                      ? "uco-observable:Image"
                      : "uco-observable:ObservableObject");
    json.Field("uco-core:name", exhibit.id);
    if (!exhibit.problem.empty()) {
      json.Field("uco-core:description", exhibit.problem);
    }
    json.Key("uco-core:hasFacet")
        .BeginArray()
        .BeginObject()
        .Field("@id", Id("exhibit-file", exhibit.id))
        .Field("@type", "uco-observable:FileFacet")
        .Field("uco-observable:filePath", exhibit.path)
        .Field("uco-observable:sizeInBytes", exhibit.size_bytes)
        .EndObject();
    const findings::ImageDigests& digests = exhibit.computed;
    if (digests.any()) {
      BeginContentFacet("exhibit", exhibit.id, exhibit.size_bytes, json);
      if (digests.md5) WriteHash("MD5", digests.md5->ToHex(), json);
      if (digests.sha1) WriteHash("SHA1", digests.sha1->ToHex(), json);
      if (digests.sha256) WriteHash("SHA256", digests.sha256->ToHex(), json);
      json.EndArray().EndObject();
    }
    json.EndArray();
    Add(json);
  }

  // Leaves the array of hashes open.
  void BeginContentFacet(std::string_view what, std::string_view name,
                         uint64_t size_bytes, JsonWriter& json) {
    facet_ = std::string(what) + "/" + std::string(name);
    json.BeginObject()
        .Field("@id", Id("content", facet_))
        .Field("@type", "uco-observable:ContentDataFacet")
        .Field("uco-observable:sizeInBytes", size_bytes)
        .Key("uco-observable:hash")
        .BeginArray();
  }
  void WriteHash(std::string_view method, std::string_view hex,
                 JsonWriter& json) {
    json.BeginObject()
        .Field("@id", Id(method, facet_))
        .Field("@type", "uco-types:Hash")
        .Field("uco-types:hashMethod", method);
    WriteTyped("uco-types:hashValue", "xsd:hexBinary", hex, json);
    json.EndObject();
  }

  void AddCoverage(const findings::Totals& totals, const std::string& about) {
    const auto add = [&](const std::string& name,
                         const findings::Amount& amount) {
      JsonWriter json =
          Begin(Id("coverage", about + "/" + name), "uco-core:Annotation");
      json.Field("uco-core:statement",
                 name + ": " + std::to_string(amount.places) + " places, " +
                     std::to_string(amount.bytes) + " bytes");
      WriteRef("uco-core:object", about, json);
      Add(json);
    };
    for (const auto& [key, amount] : totals.coverage) {
      add("coverage, " + std::string(CoverageName(key.first)) + ", " +
              key.second,
          amount);
    }
    add("coverage, all", totals.all);
    add("hit contents " + std::to_string(totals.hit_contents) + ", hit places",
        {totals.hit_places, 0});
  }

  Status AddFiles() {
    return ForEachPlace(
        findings_, [&](const Place& place, const Content* content) -> Status {
          const bool is_hit = content != nullptr && content->is_hit();
          if (!is_hit && !all_files_) return OkStatus();
          AddFile(place, content);
          return output_->Flush();
        });
  }

  std::string FileId(const std::string& uuid) const {
    return "kb:file-" + uuid;
  }

  void AddFile(const Place& place, const Content* content) {
    const Exhibit& exhibit = findings_.exhibits()[place.exhibit];
    const std::string uuid = PlaceUuid(case_, exhibit, place);
    JsonWriter json = Begin(FileId(uuid), "uco-observable:File");
    json.Field("uco-core:description",
               std::string(CoverageName(place.coverage)) + ", " + place.reason)
        .Key("uco-core:hasFacet")
        .BeginArray()
        .BeginObject()
        .Field("@id", "kb:path-" + uuid)
        .Field("@type", "uco-observable:FileFacet")
        .Field("uco-observable:fileName",
               place.path.back().substr(place.path.back().rfind('/') + 1))
        .Field("uco-observable:filePath", PathText(place))
        .Field("uco-observable:sizeInBytes", place.size_bytes);
    if (place.deleted) {
      json.Field("uco-observable:allocationStatus", "unallocated");
    }
    WriteTime("uco-observable:observableCreatedTime", place.created_unix_ms,
              json);
    WriteTime("uco-observable:modifiedTime", place.modified_unix_ms, json);
    WriteTime("uco-observable:accessedTime", place.accessed_unix_ms, json);
    json.EndObject();
    if (content != nullptr) {
      BeginContentFacet("file", uuid, content->size_bytes, json);
      WriteHash("MD5", content->md5.ToHex(), json);
      WriteHash("SHA1", content->sha1.ToHex(), json);
      WriteHash("SHA256", content->sha256.ToHex(), json);
      json.EndArray().EndObject();
    }
    json.EndArray();
    Add(json);
    AddRelation(FileId(uuid), Id("exhibit", exhibit.id), "Contained_Within");
  }

  void AddRelation(const std::string& source, const std::string& target,
                   std::string_view kind) {
    JsonWriter json = Begin(Id("relation", source + "/" + target),
                            "uco-observable:ObservableRelationship");
    WriteRef("uco-core:source", source, json);
    WriteRef("uco-core:target", target, json);
    json.Field("uco-core:kindOfRelationship", kind)
        .Field("uco-core:isDirectional", true);
    Add(json);
  }

  std::string ResultId(const Content& content) const {
    return Id("result", content.sha256.ToHex());
  }

  // One a content: what the lists say of it. A distance is no confidence, so
  // none is made up.
  Status AddResult(ContentNumber hit) {
    KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(hit));
    const std::string id = ResultId(content);
    JsonWriter json = Begin(id, "uco-analysis:AnalyticResult");
    json.Field("uco-core:description",
               std::string(VerdictName(content.verdict)) + ": " +
                   std::string(VerdictWords(content.verdict)))
        .Key("uco-core:hasFacet")
        .BeginArray()
        .BeginObject()
        .Field("@id", Id("classified", id))
        .Field("@type", "uco-analysis:ArtifactClassificationResultFacet")
        .Key("uco-analysis:classification")
        .BeginArray();
    for (size_t i = 0; i < content.matches.size(); ++i) {
      WriteMatch(content.matches[i], id + "/" + std::to_string(i), json);
    }
    json.EndArray().EndObject().EndArray();
    Add(json);
    for (const uint32_t i : places_.of(hit)) {
      KENAL_TRY_ASSIGN(const Place place, findings_.ReadPlace(i));
      AddRelation(id, FileId(UuidAt(place)), "Related_To");
      KENAL_TRY(output_->Flush());
    }
    return output_->Flush();
  }

  void WriteMatch(const Match& match, const std::string& name,
                  JsonWriter& json) {
    std::string text = match.list + ", by " +
                       std::string(SignalTypeName(match.signal)) + ", " +
                       std::string(TierName(match.tier));
    if (match.signal == SignalType::kPdq && match.distance) {
      text += ", distance " + std::to_string(*match.distance) + " of 256";
    }
    json.BeginObject()
        .Field("@id", Id("classification", name))
        .Field("@type", "uco-analysis:ArtifactClassification")
        .Field("uco-core:description", text)
        .Key("uco-analysis:class")
        .BeginArray()
        .Text("list:" + match.list);
    for (const Classification& each : match.classifications) {
      json.Text(each.scheme + ":" + each.raw_value);
    }
    json.EndArray().EndObject();
  }

  std::string UuidAt(const Place& place) const {
    return PlaceUuid(case_, findings_.exhibits()[place.exhibit], place);
  }

  // Written by hand, since it names every result.
  Status AddAnalysis(const std::vector<ContentNumber>& hits) {
    JsonWriter json = Begin(Id("analysis", ""), "uco-analysis:Analysis");
    WriteRef("uco-action:performer", Id("examiner", ""), json);
    WriteRef("uco-action:instrument", Id("configured", ""), json);
    WriteRef("uco-action:participant", Id("authority", ""), json);
    json.Field("uco-core:name",
               std::string(EndingWords(findings_.run().ending)));
    if (findings_.run().sample) {
      json.Field("uco-core:statement", SampleWords(*findings_.run().sample));
    }
    json.Key("uco-action:object").BeginArray();
    for (const Exhibit& exhibit : findings_.exhibits()) {
      json.BeginObject().Field("@id", Id("exhibit", exhibit.id)).EndObject();
    }
    json.EndArray();
    Add(json);
    std::string& out = output_->text();
    out.pop_back();  // of the object, which goes on
    out += ",\"uco-action:result\":[";
    for (size_t i = 0; i < hits.size(); ++i) {
      KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(hits[i]));
      if (i > 0) out += ',';
      out += "{\"@id\":\"" + ResultId(content) + "\"}";
      KENAL_TRY(output_->Flush());
    }
    out += "]}";
    return OkStatus();
  }

  findings::Findings& findings_;
  const ContentPlaces& places_;
  const bool all_files_;
  OutputFile output_;
  const std::string case_;
  std::string facet_;
  bool is_first_ = true;
};

}  // namespace

Status WriteCase(Job& job, OutputFile output) {
  return CaseReport(job, std::move(output)).Write();
}

}  // namespace kenal::report
