// Whole scans of small folders: whatever ends one, each place is told, and
// going on gives what an unbroken run gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "src/findings/reader.h"
#include "src/scan/scan.h"
#include "tests/scan/testing.h"
#include "tests/service/fakes.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using findings::Coverage;
using findings::Ending;
using findings::Findings;
using findings::Place;
using std::chrono::milliseconds;
namespace reason = findings::reason;

class Watching final : public ScanWatcher {
 public:
  std::function<void()> at_hit = [] {};
  void Progress(const ScanProgress&) override {}
  void Hit(const findings::Exhibit&, const Place&,
           const findings::Content&) override {
    at_hit();
  }
  void Note(const std::string&) override {}
};

class Scanning : public ::testing::Test {
 protected:
  static constexpr int kFiles = 300;

  Scanning() : key_(*custody::Key::LoadOrMake(work_ / "key.pem")) {
    for (int i = 0; i < kFiles; ++i) {
      const std::string name = std::to_string(i);
      PutFile(work_ / ("evidence/" + std::to_string(i % 7) + "/" + name),
              FakePicture(name + std::string(static_cast<size_t>(i), '.')));
    }
    options_.exhibits = {{.id = "x", .path = work_ / "evidence"}};
    options_.about = {.case_number = "7",
                      .authority = "court",
                      .examiner = "A. Example",
                      .tool = "kenal",
                      .lists_from = "store"};
    options_.thread_count = 3;
  }

  void List(int i) {
    const std::string name = std::to_string(i);
    matcher_.listed.insert(
        Sha256Of(FakePicture(name + std::string(static_cast<size_t>(i), '.'))));
  }

  StatusOr<ScanResult> Scan(const std::string& out) {
    options_.folder = work_ / out;
    return RunScan(options_,
                   {.matcher = matcher_,
                    .curator = curator_,
                    .hasher = hasher_,
                    .opener = opener_,
                    .key = key_},
                   watcher_, stop_.get_token());
  }

  // What is in a folder, not the folder.
  void Move(const std::string& from, const std::string& to) {
    std::filesystem::create_directories(work_ / to);
    for (const auto& entry :
         std::filesystem::directory_iterator(work_ / from)) {
      std::filesystem::rename(entry.path(), std::filesystem::path(work_ / to) /
                                                entry.path().filename());
    }
  }

  // Path and coverage with its reason of each place.
  std::map<std::string, std::string> Places(const std::string& out) {
    std::map<std::string, std::string> places;
    const auto findings = Findings::Open(work_ / out);
    EXPECT_TRUE(findings.ok()) << findings.status();
    for (size_t i = 0; i < (*findings)->place_count(); ++i) {
      const Place place = *(*findings)->ReadPlace(i);
      places[findings::PathText(place)] = place.reason;
    }
    return places;
  }

  testing::TempDir work_;
  FakeMatcher matcher_;
  testing::FakeStore curator_;
  FakeHasher hasher_;
  FakeOpener opener_;
  Watching watcher_;
  custody::Key key_;
  ScanOptions options_;
  std::stop_source stop_;
};

TEST_F(Scanning, TellsEachFileOnce) {
  List(3);
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->run.ending, Ending::kComplete);
  const auto places = Places("out");
  EXPECT_EQ(places.size(), size_t{kFiles});
  for (const auto& [path, why] : places) EXPECT_EQ(why, reason::kPicture);
  EXPECT_EQ(hasher_.decoded().size(), size_t{kFiles});
}

// Whatever the moment, nothing is left out of the report.
TEST_F(Scanning, ABudgetThatRunsOutLeavesNothingUntold) {
  std::mt19937_64 random(testing::TestSeed());
  matcher_.before = [] {
    std::this_thread::sleep_for(milliseconds(2));
    return OkStatus();
  };
  for (int round = 0; round < 25; ++round) {
    options_.time_budget = milliseconds(1 + random() % 40);
    const std::string out = "out-" + std::to_string(round);
    const auto result = Scan(out);
    ASSERT_TRUE(result.ok()) << result.status();
    const auto places = Places(out);
    size_t reached = 0;
    for (const auto& [path, why] : places) {
      reached += why == reason::kPicture ? 1 : 0;
    }
    if (result->run.ending == Ending::kComplete) {
      EXPECT_EQ(reached, size_t{kFiles});
    } else {
      EXPECT_EQ(result->run.ending, Ending::kTimeBudget);
      EXPECT_TRUE(places.contains(".") || places.size() == size_t{kFiles});
    }
  }
}

