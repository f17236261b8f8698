#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace kenal::load {
namespace {

constexpr uint64_t kSeed = 20'260'131;

// The oracle: the value that at least `percent` of all do not exceed.
int64_t Exact(const std::vector<int64_t>& sorted, double percent) {
  const auto wanted = static_cast<size_t>(std::max(
      1.0, std::ceil(percent / 100 * static_cast<double>(sorted.size()))));
  return sorted[wanted - 1];
}

// Never below the exact value, and at most a thousandth above it.
void ExpectThreeDigits(std::vector<int64_t> values) {
  Histogram histogram;
  for (const int64_t value : values) histogram.Record(value);
  std::sort(values.begin(), values.end());
  for (const double percent : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const int64_t exact = Exact(values, percent);
    const int64_t got = histogram.Percentile(percent);
    EXPECT_GE(got, exact) << percent;
    EXPECT_LE(got - exact, exact / 1000) << percent << " of " << exact;
  }
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(Histogram, AgreesWithASortToThreeDigitsOverAllMagnitudes) {
  std::mt19937_64 random(kSeed);
  std::vector<int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<int64_t>(random() >> (21 + random() % 43)));
  }
  ExpectThreeDigits(values);
}

TEST(Histogram, AgreesWithASortOnALongTail) {
  std::mt19937_64 random(kSeed);
  std::lognormal_distribution<double> latency(13, 1.5);
  std::vector<int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<int64_t>(latency(random)));
  }
  ExpectThreeDigits(values);
}

TEST(Histogram, IsExactForSmallValuesAndAtEachPowerOfTwo) {
  std::vector<int64_t> values;
  for (int64_t value = 0; value < 2048; ++value) values.push_back(value);
  for (int bit = 11; bit < 44; ++bit) {
    for (const int64_t off : {-1, 0, 1}) {
      values.push_back((int64_t{1} << bit) + off);
    }
  }
  for (const int64_t value : values) ExpectThreeDigits({value});
}

TEST(Histogram, KeepsValuesBeyondItsRangeAtTheEnds) {
  Histogram histogram;
  histogram.Record(-5);
  EXPECT_EQ(histogram.Percentile(100), 0);
  histogram.Record(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(histogram.max(), Histogram::Buckets::kValueMax);
  EXPECT_EQ(histogram.Percentile(100), Histogram::Buckets::kValueMax);
}

TEST(Histogram, AddingTwoIsRecordingTheValuesOfBoth) {
  std::mt19937_64 random(kSeed);
  Histogram both, one, other;
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<int64_t>(random() % 10'000'000);
    both.Record(value);
    (i % 3 == 0 ? one : other).Record(value);
  }
  one.Add(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_NEAR(one.Mean(), both.Mean(), both.Mean() * 1e-9);
  for (double percent = 0; percent <= 100; percent += 0.5) {
    EXPECT_EQ(one.Percentile(percent), both.Percentile(percent));
  }
}

TEST(Histogram, AnEmptyOneSaysZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.Percentile(99), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.Mean(), 0);
}

}  // namespace
}  // namespace kenal::load
