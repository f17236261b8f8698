// Bounds of shares against binomial sums, closed forms and tables.
#include "tools/kenal/calibrate_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace kenal::cli {
namespace {

// P(X <= hits) of a binomial count, summed term by term.
double AtMostSo(uint64_t hits, uint64_t count, double share) {
  if (share <= 0) return 1;
  if (share >= 1) return hits >= count ? 1 : 0;
  const auto n = static_cast<double>(count);
  double sum = 0;
  for (uint64_t i = 0; i <= hits; ++i) {
    const auto k = static_cast<double>(i);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) -
                    std::lgamma(n - k + 1) + k * std::log(share) +
                    (n - k) * std::log1p(-share));
  }
  return sum;
}

// At the bound, so few hits have exactly the chance that is left open.
TEST(CalibrateStatistics, BoundsLeaveExactlyTheChanceThatTheySay) {
  for (uint64_t count : {1, 2, 7, 50, 300, 1153, 20'000}) {
    for (uint64_t hits : {0, 1, 2, 6, 25, 49, 300}) {
      if (hits > count) continue;
      SCOPED_TRACE(testing::Message() << hits << " of " << count);
      const Interval within = ShareWithin(hits, count);
      if (hits < count) {
        EXPECT_NEAR(AtMostSo(hits, count, ShareAtMost(hits, count)), 0.05,
                    1e-8);
        EXPECT_NEAR(AtMostSo(hits, count, within.high), 0.025, 1e-8);
      }
      if (hits > 0) {
        EXPECT_NEAR(1 - AtMostSo(hits - 1, count, within.low), 0.025, 1e-8);
      }
    }
  }
}

TEST(CalibrateStatistics, NoneInManyLeavesRoomForAboutThree) {
  for (uint64_t count : {10, 300, 1'000'000}) {
    const auto n = static_cast<double>(count);
    EXPECT_NEAR(ShareAtMost(0, count), 1 - std::pow(0.05, 1 / n), 1e-12);
    EXPECT_LT(ShareAtMost(0, count), 3 / n);
  }
  EXPECT_GT(ShareAtMost(0, 1000) * 1000, 2.99);
}

// As R's binom.test prints them.
TEST(CalibrateStatistics, IntervalsAreThoseOfTables) {
  EXPECT_NEAR(ShareWithin(0, 10).high, 0.3084971, 1e-7);
  EXPECT_NEAR(ShareWithin(5, 10).low, 0.1870860, 1e-7);
  EXPECT_NEAR(ShareWithin(5, 10).high, 0.8129140, 1e-7);
  EXPECT_NEAR(ShareWithin(1, 20).low, 0.001265089, 1e-9);
  EXPECT_NEAR(ShareWithin(1, 20).high, 0.2487328, 1e-7);
}

TEST(CalibrateStatistics, TheEndsAreWhole) {
  EXPECT_EQ(ShareAtMost(0, 0), 1);
  EXPECT_EQ(ShareAtMost(9, 9), 1);
  EXPECT_EQ(ShareWithin(0, 0).low, 0);
  EXPECT_EQ(ShareWithin(0, 0).high, 1);
  EXPECT_EQ(ShareWithin(0, 9).low, 0);
  EXPECT_EQ(ShareWithin(9, 9).high, 1);
}

TEST(CalibrateStatistics, MirroredCountsHaveMirroredIntervals) {
  for (uint64_t hits = 0; hits <= 40; ++hits) {
    const Interval one = ShareWithin(hits, 40);
    const Interval other = ShareWithin(40 - hits, 40);
    EXPECT_NEAR(one.low, 1 - other.high, 1e-12);
    EXPECT_NEAR(one.high, 1 - other.low, 1e-12);
  }
}

TEST(CalibrateStatistics, TextNeverCallsNothingZero) {
  EXPECT_EQ(CountAtMost(0, 1153),
            "0 of 1,153, at most 0.26 % with 95 % confidence");
  EXPECT_EQ(CountAtMost(0, 10'000'000),
            "0 of 10,000,000, at most 0.000030 % with 95 % confidence");
  EXPECT_EQ(Percent(1), "100.0 %");
}

}  // namespace
}  // namespace kenal::cli
