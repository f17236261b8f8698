#include "tools/kenal/scan_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "src/report/words.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

using exchange::JsonWriter;
using findings::Amount;
using findings::Coverage;
using findings::Findings;

constexpr std::chrono::milliseconds kEventEvery{1'000};
constexpr std::chrono::milliseconds kPlainEvery{5'000};

// A rate says little before this.
constexpr double kRateSecondsMin = 1;

double GigabytesPerHour(double bytes_per_second) {
  return bytes_per_second * 3600 / 1e9;
}

std::string JsonOf(const scan::ScanProgress& progress) {
  JsonWriter json;
  json.BeginObject()
      .Field("event", "progress")
      .Field("files_done", progress.files_done)
      .Field("files_found", progress.files_found)
      .Field("bytes_done", progress.bytes_done)
      .Field("bytes_found", progress.bytes_found)
      .Field("all_found", progress.all_found)
      .Field("image_bytes_hashed", progress.image_bytes_hashed)
      .Field("image_bytes", progress.image_bytes)
      .Field("pictures_decoded", progress.decoded)
      .Field("hit_places", progress.hit_places)
      .Field("not_examined", progress.not_examined);
  json.Key("seconds").Real(progress.seconds);
  json.Key("gigabytes_per_hour")
      .Real(GigabytesPerHour(progress.bytes_per_second));
  if (progress.seconds_left) {
    json.Key("seconds_left").Real(*progress.seconds_left);
  }
  json.EndObject();
  return json.Finish();
}

const Match* FirstMatch(const findings::Content& content) {
  return content.matches.empty() ? nullptr : &content.matches.front();
}

std::string JsonOf(const findings::Exhibit& exhibit,
                   const findings::Place& place,
                   const findings::Content& content) {
  JsonWriter json;
  json.BeginObject()
      .Field("event", "hit")
      .Field("exhibit", exhibit.id)
      .BytesField("path", findings::PathText(place))
      .Field("verdict", VerdictName(content.verdict));
  if (content.tier) json.Field("tier", TierName(*content.tier));
  json.Key("lists").BeginArray();
  std::string last;
  for (const Match& match : content.matches) {
    if (match.list != last) json.Text(match.list);
    last = match.list;
  }
  json.EndArray();
  if (const Match* match = FirstMatch(content);
      match != nullptr && match->distance) {
    json.Field("distance", *match->distance);
  }
  json.EndObject();
  return json.Finish();
}

// Each reason once, the largest first within its coverage.
std::vector<std::vector<Cell>> CoverageRows(const findings::Totals& totals) {
  using Row = std::pair<std::pair<Coverage, std::string>, Amount>;
  std::vector<Row> rows(totals.coverage.begin(), totals.coverage.end());
  std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
    if (a.first.first != b.first.first) return a.first.first < b.first.first;
    return a.second.places > b.second.places;
  });
  std::vector<std::vector<Cell>> cells;
  for (const auto& [key, amount] : rows) {
    const bool is_missed = key.first == Coverage::kNotExamined;
    std::string how(findings::CoverageName(key.first));
    std::ranges::replace(how, '_', ' ');
    std::string why = key.second;
    std::ranges::replace(why, '_', ' ');
    cells.push_back({{how, is_missed ? Colour::kYellow : Colour::kPlain},
                     {why},
                     {Count(amount.places)},
                     {Bytes(amount.bytes)}});
  }
  return cells;
}

uint64_t Places(const findings::Totals& totals, Verdict verdict) {
  const auto at = totals.verdicts.find(verdict);
  return at == totals.verdicts.end() ? 0 : at->second.places;
}

std::string Sentence(const Findings& findings) {
  const findings::Run& run = findings.run();
  switch (run.ending) {
    case findings::Ending::kComplete:
      return run.sample ? "A random sample was looked at."
                        : "Every file was reached.";
    case findings::Ending::kTimeBudget:
      return "Ended by its time budget: what was not reached is not examined.";
    case findings::Ending::kEnoughHits:
      return "Ended after enough hits: what was not reached is not examined.";
    default:
      return "Interrupted: start it again with the same options to go on.";
  }
}

}  // namespace

