#include <set>
#include <string>

#include "src/exchange/text.h"
#include "src/report/csv_row.h"
#include "src/report/places.h"
#include "src/report/writers.h"

namespace kenal::report {
namespace {

using findings::Content;
using findings::Place;

constexpr std::string_view kHeader =
    "exhibit,path,path_bytes,address,deleted,thumbnail,size_bytes,modified,"
    "created,accessed,coverage,reason,message,md5,sha1,sha256,kind,width,"
    "height,quality,verdict,tier,action_label,match_count,distance,lists,"
    "signals,source_ids,classifications,series,known_good";
constexpr size_t kContentCells = 18;

// The values of all matches, each once, in the order of the matches.
class Values {
 public:
  void Add(std::string_view value) {
    if (value.empty() || !seen_.insert(std::string(value)).second) return;
    if (!text_.empty()) text_ += "; ";
    text_ += value;
  }
  const std::string& text() const { return text_; }

 private:
  std::set<std::string> seen_;
  std::string text_;
};

std::string NumberText(std::optional<int> number) {
  return number ? std::to_string(*number) : std::string();
}

void AddPlace(const Place& place, const std::string& exhibit, CsvRow& row) {
  const std::string path = PathText(place);
  row.Text(exhibit).Text(path);
  // What the cell before could not tell as it is; base64 may begin with "+".
  row.Text(CsvRow::TellsAsIs(path) ? "" : "base64:" + exchange::ToBase64(path));
  row.Number(place.address)
      .Text(place.deleted ? "yes" : "no")
      .Text(ThumbnailName(place.thumbnail))
      .Number(place.size_bytes)
      .Text(TimeText(place.modified_unix_ms).value_or(""))
      .Text(TimeText(place.created_unix_ms).value_or(""))
      .Text(TimeText(place.accessed_unix_ms).value_or(""))
      .Text(CoverageName(place.coverage))
      .Text(place.reason)
      .Text(place.message);
}

void AddMatches(const Content& content, CsvRow& row) {
  Values lists, signals, source_ids, classifications, series;
  for (const Match& match : content.matches) {
    lists.Add(match.list);
    signals.Add(SignalTypeName(match.signal));
    source_ids.Add(match.source_id);
    for (const Classification& each : match.classifications) {
      classifications.Add(each.scheme + "=" + each.raw_value);
    }
    series.Add(match.series);
  }
  row.Number(content.match_count)
      .Text(NumberText(DistanceOf(content)))
      .Text(lists.text())
      .Text(signals.text())
      .Text(source_ids.text())
      .Text(classifications.text())
      .Text(series.text());
}

void AddContent(const Content& content, CsvRow& row) {
  row.Text(content.md5.ToHex())
      .Text(content.sha1.ToHex())
      .Text(content.sha256.ToHex())
      .Text(content.kind)
      .Text(content.picture ? std::to_string(content.picture->width) : "")
      .Text(content.picture ? std::to_string(content.picture->height) : "")
      .Text(NumberText(content.quality))
      .Text(VerdictName(content.verdict))
      .Text(content.tier ? TierName(*content.tier) : "")
      .Text(content.action_label);
  AddMatches(content, row);
  Values known;
  for (const KnownGood& each : content.known_good) known.Add(each.list);
  row.Text(known.text());
}

}  // namespace

Status WriteCsv(Job& job, OutputFile output) {
  findings::Findings& findings = job.findings;
  std::string& out = output->text();
  out += std::string(kHeader) + "\r\n";
  KENAL_TRY(ForEachPlace(
      findings, [&](const Place& place, const Content* content) -> Status {
        CsvRow row(out);
        AddPlace(place, findings.exhibits()[place.exhibit].id, row);
        if (content != nullptr) {
          AddContent(*content, row);
        } else {
          for (size_t i = 0; i < kContentCells; ++i) row.Text("");
        }
        row.End();
        return output->Flush();
      }));
  return output->Finish();
}

}  // namespace kenal::report
