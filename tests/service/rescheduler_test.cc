#include "src/service/rescheduler.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <optional>
#include <thread>

namespace kenal::service {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

bool LooksMoreThan(const Rescheduler& rescheduler, uint64_t looks) {
  for (int i = 0; i < 20'000; ++i) {
    if (rescheduler.looks() > looks) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return false;
}

// No look for longer than any of its sleeps takes.
bool ComesToRest(const Rescheduler& rescheduler) {
  for (int i = 0; i < 200; ++i) {
    const uint64_t before = rescheduler.looks();
    std::this_thread::sleep_for(milliseconds(100));
    if (rescheduler.looks() == before) return true;
  }
  return false;
}

TEST(Rescheduler, LooksOnlyWhileSomethingHoldsIt) {
  if (std::thread::hardware_concurrency() > Rescheduler::kProcessorsMax) {
    GTEST_SKIP() << "too many processors to look at";
  }
  Rescheduler rescheduler(microseconds(200), milliseconds(0));
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(rescheduler.looks(), 0U);
  for (int round = 0; round < 3; ++round) {
    std::optional<Rescheduler::Hold> first;
    std::optional<Rescheduler::Hold> second;
    first.emplace(&rescheduler);
    second.emplace(&rescheduler);
    EXPECT_TRUE(LooksMoreThan(rescheduler, rescheduler.looks() + 10));
    first.reset();
    EXPECT_TRUE(LooksMoreThan(rescheduler, rescheduler.looks() + 100));
    second.reset();
    EXPECT_TRUE(ComesToRest(rescheduler));
  }
}

TEST(Rescheduler, GoesOnAfterwardsForTheTimeItWasGiven) {
  if (std::thread::hardware_concurrency() > Rescheduler::kProcessorsMax) {
    GTEST_SKIP() << "too many processors to look at";
  }
  Rescheduler rescheduler(microseconds(200), milliseconds(60'000));
  { const Rescheduler::Hold hold(&rescheduler); }
  EXPECT_TRUE(LooksMoreThan(rescheduler, 500));
}

TEST(Rescheduler, EndsWhileItIsNotHeldAndWithoutAPeriod) {
  { const Rescheduler rescheduler(microseconds(200)); }
  Rescheduler none(microseconds(0));
  const Rescheduler::Hold hold(&none);
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(none.looks(), 0U);
}

TEST(Rescheduler, ADoneHoldOfNothingIsNoTrouble) {
  const Rescheduler::Hold hold(nullptr);
}

}  // namespace
}  // namespace kenal::service
