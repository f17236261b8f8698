#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/exchange/text.h"
#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using testing::TestSeed;
using Row = std::vector<std::string>;

const ReportOptions kOnlyCsv{.kinds = {ReportKind::kCsv}};

// RFC 4180, strictly: a second opinion on what the writer wrote.
std::vector<Row> Parse(const std::string& text) {
  std::vector<Row> rows(1);
  std::string cell;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      EXPECT_EQ(cell, "") << "a quote within a plain cell, at byte " << i;
      quoted = true;
    } else if (c == ',') {
      rows.back().push_back(std::exchange(cell, ""));
    } else if (c == '\r') {
      EXPECT_EQ(text.substr(i, 2), "\r\n");
      ++i;
      rows.back().push_back(std::exchange(cell, ""));
      rows.emplace_back();
    } else {
      EXPECT_NE(c, '\n');
      cell += c;
    }
  }
  EXPECT_FALSE(quoted);
  EXPECT_TRUE(rows.back().empty()) << "the last row has no end";
  rows.pop_back();
  return rows;
}

// The cells of one column.
Row Column(const std::vector<Row>& rows, const std::string& name) {
  const auto at = std::ranges::find(rows.front(), name);
  EXPECT_NE(at, rows.front().end()) << name;
  Row out;
  for (size_t i = 1; i < rows.size(); ++i) {
    out.push_back(rows[i].at(static_cast<size_t>(at - rows.front().begin())));
  }
  return out;
}

TEST(Csv, HasARowAPlaceWithEveryCell) {
  const Reported reported(RandomScene(TestSeed(), 300), kOnlyCsv);
  const auto rows = Parse(reported.text("report.csv"));
  ASSERT_EQ(rows.size(), reported.findings().place_count() + 1);
  for (const Row& row : rows) EXPECT_EQ(row.size(), rows.front().size());
  const Row paths = Column(rows, "path");
  const Row exact = Column(rows, "path_bytes");
  const Row sha256 = Column(rows, "sha256");
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto place = reported.findings().ReadPlace(i);
    ASSERT_TRUE(place.ok());
    const std::string path =
        exact[i].empty() ? paths[i] : *exchange::FromBase64(exact[i].substr(7));
    EXPECT_EQ(path, PathText(*place));
    EXPECT_TRUE(exchange::IsUtf8(paths[i]));
    EXPECT_EQ(sha256[i].empty(), !place->content.has_value());
  }
}

TEST(Csv, NoCellIsAFormula) {
  std::mt19937_64 random(TestSeed());
  Scene scene;
  scene.exhibits.push_back({.id = "=cmd|' /C calc'!A0", .path = "x"});
  scene.AddContent(random, Verdict::kNear).matches[0].series = "@SUM(1)";
  scene.contents[0].matches[0].list = "+1";
  scene.contents[0].kind = "-2";
  scene.AddPlace(0, {"=HYPERLINK(\"http://example.org\")"}, 0);
  scene.AddPlace(0, {"\t=1+1"}, 0).message = "\r=1";
  scene.AddPlace(0, {"  =1+1"}, 0);
  scene.AddPlace(0, {"a\"b,c\r\nd"}, 0);
  const Reported reported(scene, kOnlyCsv);
  for (const char* name : {"report.csv", "coverage.csv"}) {
    for (const Row& row : Parse(reported.text(name))) {
      for (const std::string& cell : row) {
        EXPECT_TRUE(cell.empty() || std::string("=+-@\t\r\n ").find(cell[0]) ==
                                        std::string::npos)
            << name << ": " << cell;
      }
    }
  }
  EXPECT_THAT(Column(Parse(reported.text("report.csv")), "path"),
              ::testing::Contains("a\"b,c\r\nd"));
}

TEST(Csv, TheCoverageTableAddsUpForTheRunAndForEachExhibit) {
  const Reported reported(RandomScene(TestSeed(), 300), kOnlyCsv);
  const auto rows = Parse(reported.text("coverage.csv"));
  const Row scope = Column(rows, "scope");
  const Row exhibit = Column(rows, "exhibit");
  const Row coverage = Column(rows, "coverage");
  const Row places = Column(rows, "places");
  const Row bytes = Column(rows, "bytes");
  std::map<std::string, uint64_t> parts, all, all_bytes, part_bytes;
  for (size_t i = 0; i < scope.size(); ++i) {
    auto& sum = coverage[i] == "all" ? all : parts;
    auto& sum_bytes = coverage[i] == "all" ? all_bytes : part_bytes;
    sum[scope[i] + "/" + exhibit[i]] += std::stoull(places[i]);
    sum_bytes[scope[i] + "/" + exhibit[i]] += std::stoull(bytes[i]);
  }
  EXPECT_EQ(parts, all);
  EXPECT_EQ(part_bytes, all_bytes);
  EXPECT_EQ(all.size(), reported.findings().exhibits().size() + 1);
  EXPECT_EQ(all.at("run/"), reported.totals().all.places);
  EXPECT_EQ(all_bytes.at("run/"), reported.totals().all.bytes);
}

}  // namespace
}  // namespace kenal::report
