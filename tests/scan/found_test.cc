// The queue between finding and looking: order, bounds, and its end.
#include "src/scan/found.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/support/support.h"

namespace kenal::scan {
namespace {

FoundFile File(std::string name, Rank rank = Rank::kOther,
               uint64_t size_bytes = 1, Hint hint = Hint::kNone) {
  static const auto folder =
      std::make_shared<const FoundFolder>(FoundFolder{.path = "x/"});
  return {.folder = folder,
          .name = std::move(name),
          .size_bytes = size_bytes,
          .rank = rank,
          .hint = hint};
}

std::vector<std::string> Names(const std::vector<FoundFile>& files) {
  std::vector<std::string> names;
  for (const FoundFile& file : files) names.push_back(file.name);
  return names;
}

void PushOne(FoundQueue& queue, FoundFile file) {
  std::vector<FoundFile> files;
  files.push_back(std::move(file));
  queue.Push(std::move(files));
}

TEST(FoundQueue, GivesLikelyPlacesFirstElseInTheOrderOfFinding) {
  std::mt19937_64 random(testing::TestSeed());
  FoundQueue queue;
  std::vector<std::pair<Rank, std::string>> pushed;
  for (int i = 0; i < 1'000; ++i) {
    const auto rank = static_cast<Rank>(random() % kRankCount);
    pushed.emplace_back(rank, std::to_string(i));
    PushOne(queue, File(std::to_string(i), rank));
  }
  queue.Finish();
  std::ranges::stable_sort(pushed, {}, &std::pair<Rank, std::string>::first);
  std::vector<std::string> expected;
  for (const auto& [rank, name] : pushed) expected.push_back(name);
  std::vector<std::string> taken;
  for (;;) {
    const auto files = queue.Take(1 + random() % 20, UINT64_MAX);
    if (files.empty()) break;
    std::set<Rank> ranks;
    for (const FoundFile& file : files) ranks.insert(file.rank);
    EXPECT_EQ(ranks.size(), 1U);
    for (const std::string& name : Names(files)) taken.push_back(name);
  }
  EXPECT_EQ(taken, expected);
}

TEST(FoundQueue, GivesNoMoreFilesAndBytesThanAskedFor) {
  FoundQueue queue;
  for (const uint64_t size : {10, 10, 11, 500, 1}) {
    PushOne(queue, File(std::to_string(size), Rank::kOther, size));
  }
  EXPECT_EQ(queue.Take(2, 1'000).size(), 2U);
  // A file larger than the bound comes alone.
  EXPECT_EQ(Names(queue.Take(9, 510)), std::vector<std::string>{"11"});
  EXPECT_EQ(Names(queue.Take(9, 5)), std::vector<std::string>{"500"});
  EXPECT_EQ(Names(queue.Take(9, 5)), std::vector<std::string>{"1"});
}

TEST(FoundQueue, StopAndFinishWakeWhoeverWaits) {
  for (const bool stops : {true, false}) {
    FoundQueue queue;
    std::vector<std::thread> waiters;
    std::atomic<int> woken{0};
    for (int i = 0; i < 4; ++i) {
      waiters.emplace_back([&] {
        EXPECT_TRUE(queue.Take(5, 5).empty());
        ++woken;
      });
    }
    stops ? queue.Stop() : queue.Finish();
    for (std::thread& waiter : waiters) waiter.join();
    EXPECT_EQ(woken, 4);
  }
}

TEST(FoundQueue, AfterStopNothingIsGivenAndTheRestIsThere) {
  FoundQueue queue;
  PushOne(queue, File("a"));
  queue.Stop();
  PushOne(queue, File("b", Rank::kCamera));
  EXPECT_TRUE(queue.Take(5, 5).empty());
  EXPECT_EQ(Names(queue.Rest()), (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(queue.Rest().empty());
}

TEST(FoundQueue, WhatIsHeldWaitsForTheDraw) {
  FoundQueue queue;
  queue.Hold();
  for (int i = 0; i < 10; ++i) {
    PushOne(queue, File(std::to_string(i), Rank::kOther, 1U << i,
                        i < 5 ? Hint::kPicture : Hint::kNone));
  }
  std::atomic<bool> is_released{false};
  std::vector<std::string> taken;
  std::thread taker([&] {
    taken = Names(queue.Take(100, UINT64_MAX));
    EXPECT_TRUE(is_released);
  });
  size_t seen = 0;
  queue.ForEach([&](const FoundFile&) { ++seen; });
  EXPECT_EQ(seen, 10U);
  is_released = true;
  const auto others = queue.Release(
      [](const FoundFile& file) { return file.size_bytes % 3 == 1; });
  taker.join();
  EXPECT_EQ(taken, (std::vector<std::string>{"0", "2", "4", "6", "8"}));
  EXPECT_EQ(Names(others), (std::vector<std::string>{"1", "3", "5", "7", "9"}));
  Amounts expected;
  for (int i = 0; i < 10; i += 2) {
    ++expected.files;
    expected.bytes += uint64_t{1} << i;
  }
  EXPECT_EQ(queue.found().files, expected.files);
  EXPECT_EQ(queue.found().bytes, expected.bytes);
  // Only the files that stayed cost anything.
  const auto& cost = queue.found().cost;
  const double of_pictures = CostOf(File("", Rank::kOther, 1, Hint::kPicture)) +
                             CostOf(File("", Rank::kOther, 4, Hint::kPicture)) +
                             CostOf(File("", Rank::kOther, 16, Hint::kPicture));
  EXPECT_NEAR(cost[static_cast<size_t>(Hint::kPicture)], of_pictures, 1e-6);
}

TEST(FoundQueue, ManyThreadsGetEachFileOnce) {
  constexpr int kFinders = 3;
  constexpr int kTakers = 4;
  constexpr int kFilesEach = 4'000;
  FoundQueue queue;
  std::vector<std::thread> finders;
  std::vector<std::thread> takers;
  std::vector<std::vector<std::string>> taken(kTakers);
  for (int i = 0; i < kTakers; ++i) {
    takers.emplace_back([&queue, &mine = taken[static_cast<size_t>(i)]] {
      for (;;) {
        const auto files = queue.Take(7, 40);
        if (files.empty()) return;
        for (const std::string& name : Names(files)) mine.push_back(name);
      }
    });
  }
  for (int i = 0; i < kFinders; ++i) {
    finders.emplace_back([&queue, i] {
      std::mt19937_64 random(static_cast<uint64_t>(i));
      for (int n = 0; n < kFilesEach; ++n) {
        PushOne(queue, File(std::to_string(i) + "-" + std::to_string(n),
                            static_cast<Rank>(random() % kRankCount), 9));
      }
    });
  }
  for (std::thread& finder : finders) finder.join();
  queue.Finish();
  for (std::thread& taker : takers) taker.join();
  std::multiset<std::string> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), size_t{kFinders} * kFilesEach);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  EXPECT_EQ(queue.found().files, all.size());
  EXPECT_EQ(queue.found().bytes, all.size() * 9);
}

}  // namespace
}  // namespace kenal::scan
