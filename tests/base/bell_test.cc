#include "src/base/bell.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace kenal::base {
namespace {

using std::chrono::milliseconds;

TEST(Bell, ARingBeforeTheWaitEndsItAtOnce) {
  Bell bell;
  bell.Ring();
  bell.Wait();
  EXPECT_FALSE(bell.WaitFor(milliseconds(1)));
}

TEST(Bell, EveryRingEndsOneWait) {
  Bell bell;
  for (int i = 0; i < 3; ++i) bell.Ring();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bell.WaitFor(milliseconds(0)));
  EXPECT_FALSE(bell.WaitFor(milliseconds(0)));
}

TEST(Bell, NobodyIsLeftWaiting) {
  constexpr int kRounds = 20'000;
  Bell there;
  Bell back;
  std::atomic<int> rounds = 0;
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      there.Wait();
      ++rounds;
      back.Ring();
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    there.Ring();
    ASSERT_TRUE(back.WaitFor(milliseconds(60'000)));
    ASSERT_EQ(rounds, i + 1);
  }
  other.join();
}

TEST(Bell, AWaitOfMoreThanASecondIsOfThatLength) {
  Bell bell;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(bell.WaitFor(milliseconds(1010)));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(1010));
}

}  // namespace
}  // namespace kenal::base
