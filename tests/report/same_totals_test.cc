// All reports of one run say the same, each read as its reader would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <regex>

#include "tests/formats/support.h"
#include "tests/report/testing.h"

namespace kenal::report {
namespace {

using nlohmann::json;
using testing::TestSeed;

struct Said {
  uint64_t hit_places = 0;
  uint64_t hit_contents = 0;
  // "coverage/reason": places, bytes.
  std::map<std::string, std::pair<uint64_t, uint64_t>> coverage;
  friend bool operator==(const Said&, const Said&) = default;
};

void PrintTo(const Said& said, std::ostream* out) {
  *out << said.hit_places << " hits of " << said.hit_contents << " contents";
  for (const auto& [key, amount] : said.coverage) {
    *out << "; " << key << " " << amount.first << " " << amount.second;
  }
}

Said FromFindings(const Reported& reported) {
  const findings::Totals& totals = reported.totals();
  Said said{totals.hit_places, totals.hit_contents, {}};
  for (const auto& [key, amount] : totals.coverage) {
    said.coverage[std::string(CoverageName(key.first)) + "/" + key.second] = {
        amount.places, amount.bytes};
  }
  return said;
}

Said FromLines(const Reported& reported) {
  const json totals = reported.lines("report.jsonl", "totals").front();
  Said said{totals.at("hit_places"), totals.at("hit_contents"), {}};
  for (const json& line : reported.lines("report.jsonl", "coverage")) {
    if (line.contains("exhibit")) continue;
    said.coverage[line.at("coverage").get<std::string>() + "/" +
                  line.at("reason").get<std::string>()] = {line.at("places"),
                                                           line.at("bytes")};
  }
  return said;
}

// Counted over the rows; these have no cell with a comma in it.
Said FromCsv(const Reported& reported) {
  const auto cells = [](const std::string& line) {
    std::vector<std::string> out(1);
    for (const char c : line) {
      if (c == ',') {
        out.emplace_back();
      } else if (c != '\r') {
        out.back() += c;
      }
    }
    return out;
  };
  Said said;
  std::set<std::string> contents;
  std::istringstream rows(reported.text("report.csv"));
  std::string line;
  std::getline(rows, line);
  const std::vector<std::string> header = cells(line);
  const auto column = [&](const std::string& name) {
    return static_cast<size_t>(std::ranges::find(header, name) -
                               header.begin());
  };
  while (std::getline(rows, line)) {
    const std::vector<std::string> row = cells(line);
    EXPECT_EQ(row.size(), header.size());
    auto& amount =
        said.coverage[row[column("coverage")] + "/" + row[column("reason")]];
    ++amount.first;
    amount.second += std::stoull(row[column("size_bytes")]);
    const std::string& verdict = row[column("verdict")];
    if (verdict != "EXACT" && verdict != "NEAR" && verdict != "TEST") continue;
    ++said.hit_places;
    contents.insert(row[column("sha256")]);
  }
  said.hit_contents = contents.size();
  return said;
}

void AddCoverage(const std::string& text, const std::string& pattern,
                 Said& said) {
  const std::regex wanted(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end;
       at != end; ++at) {
    said.coverage[(*at)[1].str() + "/" + (*at)[2].str()] = {
        std::stoull((*at)[3].str()), std::stoull((*at)[4].str())};
  }
}

Said FromVics(const Reported& reported, const std::string& name) {
  const formats::Told told =
      formats::ReadPath(formats::Format::kVics, reported.path(name));
  EXPECT_TRUE(told.status.ok()) << told.status;
  Said said;
  std::set<Sha256> contents;
  for (const formats::Record& record : told.records()) {
    said.hit_places += record.files.size();
    contents.insert(*record.signals.sha256);
  }
  said.hit_contents = contents.size();
  AddCoverage(reported.text(name),
              "coverage: ([a-z_]+), ([a-z_]+)\",\"PropertyValue\":\"([0-9]+) "
              "places, ([0-9]+) bytes",
              said);
  return said;
}

Said FromCase(const Reported& reported) {
  const json root = json::parse(reported.text("case.jsonld"));
  Said said;
  std::string analysis;
  for (const json& node : root.at("@graph")) {
    const std::string type = node.value("@type", "");
    said.hit_places += type == "uco-observable:File";
    said.hit_contents += type == "uco-analysis:AnalyticResult";
    if (type == "uco-analysis:Analysis") analysis = node.at("@id");
  }
  for (const json& node : root.at("@graph")) {
    if (node.value("@type", "") != "uco-core:Annotation") continue;
    if (node.at("uco-core:object").at("@id") != analysis) continue;
    AddCoverage(node.at("uco-core:statement"),
                "^coverage, ([a-z_]+), ([a-z_]+): ([0-9]+) places, ([0-9]+) "
                "bytes",
                said);
  }
  return said;
}

Said FromPage(const Reported& reported) {
  const std::string text = reported.text("report.html");
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const size_t begin = text.find(open) + open.size();
  const json data =
      json::parse(text.substr(begin, text.find("</script>", begin) - begin));
  Said said{data.at("places").size(), data.at("contents").size(), {}};
  // Rows have no name of their coverage: it is that of the rows' group.
  const size_t table = text.find("<table class=\"coverage\">");
  std::string body = text.substr(table, text.find("</table>", table) - table);
  std::erase(body, ',');
  const std::regex row(
      "class=\"group ([a-z_]+)\"|<code>([a-z_]+)</code></td><td "
      "class=\"n\">([0-9]+)</td><td class=\"n\">[^<]*</td><td "
      "class=\"n\">([0-9]+)</td>");
  std::string coverage;
  for (std::sregex_iterator at(body.begin(), body.end(), row), end; at != end;
       ++at) {
    if ((*at)[1].matched) {
      coverage = (*at)[1].str();
    } else {
      said.coverage[coverage + "/" + (*at)[2].str()] = {
          std::stoull((*at)[3].str()), std::stoull((*at)[4].str())};
    }
  }
  return said;
}

// The sum over exhibits in the graph.
uint64_t HitsInGraph(const Reported& reported) {
  const std::string text = reported.text("links.graphml");
  const std::regex hits("<data key=\"hits\">([0-9]+)</data>");
  uint64_t sum = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), hits), end; at != end;
       ++at) {
    sum += std::stoull((*at)[1].str());
  }
  return sum;
}

