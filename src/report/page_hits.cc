#include <algorithm>
#include <set>
#include <unordered_map>

#include "src/exchange/fields.h"
#include "src/report/page.h"
#include "src/report/page_text.h"
#include "src/report/words.h"

namespace kenal::report {
namespace {

using findings::Content;
using findings::ContentNumber;
using findings::Place;

constexpr std::string_view kTable =
    R"(<section id="hits"><h2>Hits</h2>
<form id="filter" class="filter" autocomplete="off">
<label>Search <input type="search" name="text"
 placeholder="path, digest, series, class"></label>
<label>Exhibit <select name="exhibit"><option value="">all</option></select>
</label>
<label>List <select name="list"><option value="">all</option></select></label>
<label>Verdict <select name="verdict"><option value="">all</option></select>
</label>
<label>Distance <span class="pair"><input type="number" name="least" min="0"
 max="256" placeholder="from" aria-label="Distance from"><input type="number"
 name="most" min="0" max="256" placeholder="to" aria-label="Distance to">
</span></label>
<label>Found <select name="found"><option value="">anywhere</option>
<option value="1">deleted</option><option value="2">thumbnail</option>
<option value="4">in a container</option></select></label>
<button type="reset">Show all</button>
</form>
<p id="count" role="status" aria-live="polite"></p>
<div class="scroll"><table id="table"><thead><tr></tr></thead>
<tbody></tbody></table></div>
<div id="pages" class="pages"></div>
<noscript><p class="problem">This table needs JavaScript, which is off. The
same hits are in report.csv.</p></noscript>
)";

// Writes the hits as JSON: places in the order of reports, and each of their
// contents once, by its first place. Contents wait on disk for the places.
class HitData {
 public:
  HitData(Job& job, formats::Output& output, formats::Spool& contents)
      : findings_(job.findings),
        most_(job.options.page_hits_max),
        output_(output),
        places_(output.text()),
        spool_(contents),
        contents_(contents.text()) {}

  Status Write() {
    places_ += "<script type=\"application/json\" id=\"data\">{\"places\":[";
    for (size_t i = 0; i < findings_.place_count(); ++i) {
      const auto number = findings_.content_of(i);
      if (!number || !IsHit(findings_.contents()[*number].verdict)) continue;
      if (shown_ == most_ || bytes_ > kPageHitBytesMax) break;
      const size_t begin = places_.size() + contents_.size();
      KENAL_TRY(AddHit(i, *number));
      bytes_ += places_.size() + contents_.size() - begin;
      KENAL_TRY(output_.Flush());
      KENAL_TRY(spool_.Flush());
    }
    places_ += "],\n\"contents\":[";
    KENAL_TRY(spool_.MoveTo(output_));
    places_ += "],\n\"exhibits\":[";
    for (size_t i = 0; i < findings_.exhibits().size(); ++i) {
      if (i > 0) places_ += ',';
      AppendScriptText(findings_.exhibits()[i].id, places_);
    }
    places_ += "]}</script>\n";
    return OkStatus();
  }

  uint64_t shown() const { return shown_; }

 private:
  Status AddHit(size_t i, ContentNumber number) {
    const auto [at, is_first] = at_.try_emplace(number, at_.size());
    if (is_first) {
      KENAL_TRY_ASSIGN(const Content content, findings_.ReadContent(number));
      contents_ += at->second == 0 ? "\n" : ",\n";
      AddContent(content);
    }
    KENAL_TRY_ASSIGN(const Place place, findings_.ReadPlace(i));
    places_ += shown_++ == 0 ? "\n[" : ",\n[";
    places_ += std::to_string(at->second) + ",";
    AddPlace(place);
    places_ += ']';
    return OkStatus();
  }

