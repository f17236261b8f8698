// The flood guard: tells once, forgets nobody who is met often, and never
// takes more memory than it was given.
#include "src/operate/flood_guard.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "tests/support/support.h"

namespace kenal::operate {
namespace {

using ::kenal::testing::TestSeed;
using std::chrono::seconds;
using Time = FloodGuard::Time;

constexpr Time kStart{seconds(1000)};

Match Near(uint64_t entry) {
  return {.list = "list" + std::to_string(entry % 3), .entry = {entry}};
}

std::unique_ptr<FloodGuard> Make(FloodOptions options) {
  return FloodGuard::Make(options, kStart);
}

// One that has nothing to learn any more: its first window was empty.
std::unique_ptr<FloodGuard> MakeLearnt(FloodOptions options) {
  return FloodGuard::Make(options, kStart - options.window);
}

// `count` answers that each meet `entry`; how often a flood was told.
int Meet(FloodGuard& guard, uint64_t entry, uint64_t count, Time now) {
  int told = 0;
  Answer answer;
  answer.matches = {Near(entry)};
  for (uint64_t i = 0; i < count; ++i) {
    for (const Flood& flood : guard.Observe(answer, now)) {
      EXPECT_EQ(flood.entry.value, entry);
      EXPECT_EQ(flood.list, answer.matches[0].list);
      ++told;
    }
  }
  return told;
}

TEST(FloodGuardTest, AFloodIsToldOnceAndWhenItCrossesTheFloor) {
  const auto guard = MakeLearnt({.floor = 100});
  EXPECT_EQ(Meet(*guard, 7, 100, kStart), 0);
  EXPECT_EQ(Meet(*guard, 7, 1, kStart), 1);
  for (int window = 0; window < 5; ++window) {
    EXPECT_EQ(Meet(*guard, 7, 1000, kStart + seconds(60) * window), 0);
  }
}

// The same after every start: what is above the floor by then is usual.
TEST(FloodGuardTest, AnEntryThatIsAlwaysMetOftenIsNotToldOfAfterAStart) {
  const auto guard = Make({.floor = 100, .factor = 2});
  for (int window = 0; window < 10; ++window) {
    EXPECT_EQ(Meet(*guard, 7, 900, kStart + seconds(60) * window), 0);
  }
  EXPECT_EQ(Meet(*guard, 7, 1801, kStart + seconds(600)), 1);
}

TEST(FloodGuardTest, WithinTheFirstWindowOnlyALargeFloodIsTold) {
  const auto guard = Make({.floor = 100});
  EXPECT_EQ(Meet(*guard, 7, 1000, kStart), 0);
  EXPECT_EQ(Meet(*guard, 7, 1, kStart), 1);
  EXPECT_EQ(Meet(*guard, 8, 1000, kStart), 0);
  // Another begins once there is nothing to learn.
  EXPECT_EQ(Meet(*guard, 9, 101, kStart + seconds(60)), 1);
}

TEST(FloodGuardTest, AFloodAfterQuietWindowsIsToldAgain) {
  const auto guard = MakeLearnt({.floor = 100});
  EXPECT_EQ(Meet(*guard, 7, 500, kStart), 1);
  EXPECT_EQ(Meet(*guard, 7, 500, kStart + seconds(6000)), 1);
}

TEST(FloodGuardTest, SteadyTrafficUpToTheFloorIsNeverAFlood) {
  const auto guard = MakeLearnt({.floor = 100});
  for (int window = 0; window < 50; ++window) {
    const Time now = kStart + seconds(60) * window;
    for (uint64_t entry = 0; entry < 20; ++entry) {
      EXPECT_EQ(Meet(*guard, entry, 100, now), 0);
    }
  }
}

TEST(FloodGuardTest, AnEntryThatGrowsSlowlyIsNeverAFlood) {
  const auto guard = MakeLearnt({.floor = 100});
  double count = 10;
  for (int window = 0; window < 20; ++window, count *= 1.5) {
    const Time now = kStart + seconds(60) * window;
    EXPECT_EQ(Meet(*guard, 7, static_cast<uint64_t>(count), now), 0)
        << "window " << window;
  }
}

TEST(FloodGuardTest, DigestHitsAndShadowMatchesDoNotCount) {
  const auto guard = MakeLearnt({.floor = 10});
  Answer answer;
  answer.matches = {Near(1), Near(2)};
  answer.matches[0].signal = SignalType::kMd5;
  answer.matches[1].shadow = true;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(guard->Observe(answer, kStart).empty());
  }
}

TEST(FloodGuardTest, AClockThatLagsBehindStaysInTheWindow) {
  const auto guard = MakeLearnt({.floor = 100});
  EXPECT_EQ(Meet(*guard, 7, 60, kStart), 0);
  EXPECT_EQ(Meet(*guard, 7, 41, kStart - seconds(5)), 1);
}

// However many others are met once, who is met often keeps its place, and who
// was told of is not told of again.
TEST(FloodGuardTest, ManyOthersPushNobodyOutWhoIsMetOften) {
  const auto guard = MakeLearnt({.floor = 100, .entries_max = 64});
  EXPECT_EQ(Meet(*guard, 1, 101, kStart), 1);
  int told = 0;
  for (uint64_t other = 1000; other < 9000; ++other) {
    EXPECT_EQ(Meet(*guard, other, 1, kStart), 0);
    if (other % 20 == 0) told += Meet(*guard, 2, 1, kStart);
    EXPECT_EQ(Meet(*guard, 1, 1, kStart), 0);
  }
  // 400 meetings of 8,000: more than the 1 in 64 that surely keeps a place.
  EXPECT_EQ(told, 1);
}

TEST(FloodGuardTest, AMillionEntriesTakeNoMoreMemoryThanItsShare) {
  FloodOptions options{.entries_max = 4096};
  const auto guard = MakeLearnt(options);
  const auto before = mallinfo2().uordblks;
  Answer answer;
  answer.matches = {Near(0)};
  for (uint64_t entry = 0; entry < 1'000'000; ++entry) {
    answer.matches[0].entry.value = entry;
    EXPECT_TRUE(guard->Observe(answer, kStart).empty());
  }
  const auto after = mallinfo2().uordblks;
  EXPECT_LT(after - before, options.entries_max * 200);
}

// What the header says, kept for every entry by itself.
class Model {
 public:
  explicit Model(const FloodOptions& options) : options_(options) {}