TEST(Reports, AllSayTheSame) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  Scene scene;
  for (const char* id : {"one", "two", "three"}) {
    scene.exhibits.push_back({.id = id, .path = id});
  }
  const std::string_view reasons[] = {
      findings::reason::kVideo, findings::reason::kEncryptedArchive,
      findings::reason::kDamagedPicture, findings::reason::kUnreadable};
  for (int i = 0; i < 400; ++i) {
    const auto verdict = static_cast<Verdict>(1 + random() % 5);
    if (i == 0 || random() % 4 > 0) scene.AddContent(random, verdict);
    const auto exhibit = static_cast<uint32_t>(random() % 3);
    const std::vector<std::string> path = {"file-" + std::to_string(i)};
    if (random() % 3 > 0) {
      scene.AddPlace(exhibit, path,
                     static_cast<uint32_t>(random() % scene.contents.size()));
      continue;
    }
    findings::Place& place = scene.AddPlace(exhibit, path, std::nullopt);
    const size_t reason = random() % std::size(reasons);
    place.reason = reasons[reason];
    place.coverage = reason % 2 == 0 ? findings::Coverage::kDigestOnly
                                     : findings::Coverage::kNotExamined;
    place.size_bytes = random() % 100'000;
  }
  const Reported reported(scene);
  const Said expected = FromFindings(reported);
  EXPECT_GT(expected.hit_contents, 50u);
  EXPECT_GT(expected.coverage.size(), 4u);
  EXPECT_EQ(FromLines(reported), expected);
  EXPECT_EQ(FromCsv(reported), expected);
  EXPECT_EQ(FromVics(reported, "vics-1.3.json"), expected);
  EXPECT_EQ(FromVics(reported, "vics-2.0.json"), expected);
  EXPECT_EQ(FromCase(reported), expected);
  EXPECT_EQ(FromPage(reported), expected);
  EXPECT_EQ(HitsInGraph(reported), expected.hit_places);
}

}  // namespace
}  // namespace kenal::report