  void AddPlace(const Place& place) {
    const int found = (place.deleted ? 1 : 0) |
                      (place.thumbnail != findings::Thumbnail::kNone ? 2 : 0) |
                      (place.is_member() ? 4 : 0);
    places_ += std::to_string(place.exhibit) + ",";
    AppendScriptText(PathText(place), places_);
    places_ += "," + std::to_string(found) + "," +
               std::to_string(place.size_bytes) + ",";
    AppendScriptText(TimeText(place.modified_unix_ms).value_or(""), places_);
  }

  void Text(std::string_view text) {
    AppendScriptText(text, contents_);
    contents_ += ',';
  }
  void Distance(std::optional<int> distance) {
    contents_ += distance ? std::to_string(*distance) : "null";
    contents_ += ',';
  }

  static std::string Classes(const Match& match) {
    std::string text;
    for (const Classification& each : match.classifications) {
      if (!text.empty()) text += ", ";
      text += each.scheme + "=" + each.raw_value;
    }
    return text;
  }

  void AddContent(const Content& content) {
    contents_ += '[';
    Text(VerdictName(content.verdict));
    Text(content.tier ? TierName(*content.tier) : "");
    Distance(DistanceOf(content));
    Text(content.sha256.ToHex());
    Text(content.md5.ToHex());
    Text(content.kind);
    Text(content.action_label);
    contents_ += std::to_string(content.match_count) + ",[";
    const size_t told = std::min(content.matches.size(), kPageMatchesMax);
    for (size_t i = 0; i < told; ++i) {
      if (i > 0) contents_ += ',';
      AddMatch(content.matches[i]);
    }
    // Lists of all matches, so that filtering by list misses none.
    contents_ += "],[";
    std::set<std::string> lists;
    for (const Match& match : content.matches) {
      if (!lists.insert(match.list).second) continue;
      if (lists.size() > 1) contents_ += ',';
      AppendScriptText(match.list, contents_);
    }
    contents_ += "]]";
  }

  void AddMatch(const Match& match) {
    contents_ += '[';
    Text(match.list);
    Text(PurposeName(match.purpose));
    Text(exchange::EntryName(match.entry));
    Text(match.source_id);
    Text(SignalTypeName(match.signal));
    Text(TierName(match.tier));
    Distance(match.distance);
    std::string transform;
    if (match.transform) {
      transform = std::string(ViewName(match.transform->query_view)) + " " +
                  std::string(VariantName(match.transform->query_variant)) +
                  " with " +
                  std::string(ViewName(match.transform->entry_view)) + " " +
                  std::string(VariantName(match.transform->entry_variant));
    }
    Text(transform);
    Text(EntryStateName(match.state));
    Text(Classes(match));
    Text(match.series);
    AppendScriptText(match.provenance.source, contents_);
    contents_ += match.shadow ? ",1]" : ",0]";
  }

  findings::Findings& findings_;
  const size_t most_;
  formats::Output& output_;
  std::string& places_;
  formats::Spool& spool_;
  std::string& contents_;
  uint64_t shown_ = 0;
  uint64_t bytes_ = 0;
  std::unordered_map<ContentNumber, size_t> at_;
};

}  // namespace

Status WriteHits(Job& job, formats::Output& output) {
  const uint64_t all = job.findings.totals().hit_places;
  std::string& out = output.text();
  if (all == 0) {
    out +=
        "<section id=\"hits\"><h2>Hits</h2>\n<p>There are none among what "
        "was compared. What was not examined is in the table of "
        "coverage.</p></section>\n";
    return OkStatus();
  }
  out += kTable;
  KENAL_TRY_ASSIGN(const auto contents,
                   formats::Spool::Make(job.options.out + "/report.html"));
  HitData data(job, output, *contents);
  KENAL_TRY(data.Write());
  if (data.shown() < all) {
    out += "<p class=\"problem\" id=\"rest\">This page shows " +
           CountText(data.shown()) + " of " + CountText(all) +
           " hit places. All of them are in report.jsonl and "
           "report.csv.</p>\n";
  }
  out += "</section>\n";
  return OkStatus();
}

}  // namespace kenal::report
