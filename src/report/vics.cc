#include "src/formats/vics.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "src/formats/value_text.h"
#include "src/report/ids.h"
#include "src/report/places.h"
#include "src/report/words.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

using exchange::JsonWriter;
using findings::Content;
using findings::ContentNumber;
using findings::Place;
using formats::Extra;
using formats::Item;
using formats::Record;

// One media names so many files at most; a content at more places is told by
// several media. Readers, ours too, hold one media in memory.
constexpr size_t kFilesMax = 1000;
constexpr size_t kFileBytesMax = 512 << 10;

bool SpeaksOfTheseBytes(const Match& match, Verdict verdict) {
  const Purpose purpose =
      verdict == Verdict::kTest ? Purpose::kTest : Purpose::kChildAbuse;
  return match.purpose == purpose && match.signal != SignalType::kPdq &&
         !match.shadow;
}

// The category that a list gave these very bytes. A near match has none: the
// list spoke of another file.
const Classification* CategoryOf(const Content& content, const Match*& from) {
  for (const Match& match : content.matches) {
    if (!SpeaksOfTheseBytes(match, content.verdict)) continue;
    for (const Classification& each : match.classifications) {
      if (each.scheme != formats::kVicsFamily &&
          !each.scheme.starts_with("vics-")) {
        continue;
      }
      from = &match;
      return &each;
    }
  }
  return nullptr;
}

std::string CommentOf(const Content& content) {
  constexpr size_t kMatchesToldMax = 10;
  std::string text(VerdictName(content.verdict));
  for (size_t i = 0; i < content.matches.size(); ++i) {
    if (i == kMatchesToldMax) return text + "; ...";
    const Match& match = content.matches[i];
    text += i == 0 ? ": " : "; ";
    text += exchange::ToUtf8(match.list) + " by " +
            std::string(SignalTypeName(match.signal));
    if (match.signal == SignalType::kPdq && match.distance) {
      text += " at distance " + std::to_string(*match.distance) + " of 256 (" +
              std::string(TierName(match.tier)) + ")";
    }
    for (const Classification& each : match.classifications) {
      text += ", " + exchange::ToUtf8(each.scheme) + "=" +
              exchange::ToUtf8(each.raw_value);
    }
  }
  return text;
}

// "EXH1/DCIM" and "kite.jpg"; containers are folders on the way.
formats::FileName NameOf(std::span<const std::string> parts,
                         const std::string& exhibit) {
  std::string path = exhibit;
  for (const std::string& part : parts) path += "/" + part;
  const size_t slash = path.rfind('/');
  return {.name = exchange::ToUtf8(path.substr(slash + 1)),
          .folder = exchange::ToUtf8(path.substr(0, slash))};
}

class VicsReport {
 public:
  VicsReport(Job& job, std::string version)
      : findings_(job.findings),
        places_(job.places()),
        include_pdq_(job.options.include_pdq),
        version_(std::move(version)) {}

  Status Write(OutputFile output) {
    const std::vector<ContentNumber> hits = HitContents(findings_, places_);
    KENAL_TRY_ASSIGN(const formats::Heading heading, MakeHeading(hits));
    KENAL_TRY_ASSIGN(dialect_, formats::VicsDialectOf(heading));
    dialect_.cases = true;
    KENAL_TRY_ASSIGN(writer_,
                     formats::MakeVicsWriter(std::move(output), heading));
    KENAL_TRY(WriteCase());
    for (const ContentNumber hit : hits) KENAL_TRY(WriteHit(hit));
    KENAL_TRY(WriteField("TotalPrecategorized", std::to_string(categorized_)));
    return writer_->Finish();
  }

