#include "tools/kenal/calibrate_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "src/base/file.h"
#include "src/base/write_all.h"
#include "src/exchange/json_writer.h"
#include "src/exchange/text.h"
#include "tools/kenal/calibrate_statistics.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

using exchange::JsonWriter;

// Rows and columns of the tables; the JSON has every radius.
constexpr int kShownRadii[] = {0, 10, 20, 31, 40, 50, 60, 63};
constexpr int kShownRecallRadii[] = {31, 40, 50, 60};
constexpr size_t kShownPairs = 10;

size_t At(int radius) { return static_cast<size_t>(radius); }

std::string_view TierOf(int distance) {
  return TierName(distance <= kDefaultRadius.bits ? Tier::kMatch
                                                  : Tier::kReview);
}

double ShareOf(uint64_t hits, uint64_t count) {
  return count == 0 ? 0
                    : static_cast<double>(hits) / static_cast<double>(count);
}

void WriteReal(JsonWriter& json, std::string_view key, double value) {
  json.Key(key).Real(value);
}

void WriteWithin(JsonWriter& json, uint64_t hits, uint64_t count) {
  const Interval within = ShareWithin(hits, count);
  WriteReal(json, "share", ShareOf(hits, count));
  WriteReal(json, "low", within.low);
  WriteReal(json, "high", within.high);
}

void WritePair(JsonWriter& json, const Calibration& calibration,
               const NearPair& pair) {
  const auto& pictures = calibration.folder.pictures;
  json.BeginObject();
  json.BytesField("a", pictures[pair.a].name);
  json.BytesField("b", pictures[pair.b].name);
  json.Field("distance", pair.distance);
  json.Field("tier", std::string(TierOf(pair.distance)));
  json.Field("same", pair.same);
  json.EndObject();
}

void WriteFalsePositives(JsonWriter& json, const Calibration& calibration) {
  const PairFigures& pairs = calibration.pairs;
  json.Key("false_positives").BeginObject();
  json.Field("pictures", pairs.picture_count);
  json.Field("comparisons", pairs.comparison_count);
  json.Key("by_radius").BeginArray();
  for (int radius = 0; radius <= kRadiusBitsMax; ++radius) {
    const uint64_t found = pairs.found[At(radius)];
    const uint64_t different = pairs.found_different[At(radius)];
    json.BeginObject();
    json.Field("radius", radius);
    json.Field("tier", std::string(TierOf(radius)));
    json.Field("found", found);
    WriteReal(json, "share", ShareOf(found, pairs.picture_count));
    WriteReal(json, "at_most", ShareAtMost(found, pairs.picture_count));
    json.Field("found_different", different);
    WriteReal(json, "share_different", ShareOf(different, pairs.picture_count));
    WriteReal(json, "at_most_different",
              ShareAtMost(different, pairs.picture_count));
    json.EndObject();
  }
  json.EndArray().EndObject();
}