TEST_F(Scanning, GoesOnAfterAnInterruptAndSaysWhatAnUnbrokenRunSays) {
  for (const int i : {5, 50, 100, 299}) List(i);
  ASSERT_TRUE(Scan("unbroken").ok());
  std::atomic<int> hits{0};
  watcher_.at_hit = [&] {
    if (++hits % 2 == 1) stop_.request_stop();
  };
  int parts = 0;
  for (;; ++parts) {
    ASSERT_LT(parts, 10);
    stop_ = std::stop_source();
    const auto result = Scan("broken");
    ASSERT_TRUE(result.ok()) << result.status();
    if (result->run.ending == Ending::kComplete) break;
    EXPECT_EQ(result->run.ending, Ending::kInterrupted);
  }
  EXPECT_GE(parts, 1);
  EXPECT_EQ(Places("broken"), Places("unbroken"));
  const auto broken = Findings::Open(work_ / "broken");
  const auto unbroken = Findings::Open(work_ / "unbroken");
  EXPECT_EQ((*broken)->totals(), (*unbroken)->totals());
}

TEST_F(Scanning, ASampleThatGoesOnIsTheOneThatWasBegun) {
  for (int i = 0; i < kFiles; ++i) List(i);
  options_.sample = {{.confidence = 0.9, .material_bytes = 1'000, .seed = 1}};
  ASSERT_TRUE(Scan("unbroken").ok());
  const auto unbroken = Places("unbroken");
  size_t drawn = 0;
  for (const auto& [path, why] : unbroken) {
    drawn += why == reason::kPicture ? 1 : 0;
  }
  ASSERT_GT(drawn, 20U);
  ASSERT_LT(drawn, size_t{kFiles});

  std::atomic<int> hits{0};
  watcher_.at_hit = [&] {
    if (++hits == 5) stop_.request_stop();
  };
  auto result = Scan("broken");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->run.ending, Ending::kInterrupted);
  // A part of a sample stands for nothing.
  EXPECT_FALSE((*Findings::Open(work_ / "broken"))->run().sample.has_value());
  result->log.reset();
  stop_ = std::stop_source();
  options_.sample->seed = 2;  // as it is when nobody gives one
  result = Scan("broken");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Places("broken"), unbroken);
  const auto findings = Findings::Open(work_ / "broken");
  ASSERT_TRUE((*findings)->run().sample.has_value());
  EXPECT_EQ((*findings)->run().sample->seed, 1U);
  EXPECT_GT((*findings)->run().sample->draws, 0U);
}

TEST_F(Scanning, WhatAnEarlierPartFoundStaysWhateverIsDrawnThen) {
  for (int i = 0; i < kFiles; ++i) List(i);
  std::atomic<int> hits{0};
  watcher_.at_hit = [&] {
    if (++hits == 40) stop_.request_stop();
  };
  auto result = Scan("out");
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->run.ending, Ending::kInterrupted);
  const auto before = Places("out");
  ASSERT_GE(before.size(), 40U);
  result->log.reset();
  stop_ = std::stop_source();
  options_.sample = {{.confidence = 0.5, .material_bytes = 20'000, .seed = 1}};
  ASSERT_TRUE(Scan("out").ok());
  const auto after = Places("out");
  EXPECT_EQ(after.size(), size_t{kFiles});
  for (const auto& [path, why] : before) EXPECT_EQ(after.at(path), why) << path;
}

TEST_F(Scanning, AFailureEndsAllAndWhatWasFoundIsKept) {
  std::atomic<int> calls{0};
  matcher_.before = [&]() -> Status {
    return ++calls > 2 ? DataLoss("an entry cannot be read") : OkStatus();
  };
  EXPECT_EQ(Scan("out").status().code(), StatusCode::kDataLoss);
  matcher_.before = [] { return OkStatus(); };
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->run.ending, Ending::kComplete);
  EXPECT_EQ(Places("out").size(), size_t{kFiles});
}

TEST_F(Scanning, ManyExhibitsAndFewThreads) {
  options_.exhibits.clear();
  options_.thread_count = 1;
  for (int i = 0; i < 7; ++i) {
    const std::string id = std::to_string(i);
    options_.exhibits.push_back({.id = id, .path = work_ / ("evidence/" + id)});
  }
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  const auto findings = Findings::Open(work_ / "out");
  EXPECT_EQ((*findings)->exhibits().size(), 7U);
  EXPECT_EQ((*findings)->place_count(), size_t{kFiles});
}

TEST_F(Scanning, APulledDriveEndsItAndItGoesOnWhenItIsBack) {
  ASSERT_TRUE(Scan("unbroken").ok());
  options_.thread_count = 1;
  FakeDevices devices((work_ / "evidence").c_str());
  options_.devices = devices.path();
  std::atomic<int> asked{0};
  matcher_.before = [&] {
    if (++asked != 2) return OkStatus();
    devices.PullOut();
    Move("evidence", "away");
    return OkStatus();
  };
  EXPECT_EQ(Scan("out").status().code(), StatusCode::kUnavailable);
  EXPECT_LT(Places("out").size(), size_t{kFiles});
  // Another is attached there, and then none.
  std::filesystem::rename(work_ / "evidence", work_ / "mount");
  std::filesystem::create_directories(work_ / "evidence");
  EXPECT_EQ(Scan("out").status().code(), StatusCode::kFailedPrecondition);
  std::filesystem::remove(work_ / "evidence");
  EXPECT_EQ(Scan("out").status().code(), StatusCode::kNotFound);
  std::filesystem::rename(work_ / "mount", work_ / "evidence");
  devices.Attach();
  Move("away", "evidence");
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->run.ending, Ending::kComplete);
  EXPECT_EQ(Places("out"), Places("unbroken"));
}