  bool Meet(uint64_t entry, int64_t window) {
    Entry& known = entries_[entry];
    Advance(known, window);
    ++known.count;
    if (known.told || !IsFlood(known)) return false;
    known.told = true;
    return true;
  }

 private:
  struct Entry {
    int64_t window = 0;
    uint64_t count = 0;
    double usual = 0;
    bool told = false;
  };
  bool IsFlood(const Entry& entry) const {
    const auto count = static_cast<double>(entry.count);
    const double times = entry.window == 0 ? options_.learning_factor : 1;
    return count > times * static_cast<double>(options_.floor) &&
           count > options_.factor * entry.usual;
  }
  void Advance(Entry& entry, int64_t window) const {
    for (; entry.window < window; ++entry.window) {
      const bool is_flood = IsFlood(entry);
      if (!is_flood) entry.told = false;
      const auto count = static_cast<double>(entry.count);
      entry.usual = entry.window == 0 && !is_flood
                        ? count
                        : entry.usual * 7 / 8 + count / 8;
      entry.count = 0;
    }
  }
  const FloodOptions options_;
  std::map<uint64_t, Entry> entries_;
};

// With room for everybody, random traffic is judged as the model judges it.
// Floods are large, so that what is forgotten below a tenth a window is no
// matter.
TEST(FloodGuardTest, RandomTrafficIsJudgedAsByTheModel) {
  std::mt19937_64 random(TestSeed());
  const FloodOptions options{.floor = 20 + random() % 50,
                             .factor = 2 + static_cast<double>(random() % 10),
                             .entries_max = 1000};
  const auto guard = Make(options);
  Model model(options);
  int floods = 0;
  int64_t step_windows = 1;
  for (int64_t window = 0; window < 60; window += step_windows) {
    const bool leaps = random() % 8 == 0;
    step_windows = leaps ? 1 + static_cast<int64_t>(random() % 4) : 1;
    const Time now = kStart + options.window * window;
    for (int step = 0; step < 40; ++step) {
      const uint64_t entry = random() % 30;
      const uint64_t count =
          random() % 10 == 0 ? random() % 400 : random() % 10;
      for (uint64_t i = 0; i < count; ++i) {
        const bool told = Meet(*guard, entry, 1, now) == 1;
        ASSERT_EQ(told, model.Meet(entry, window))
            << "entry " << entry << " in window " << window;
        floods += told ? 1 : 0;
      }
    }
  }
  EXPECT_GT(floods, 0);
}

}  // namespace
}  // namespace kenal::operate