std::string ProgressText(const scan::ScanProgress& progress) {
  std::string text =
      "scan " + Count(progress.files_done) + "/" + Count(progress.files_found) +
      (progress.all_found ? "" : "+") + " files  " +
      Bytes(progress.bytes_done) + "/" + Bytes(progress.bytes_found);
  if (progress.seconds >= kRateSecondsMin) {
    text += "  " +
            Count(static_cast<uint64_t>(
                std::lround(GigabytesPerHour(progress.bytes_per_second)))) +
            " GB/h";
  }
  text += "  " + Count(progress.hit_places) +
          (progress.hit_places == 1 ? " hit" : " hits");
  if (progress.not_examined > 0) {
    text += "  " + Count(progress.not_examined) + " not examined";
  }
  if (progress.image_bytes_hashed > 0) {
    text += "  images hashed " + Bytes(progress.image_bytes_hashed) + "/" +
            Bytes(progress.image_bytes);
  }
  if (progress.seconds_left && progress.seconds >= kRateSecondsMin) {
    text += "  " + DurationText(*progress.seconds_left) + " left";
  }
  return text;
}

void ScanView::Progress(const scan::ScanProgress& progress) {
  const bool live = console_.error_is_terminal() && !console_.quiet();
  if (live) console_.ShowLive(ProgressText(progress));
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  const bool is_first = next_ == Clock::time_point{};
  next_ = now + (json_ ? kEventEvery : kPlainEvery);
  if (json_) {
    (void)console_.PutNow(JsonOf(progress));
  } else if (!live && !is_first) {
    console_.Note(ProgressText(progress));
  }
}

void ScanView::Hit(const findings::Exhibit& exhibit,
                   const findings::Place& place,
                   const findings::Content& content) {
  if (json_) {
    (void)console_.PutNow(JsonOf(exhibit, place, content));
    return;
  }
  std::string line = std::string(VerdictName(content.verdict));
  if (content.tier == Tier::kReview) line += " (review)";
  line += "  " + exhibit.id + "  " +
          exchange::ForDisplay(findings::PathText(place));
  if (const Match* match = FirstMatch(content)) {
    line += "  " + match->list;
    if (match->signal == SignalType::kPdq && match->distance) {
      line += "  distance " + std::to_string(*match->distance);
    }
  }
  (void)console_.PutNow(line);
}

void ScanView::Note(const std::string& text) { console_.Note(text); }

Status PutScanSummary(Console& console, const Findings& findings) {
  const findings::Totals& totals = findings.totals();
  KENAL_TRY(console.Put(""));
  KENAL_TRY(console.Put("Coverage"));
  KENAL_TRY(PutTable(console,
                     {{.heading = "HOW"},
                      {.heading = "WHY"},
                      {.heading = "PLACES", .right = true},
                      {.heading = "SIZE", .right = true}},
                     CoverageRows(totals)));
  KENAL_TRY(console.Put(""));
  KENAL_TRY(
      console.Put(Count(totals.hit_places) + " of " + Count(totals.all.places) +
                  " places are candidates (EXACT " +
                  Count(Places(totals, Verdict::kExact)) + ", NEAR " +
                  Count(Places(totals, Verdict::kNear)) + ", TEST " +
                  Count(Places(totals, Verdict::kTest)) +
                  "): " + Count(totals.hit_contents) + " different files. " +
                  Count(Places(totals, Verdict::kUnavailable)) +
                  " could not be checked (UNAVAILABLE)."));
  if (!report::IsAnythingCompared(totals)) {
    KENAL_TRY(console.Put(std::string(report::kNothingExamined) + "."));
  }
  KENAL_TRY(console.Put(Sentence(findings)));
  if (const auto& sample = findings.run().sample) {
    char percent[32];  // 99.9999 is the most that can be asked for
    std::snprintf(percent, sizeof percent, "%.6g", sample->confidence * 100);
    KENAL_TRY(console.Put(std::string(percent) + " % sure to find at least " +
                          Bytes(sample->material_bytes) +
                          " of listed, readable material if present (" +
                          Count(sample->draws) + " draws among " +
                          Bytes(sample->population_bytes) + ")."));
  }
  return OkStatus();
}

}  // namespace kenal::cli