TEST_F(Scanning, EachPartSaysWhoGoesOnAndWithWhat) {
  std::atomic<int> asked{0};
  matcher_.before = [&] {
    return ++asked == 2 ? Internal("it broke") : OkStatus();
  };
  EXPECT_FALSE(Scan("out").ok());
  options_.about.examiner = "B. Other";
  options_.about.tool = "kenal, newer";
  options_.about.arguments = {"scan", "--accept-atime"};
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->run.part_count, 2U);
  EXPECT_EQ(result->run.examiner, "B. Other");
  std::ifstream log(work_ / "out/custody.jsonl");
  std::string line;
  bool is_told = false;
  while (std::getline(log, line)) {
    if (line.find("\"continue\"") == std::string::npos) continue;
    is_told = true;
    for (const char* word : {"B. Other", "kenal, newer", "--accept-atime"}) {
      EXPECT_NE(line.find(word), std::string::npos) << word;
    }
  }
  EXPECT_TRUE(is_told);
}

TEST_F(Scanning, EnoughHitsOfEarlierPartsEndIt) {
  for (int i = 0; i < kFiles; ++i) List(i);
  std::atomic<int> asked{0};
  matcher_.before = [&] {
    return ++asked == 3 ? Internal("it broke") : OkStatus();
  };
  EXPECT_FALSE(Scan("out").ok());
  const size_t found = Places("out").size();
  ASSERT_GT(found, 0U);
  options_.stop_at_hits = found;
  const auto decoded = hasher_.decoded();
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->run.ending, Ending::kEnoughHits);
  EXPECT_EQ(hasher_.decoded(), decoded);
}

class ScanningImages : public Scanning {
 protected:
  static constexpr int kImages = 6;

  ScanningImages() {
    options_.exhibits.clear();
    for (int i = 0; i < kImages; ++i) {
      const std::string name = std::to_string(i);
      FakeBox box;
      box.medium = std::string(5'000, static_cast<char>('a' + i));
      box.members = {MemberOf("kite.jpg", FakePicture("kite " + name)),
                     MemberOf("notes.txt", "notes " + name)};
      opener_.boxes["image " + name] = box;
      const std::string path = work_ / (name + ".001");
      PutFile(path, "image " + name);
      options_.exhibits.push_back({.id = name, .path = path});
    }
  }
};

TEST_F(ScanningImages, AreHashedAsAWholeAndThatIsCounted) {
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->progress.image_bytes, 5'000U * kImages);
  EXPECT_EQ(result->progress.image_bytes_hashed, 5'000U * kImages);
  EXPECT_EQ(result->progress.seconds_left, 0);
  const auto findings = Findings::Open(work_ / "out");
  EXPECT_EQ((*findings)->place_count(), size_t{2} * kImages);
  for (int i = 0; i < kImages; ++i) {
    const std::string medium(5'000, static_cast<char>('a' + i));
    EXPECT_EQ((*findings)->exhibits()[static_cast<size_t>(i)].computed.sha256,
              Sha256Of(medium));
  }

  options_.hashes_images = false;
  const auto without = Scan("without");
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(without->progress.image_bytes, 0U);
  EXPECT_EQ(without->progress.seconds_left, 0);
}

// Its hash would be that of what was read before.
TEST_F(ScanningImages, ThatAreGoneWhileTheyAreHashedAreHashedLater) {
  FakeDevices devices((work_ / "0.001").c_str());
  options_.devices = devices.path();
  opener_.boxes["image 3"].at_image = [&] { devices.PullOut(); };
  auto result = Scan("out");
  EXPECT_EQ(result.status().code(), StatusCode::kUnavailable);
  devices.Attach();
  opener_.boxes["image 3"].at_image = [] {};
  result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  const auto findings = Findings::Open(work_ / "out");
  EXPECT_EQ((*findings)->place_count(), size_t{2} * kImages);
  for (const findings::Exhibit& exhibit : (*findings)->exhibits()) {
    EXPECT_TRUE(exhibit.computed.any());
    EXPECT_TRUE(exhibit.problem.empty());
  }
}

// However many there are, few are open at once.
TEST_F(ScanningImages, RestUntilTheSampleIsDrawn) {
  options_.thread_count = 1;
  options_.hashes_images = false;
  options_.sample = {{.confidence = 0.9999, .material_bytes = 1, .seed = 1}};
  const auto result = Scan("out");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LE(opener_.open_count_max(), 2);
  const auto findings = Findings::Open(work_ / "out");
  EXPECT_EQ((*findings)->place_count(), size_t{2} * kImages);
  EXPECT_EQ((*findings)->totals().contents, size_t{2} * kImages);
}

}  // namespace
}  // namespace kenal::scan
