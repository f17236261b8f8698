#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "src/exchange/text.h"
#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using nlohmann::json;
using testing::TestSeed;

constexpr char kName[] = "report.jsonl";
const ReportOptions kOnlyLines{.kinds = {ReportKind::kJsonLines}};

// The exact bytes of a field that may not be UTF-8.
std::string BytesOf(const json& line, const std::string& key) {
  if (!line.contains(key + "_base64")) return line.at(key);
  const auto bytes = exchange::FromBase64(
      line.at(key + "_base64").get_ref<const std::string&>());
  EXPECT_TRUE(bytes.ok());
  return *bytes;
}

TEST(JsonLines, TellEveryPlaceInTheOrderOfReports) {
  const Reported reported(RandomScene(TestSeed(), 400), kOnlyLines);
  const auto lines = reported.lines(kName, "place");
  ASSERT_EQ(lines.size(), reported.findings().place_count());
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto place = reported.findings().ReadPlace(i);
    ASSERT_TRUE(place.ok());
    const json& line = lines[i];
    EXPECT_EQ(BytesOf(line, "path"), PathText(*place));
    EXPECT_EQ(line.at("exhibit"),
              reported.findings().exhibits()[place->exhibit].id);
    EXPECT_EQ(line.value("address", uint64_t{0}), place->address);
    EXPECT_EQ(line.value("deleted", false), place->deleted);
    EXPECT_EQ(line.at("size_bytes"), place->size_bytes);
    EXPECT_EQ(line.at("coverage"), CoverageName(place->coverage));
    EXPECT_EQ(line.contains("modified_unix_ms"),
              place->modified_unix_ms.has_value());
    if (place->is_member()) {
      EXPECT_EQ(line.at("parts").size(), place->path.size());
    }
    ASSERT_EQ(line.contains("sha256"), place->content.has_value());
    if (!place->content) continue;
    const auto content = reported.findings().ReadContent(*place->content);
    ASSERT_TRUE(content.ok());
    EXPECT_EQ(line.at("sha256"), content->sha256.ToHex());
    EXPECT_EQ(line.at("verdict"), VerdictName(content->verdict));
    ASSERT_EQ(line.at("matches").size(), content->matches.size());
    for (size_t m = 0; m < content->matches.size(); ++m) {
      const json& match = line.at("matches")[m];
      EXPECT_EQ(match.at("list"), content->matches[m].list);
      EXPECT_EQ(match.at("distance"), *content->matches[m].distance);
      EXPECT_EQ(match.contains("source_id"),
                !content->matches[m].source_id.empty());
      if (!match.contains("source_id")) continue;
      EXPECT_EQ(BytesOf(match, "source_id"), content->matches[m].source_id);
    }
  }
}

TEST(JsonLines, CoverageAndVerdictsAddUpToTheTotals) {
  const Reported reported(RandomScene(TestSeed(), 300), kOnlyLines);
  std::map<std::pair<json, json>, uint64_t> places;
  uint64_t hits = 0;
  for (const json& line : reported.lines(kName, "place")) {
    ++places[{line.at("coverage"), line.at("reason")}];
    const std::string verdict = line.value("verdict", "");
    hits += verdict == "EXACT" || verdict == "NEAR" || verdict == "TEST";
  }
  uint64_t rows = 0;
  for (const json& line : reported.lines(kName, "coverage")) {
    if (line.contains("exhibit")) continue;
    ++rows;
    EXPECT_EQ(line.at("places"),
              (places[{line.at("coverage"), line.at("reason")}]));
  }
  EXPECT_EQ(rows, places.size());
  const json totals = reported.lines(kName, "totals").front();
  EXPECT_EQ(totals.at("hit_places"), hits);
  EXPECT_EQ(totals.at("places"), reported.findings().place_count());
}

TEST(JsonLines, HoldThePdqOfPicturesOnlyWhenAsked) {
  const Scene scene = RandomScene(TestSeed(), 60);
  const Reported without(scene);
  ReportOptions options = kOnlyLines;
  options.include_pdq = true;
  const Reported with(scene, options);
  size_t found = 0;
  for (const findings::Place& place : scene.places) {
    if (!place.content || !scene.contents[*place.content].pdq) continue;
    const std::string hex = scene.contents[*place.content].pdq->ToHex();
    found += with.text(kName).find(hex) != std::string::npos;
    for (const WrittenFile& file : without.written.files) {
      EXPECT_EQ(without.text(file.name).find(hex), std::string::npos)
          << file.name;
    }
  }
  EXPECT_GT(found, 0u);
}

}  // namespace
}  // namespace kenal::report