void WriteRobustness(JsonWriter& json, const CopyFigures& copies) {
  json.Key("robustness").BeginObject();
  json.Field("pictures", copies.picture_count);
  json.Field("not_read", copies.unread_count);
  json.Field("failed", copies.failed_count);
  json.Field("side_max", kCopySideMax);
  json.Field("interrupted", copies.interrupted);
  json.Key("alterations").BeginArray();
  for (size_t i = 0; i < kAlterationCount; ++i) {
    const AlterationFigures& figures = copies.alterations[i];
    json.BeginObject();
    json.Field("kind", std::string(kAlterations[i].kind));
    json.Field("name", std::string(kAlterations[i].name));
    json.Field("copies", figures.copy_count);
    json.Key("by_radius").BeginArray();
    for (int radius = 0; radius <= kRadiusBitsMax; ++radius) {
      json.BeginObject();
      json.Field("radius", radius);
      json.Field("found", figures.found[At(radius)]);
      WriteWithin(json, figures.found[At(radius)], figures.copy_count);
      json.EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
}

std::string Within(uint64_t hits, uint64_t count) {
  const Interval within = ShareWithin(hits, count);
  return Percent(within.low) + " to " + Percent(within.high);
}

Status PutFolder(Console& console, const CalibratedFolder& folder) {
  std::string files = Count(folder.file_count);
  if (folder.found_count > folder.file_count) {
    files += " of " + Count(folder.found_count);
  }
  KENAL_TRY(console.Put(exchange::ForDisplay(folder.folder) + ": " + files +
                        " files, " + Count(folder.failed_count) +
                        " not hashed, " + Count(folder.equal_count) +
                        " equal to another"));
  const uint64_t distinct = folder.distinct_count();
  return console.Put("flat: " + Count(folder.flat_count) + " of " +
                     Count(distinct) + " different pictures, " +
                     Percent(ShareOf(folder.flat_count, distinct)) +
                     " (95 %: " + Within(folder.flat_count, distinct) +
                     "); quality 49 or less, no near match is made");
}

Status PutFalsePositives(Console& console, const Calibration& calibration) {
  const PairFigures& pairs = calibration.pairs;
  KENAL_TRY(console.Put(""));
  KENAL_TRY(console.Put("Pictures taken for another one: each of " +
                        Count(pairs.picture_count) +
                        " asked of a list of the others, effort " +
                        std::string(EffortName(calibration.effort))));
  KENAL_TRY(console.Put(""));
  std::vector<Column> columns = {{"RADIUS", true}, {"TIER"}, {"FOUND"}};
  if (calibration.has_marks) columns.push_back({"WITHOUT THOSE MARKED SAME"});
  std::vector<std::vector<Cell>> rows;
  for (const int radius : kShownRadii) {
    std::vector<Cell> row = {
        {std::to_string(radius)},
        {std::string(TierOf(radius))},
        {CountAtMost(pairs.found[At(radius)], pairs.picture_count)}};
    if (calibration.has_marks) {
      row.push_back({CountAtMost(pairs.found_different[At(radius)],
                                 pairs.picture_count)});
    }
    rows.push_back(std::move(row));
  }
  return PutTable(console, std::move(columns), rows);
}

Status PutPairs(Console& console, const Calibration& calibration) {
  const PairFigures& figures = calibration.pairs;
  if (figures.pairs.empty()) return OkStatus();
  KENAL_TRY(console.Put(""));
  std::string title = "Nearest pairs, for you to look at";
  if (figures.pairs.size() > kShownPairs) {
    title += " (" + Count(kShownPairs) + " of " + Count(figures.pairs.size()) +
             (figures.pairs_cut ? " and more" : "") +
             "; --json and --out give all)";
  }
  KENAL_TRY(console.Put(title));
  KENAL_TRY(console.Put(""));
  std::vector<std::vector<Cell>> rows;
  for (const NearPair& pair : figures.pairs) {
    if (rows.size() == kShownPairs) break;
    const auto& pictures = calibration.folder.pictures;
    rows.push_back({{std::to_string(pair.distance)},
                    {pair.same ? "same" : std::string(TierOf(pair.distance))},
                    {pictures[pair.a].name},
                    {pictures[pair.b].name}});
  }
  return PutTable(console,
                  {{"DISTANCE", true},
                   {"TIER"},
                   {.heading = "A", .shrinks = true},
                   {.heading = "B", .shrinks = true}},
                  rows);
}

Status PutRobustness(Console& console, const CopyFigures& copies) {
  if (copies.picture_count == 0) return OkStatus();
  KENAL_TRY(console.Put(""));
  KENAL_TRY(console.Put("Altered copies found again: one of each of " +
                        Count(copies.picture_count) +
                        " pictures, reduced to at most " +
                        std::to_string(kCopySideMax) + " pixels a side"));
  KENAL_TRY(console.Put(""));
  std::vector<Column> columns = {{"ALTERATION"}, {""}};
  for (const int radius : kShownRecallRadii) {
    columns.push_back({"AT " + std::to_string(radius), true});
    if (radius == kDefaultRadius.bits) columns.push_back({"95 %"});
  }
  std::vector<std::vector<Cell>> rows;
  std::string_view kind;
  for (size_t i = 0; i < kAlterationCount; ++i) {
    const AlterationFigures& figures = copies.alterations[i];
    const bool is_first = kAlterations[i].kind != kind;
    kind = kAlterations[i].kind;
    std::vector<Cell> row = {{std::string(is_first ? kind : "")},
                             {std::string(kAlterations[i].name)}};
    for (const int radius : kShownRecallRadii) {
      const uint64_t found = figures.found[At(radius)];
      row.push_back({Percent(ShareOf(found, figures.copy_count))});
      if (radius != kDefaultRadius.bits) continue;
      row.push_back({Within(found, figures.copy_count)});
    }
    rows.push_back(std::move(row));
  }
  return PutTable(console, std::move(columns), rows);
}

bool WriteDurably(int descriptor, const std::string& content) {
  return base::WriteAll(descriptor, content) &&
         (fsync(descriptor) == 0 || errno == EINVAL);
}

}  // namespace

std::string CalibrationJson(const Calibration& calibration) {
  const CalibratedFolder& folder = calibration.folder;
  JsonWriter json;
  json.BeginObject();
  json.BytesField("folder", folder.folder);
  json.Field("effort", std::string(EffortName(calibration.effort)));
  json.Field("files_found", folder.found_count);
  json.Field("files", folder.file_count);
  json.Field("failed", folder.failed_count);
  json.Field("equal", folder.equal_count);
  json.Field("different", folder.distinct_count());
  json.Key("flat").BeginObject();
  json.Field("found", folder.flat_count);
  WriteWithin(json, folder.flat_count, folder.distinct_count());
  json.EndObject();
  WriteFalsePositives(json, calibration);
  json.Field("pairs_cut", calibration.pairs.pairs_cut);
  json.Key("pairs").BeginArray();
  for (const NearPair& pair : calibration.pairs.pairs) {
    WritePair(json, calibration, pair);
  }
  json.EndArray();
  WriteRobustness(json, calibration.copies);
  return json.EndObject().Finish();
}

std::string PairLines(const Calibration& calibration) {
  std::string lines;
  for (const NearPair& pair : calibration.pairs.pairs) {
    JsonWriter json;
    WritePair(json, calibration, pair);
    lines += json.Finish() + "\n";
  }
  return lines;
}

Status PutCalibration(Console& console, const Calibration& calibration) {
  KENAL_TRY(PutFolder(console, calibration.folder));
  KENAL_TRY(PutFalsePositives(console, calibration));
  KENAL_TRY(PutPairs(console, calibration));
  KENAL_TRY(PutRobustness(console, calibration.copies));
  return console.Flush();
}

Status WriteWhole(const std::string& path, const std::string& content) {
  const std::string part = path + ".part";
  const int descriptor =
      open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  bool written = descriptor >= 0 && WriteDurably(descriptor, content);
  int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (written && rename(part.c_str(), path.c_str()) != 0) {
    error = errno;
    written = false;
  }
  if (written) return OkStatus();
  if (descriptor >= 0) unlink(part.c_str());
  const std::string message = base::WithErrno(
      exchange::ForDisplay(path) + ": cannot be written", error);
  return error == ENOSPC || error == EDQUOT ? ResourceExhausted(message)
                                            : Unavailable(message);
}

}  // namespace kenal::cli
