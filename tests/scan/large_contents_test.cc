// Many threads with large contents: few hold them at once, none waits for
// itself, and all come to an end.
#include "src/scan/large_contents.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "src/scan/intake.h"
#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

TEST(LargeContents, FewThreadsHoldThemAtOnce) {
  constexpr int kHoldersMax = 2;
  LargeContents large(kHoldersMax);
  std::atomic<int> holders{0};
  std::atomic<int> most{0};
  std::atomic<int> turns{0};
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937_64 random(testing::TestSeed() + seed);
      for (int round = 0; round < 200; ++round) {
        std::vector<LargeContents::Turn> mine;
        mine.push_back(large.Take());
        const int now = ++holders;
        for (int seen = most; now > seen;) {
          if (most.compare_exchange_weak(seen, now)) break;
        }
        while (random() % 3 != 0) mine.push_back(large.Take());
        turns += static_cast<int>(mine.size());
        if (random() % 4 == 0) std::this_thread::yield();
        --holders;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, kHoldersMax);
  EXPECT_GT(turns, 8 * 200);
}

// A thread without a turn, told by whether one is to be had at once.
class Others {
 public:
  explicit Others(LargeContents& large)
      : thread_([this, &large] {
          const LargeContents::Turn turn = large.Take();
          had_ = true;
        }) {}
  ~Others() { thread_.join(); }
  bool HadATurnWithin(std::chrono::milliseconds time) const {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!had_ && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return had_;
  }

 private:
  std::atomic<bool> had_{false};
  std::thread thread_;
};

constexpr std::chrono::milliseconds kLittle{50};
constexpr std::chrono::seconds kLong{60};

Intake KeptOf(LargeContents& large, uint64_t said_bytes, size_t bytes) {
  IntakeStream stream(said_bytes, {.large = &large, .small_bytes_max = 70'000});
  std::string content = FakePicture("kite");
  content.resize(bytes, 'k');
  for (size_t at = 0; at < bytes; at += 10'000) {
    stream.Add(base::AsBytes(std::string_view(content).substr(at, 10'000)));
  }
  return stream.Finish();
}

TEST(LargeContents, AreWaitedForByWhatIsKept) {
  LargeContents large(1);
  EXPECT_EQ(KeptOf(large, 60'000, 60'000).turn, nullptr);
  for (const uint64_t said_bytes : {80'000, 0}) {
    Intake intake = KeptOf(large, said_bytes, 80'000);
    ASSERT_TRUE(intake.is_kept);
    const Others others(large);
    EXPECT_FALSE(others.HadATurnWithin(kLittle)) << said_bytes;
    intake.DropBytes();
    EXPECT_TRUE(others.HadATurnWithin(kLong)) << said_bytes;
  }
}

TEST(LargeContents, AreNotWaitedForByWhatIsNotKept) {
  LargeContents large(1);
  const Intake intake = KeptOf(large, kPictureBytesMax + 1, 80'000);
  EXPECT_FALSE(intake.is_kept);
  EXPECT_EQ(intake.turn, nullptr);
}

}  // namespace
}  // namespace kenal::scan
