// A scan that never was: findings put into a journal by hand, and the reports
// that are made of them.
#ifndef KENAL_TESTS_REPORT_TESTING_H_
#define KENAL_TESTS_REPORT_TESTING_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "src/findings/journal.h"
#include "src/findings/reader.h"
#include "src/report/report.h"
#include "tests/findings/testing.h"
#include "tests/support/support.h"

namespace kenal::report {

inline std::string ReadFile(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

// What is put into a journal. Contents of places are positions in `contents`.
struct Scene {
  findings::Run run;
  std::vector<findings::Exhibit> exhibits;
  std::vector<findings::Content> contents;
  std::vector<findings::Place> places;

  findings::Content& AddContent(std::mt19937_64& random,
                                Verdict verdict = Verdict::kNoKnownMatch) {
    findings::Content content;
    content.sha256 = testing::RandomHash<Sha256>(random);
    content.sha1 = testing::RandomHash<Sha1>(random);
    content.md5 = testing::RandomHash<Md5>(random);
    content.size_bytes = 1000 + random() % 100'000;
    content.kind = "jpeg";
    content.picture = PictureInfo{"jpeg", 640, 480, false};
    content.pdq = testing::RandomHash<PdqHash>(random);
    content.quality = 100;
    content.verdict = verdict;
    if (content.is_hit()) {
      Match match{.list = "list-a",
                  .purpose = Purpose::kChildAbuse,
                  .entry = EntryId{random()},
                  .source_id = "s-" + std::to_string(random() % 1000)};
      if (verdict == Verdict::kExact) match.signal = SignalType::kMd5;
      if (verdict == Verdict::kNear) {
        match.distance = static_cast<int>(random() % 32);
        match.transform = Transform{};
      }
      match.provenance = {.source = "a source", .added_unix_ms = 1};
      content.matches.push_back(match);
      content.match_count = 1;
      content.tier = Tier::kMatch;
    }
    contents.push_back(content);
    return contents.back();
  }

  findings::Place& AddPlace(uint32_t exhibit, std::vector<std::string> path,
                            std::optional<findings::ContentNumber> content) {
    findings::Place place{.exhibit = exhibit, .path = std::move(path)};
    place.content = content;
    if (content) {
      place.size_bytes = contents[*content].size_bytes;
      place.coverage = findings::Coverage::kExamined;
      place.reason = findings::reason::kPicture;
    } else {
      place.coverage = findings::Coverage::kNotExamined;
      place.reason = findings::reason::kUnreadable;
    }
    places.push_back(place);
    return places.back();
  }

  // As a run in another order would have put it.
  void Shuffle(std::mt19937_64& random) {
    std::vector<uint32_t> order(contents.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    std::vector<findings::Content> shuffled(contents.size());
    for (uint32_t i = 0; i < order.size(); ++i) {
      shuffled[order[i]] = contents[i];
    }
    contents = std::move(shuffled);
    for (findings::Place& place : places) {
      if (place.content) place.content = order[*place.content];
    }
    std::shuffle(places.begin(), places.end(), random);
  }

  void Save(const std::string& folder) const {
    auto journal = findings::Journal::Create(folder);
    ASSERT_TRUE(journal.ok()) << journal.status();
    const auto put = [&journal](const findings::Record& record) {
      ASSERT_TRUE((*journal)->Put(record).ok());
    };
    put(run);
    for (const auto& exhibit : exhibits) put(exhibit);
    for (const auto& content : contents) put(content);
    for (const auto& place : places) put(place);
    ASSERT_TRUE((*journal)->Sync().ok());
  }
};

// Any values at all, also such as no scan would put.
inline Scene RandomScene(uint64_t seed, size_t place_count) {
  findings::RandomFindings random(seed);
  Scene scene;
  scene.run = random.AnyRun();
  for (int i = 0; i < 3; ++i) {
    scene.exhibits.push_back(random.AnyExhibit("exhibit-" + std::to_string(i)));
  }
  for (uint64_t i = 0; i < place_count; ++i) {
    if (scene.contents.empty() || random.Below(3) > 0) {
      scene.contents.push_back(random.AnyContent());
    }
    findings::Place place =
        random.AnyPlace(static_cast<uint32_t>(random.Below(3)), i);
    if (random.Below(5) > 0) {
      place.content = static_cast<findings::ContentNumber>(
          random.Below(scene.contents.size()));
    }
    scene.places.push_back(place);
  }
  return scene;
}

// A scene on disk with its reports.
class Reported {
 public:
  explicit Reported(const Scene& scene, ReportOptions options = {}) {
    scene.Save(folder_.path());
    auto opened = findings::Findings::Open(folder_.path());
    EXPECT_TRUE(opened.ok()) << opened.status();
    findings_ = *std::move(opened);
    options.out = folder_ / "reports";
    auto made = WriteReports(*findings_, options);
    EXPECT_TRUE(made.ok()) << made.status();
    written = *std::move(made);
    for (const FailedFile& file : written.failed) {
      ADD_FAILURE() << file.name << ": " << file.status;
    }
  }

  std::string path(const std::string& name) const {
    return folder_ / ("reports/" + name);
  }
  std::string text(const std::string& name) const {
    return ReadFile(path(name));
  }
  findings::Findings& findings() const { return *findings_; }
  const findings::Totals& totals() const { return findings_->totals(); }

  // The lines of a file of JSON lines, of that type.
  std::vector<nlohmann::json> lines(const std::string& name,
                                    const std::string& type) const {
    std::vector<nlohmann::json> out;
    std::istringstream in(text(name));
    for (std::string line; std::getline(in, line);) {
      nlohmann::json json = nlohmann::json::parse(line);
      if (json.at("type") == type) out.push_back(std::move(json));
    }
    return out;
  }

  Written written;

 private:
  testing::TempDir folder_;
  std::unique_ptr<findings::Findings> findings_;
};

}  // namespace kenal::report

#endif  // KENAL_TESTS_REPORT_TESTING_H_