 private:
  // Version 2.0 names one region. Numbers mean other things in each, so it is
  // that of the categories when they are all of one.
  StatusOr<formats::Heading> MakeHeading(
      const std::vector<ContentNumber>& hits) {
    formats::Heading heading{.version = version_, .has_groups = true};
    if (version_ != "2.0") return heading;
    std::set<std::string> regions;
    for (const ContentNumber hit : hits) {
      KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(hit));
      const Match* from = nullptr;
      const Classification* category = CategoryOf(content, from);
      if (category == nullptr || category->scheme == formats::kVicsFamily) {
        continue;
      }
      regions.insert(category->scheme.substr(sizeof "vics-" - 1));
    }
    if (regions.size() != 1) return heading;
    heading.region = formats::Upper(*regions.begin());
    // A list may call its scheme as it likes; regions are few.
    if (!formats::VicsDialectOf(heading).ok()) heading.region.clear();
    return heading;
  }

  Status WriteField(std::string_view name, std::string value,
                    Extra::Kind kind = Extra::Kind::kJson) {
    Item item{.kind = Item::Kind::kField};
    item.field = {.group = 1, .extra = {std::string(name), value, kind}};
    return writer_->Write(item);
  }
  Status WriteText(std::string_view name, std::string_view bytes) {
    return WriteField(name, exchange::ToUtf8(bytes), Extra::Kind::kText);
  }

  Status WriteCase() {
    const findings::Run& run = findings_.run();
    Item group{.kind = Item::Kind::kGroup};
    group.field.group = 1;
    KENAL_TRY(writer_->Write(group));
    const std::string uuid = CaseUuid(findings_);
    KENAL_TRY(WriteText("CaseID", uuid));
    KENAL_TRY(WriteText("CaseNumber", run.case_number));
    KENAL_TRY(WriteText("ContactOrganization", run.authority));
    KENAL_TRY(WriteText("ContactName", run.examiner));
    KENAL_TRY(WriteText("SourceApplicationName", "kenal"));
    KENAL_TRY(WriteText("SourceApplicationVersion", run.tool));
    KENAL_TRY(WriteField("TotalMediaFiles",
                         std::to_string(findings_.totals().hit_places)));
    return WriteField("CaseMetadata", Metadata(uuid));
  }

  // The outcome and the coverage table.
  std::string Metadata(const std::string& uuid) const {
    JsonWriter json;
    json.BeginArray();
    const auto property = [&](std::string_view name, std::string_view value) {
      json.BeginObject()
          .Field("CaseID", uuid)
          .Field("PropertyName", name)
          .Field("PropertyValue", value)
          .EndObject();
    };
    const findings::Totals& totals = findings_.totals();
    property("ending", EndingName(findings_.run().ending));
    if (findings_.run().sample) {
      property("sample", SampleWords(*findings_.run().sample));
    }
    property("hit contents", std::to_string(totals.hit_contents));
    property("places", AmountText(totals.all));
    for (const auto& [key, amount] : totals.coverage) {
      property("coverage: " + std::string(CoverageName(key.first)) + ", " +
                   key.second,
               AmountText(amount));
    }
    json.EndArray();
    return json.Finish();
  }

  static std::string AmountText(const findings::Amount& amount) {
    return std::to_string(amount.places) + " places, " +
           std::to_string(amount.bytes) + " bytes";
  }

  Status WriteHit(ContentNumber hit) {
    KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(hit));
    const std::span<const uint32_t> places = places_.of(hit);
    size_t next = 0;
    while (next < places.size()) {
      Item item{.kind = Item::Kind::kRecord};
      item.record = MakeRecord(content);
      KENAL_TRY(AddFiles(content, places, next, item.record));
      if (FlagOf(item.record, "precategorized")) ++categorized_;
      KENAL_TRY(writer_->Write(item));
    }
    return OkStatus();
  }

  Record MakeRecord(const Content& content) {
    Record record;
    record.family = formats::kVicsFamily;
    record.group = 1;
    record.file_id = std::to_string(++media_);
    record.signals.md5 = content.md5;
    record.signals.sha1 = content.sha1;
    record.signals.sha256 = content.sha256;
    if (include_pdq_ && content.pdq) {
      record.signals.pdq.push_back(
          {.hash = *content.pdq, .quality = content.quality});
    }
    record.size_bytes = content.size_bytes;
    if (content.picture) {
      record.mime_type = exchange::ToUtf8("image/" + content.picture->format);
      record.kind = formats::MediaKind::kImage;
    }
    record.comment = CommentOf(content);
    const Match* from = nullptr;
    const Classification* category = CategoryOf(content, from);
    const bool fits = category != nullptr && Fits(category->scheme);
    if (fits) {
      record.classifications.push_back(
          {category->scheme, exchange::ToUtf8(category->raw_value)});
      record.source = exchange::ToUtf8(from->list);
      SetFlag("precategorized", true, record);
    } else {
      record.extra.push_back({"Category", "null", Extra::Kind::kJson});
    }
    return record;
  }

  bool Fits(std::string_view scheme) const {
    return scheme == dialect_.scheme() || scheme == formats::kVicsFamily ||
           dialect_.scheme() == formats::kVicsFamily;
  }

  Status AddFiles(const Content& content, std::span<const uint32_t> places,
                  size_t& next, Record& record) {
    JsonWriter json;
    json.BeginArray();
    size_t bytes = 0;
    const size_t first = next;
    while (next < places.size() && next - first < kFilesMax &&
           bytes < kFileBytesMax) {
      KENAL_TRY_ASSIGN(const Place place, findings_.ReadPlace(places[next]));
      const std::string& exhibit = findings_.exhibits()[place.exhibit].id;
      const formats::FileName name = NameOf(place.path, exhibit);
      json.BeginObject()
          .Field("MD5", formats::Upper(content.md5.ToHex()))
          .Field("FileName", name.name)
          .Field("FilePath", name.folder);
      const auto time = [&](std::string_view key, std::optional<int64_t> at) {
        if (const auto text = TimeText(at)) json.Field(key, *text);
      };
      time("Created", place.created_unix_ms);
      time("Written", place.modified_unix_ms);
      time("Accessed", place.accessed_unix_ms);
      if (place.is_member()) {
        const formats::FileName parent =
            NameOf(std::span(place.path).first(place.path.size() - 1), exhibit);
        json.Field("ParentFileName", parent.name)
            .Field("ParentFilePath", parent.folder);
      }
      json.Field("Deleted", place.deleted)
          .Field("SourceID", exhibit)
          .EndObject();
      bytes += name.name.size() + name.folder.size();
      record.files.push_back(name);
      ++next;
    }
    json.EndArray();
    record.extra.push_back({"MediaFiles", json.Finish(), Extra::Kind::kJson});
    return OkStatus();
  }

  findings::Findings& findings_;
  const ContentPlaces& places_;
  const bool include_pdq_;
  const std::string version_;
  formats::VicsDialect dialect_;
  std::unique_ptr<formats::Writer> writer_;
  uint64_t media_ = 0;
  uint64_t categorized_ = 0;
};

}  // namespace

Status WriteVics13(Job& job, OutputFile output) {
  return VicsReport(job, "1.3").Write(std::move(output));
}

Status WriteVics20(Job& job, OutputFile output) {
  return VicsReport(job, "2.0").Write(std::move(output));
}

}  // namespace kenal::report
