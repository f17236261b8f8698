#include "bench/load/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace kenal::load {
namespace {

constexpr uint64_t kSeed = 7;
constexpr int kCount = 200'000;

std::vector<double> Gaps(Schedule schedule) {
  std::vector<double> gaps;
  int64_t before = 0;
  for (int i = 0; i < kCount; ++i) {
    const int64_t at = schedule.Next();
    EXPECT_GE(at, before);
    gaps.push_back(static_cast<double>(at - before));
    before = at;
  }
  return gaps;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Of 200,000 exponential gaps the mean is off by 0.22 % in one of three runs;
// the seed is fixed and 1 % is more than four times that.
TEST(Schedule, PoissonArrivalsHaveTheMeanAndTheSpreadOfExponentialGaps) {
  for (const double rate : {100.0, 2'000.0, 50'000.0}) {
    const std::vector<double> gaps =
        Gaps(Schedule(Arrivals::kPoisson, rate, kSeed));
    const double mean = Mean(gaps);
    EXPECT_NEAR(mean, 1e9 / rate, 1e7 / rate);
    std::vector<double> squares;
    int longer = 0;  // than the mean: e^-1 of all
    for (const double gap : gaps) {
      squares.push_back((gap - mean) * (gap - mean));
      longer += gap > mean ? 1 : 0;
    }
    EXPECT_NEAR(std::sqrt(Mean(squares)) / mean, 1, 0.02);
    EXPECT_NEAR(static_cast<double>(longer) / kCount, std::exp(-1.0), 0.01);
  }
}

// Arrivals in windows of ten expected ones scatter as a Poisson count does:
// the variance equals the mean.
TEST(Schedule, PoissonCountsInWindowsHaveTheirMeanAsVariance) {
  Schedule schedule(Arrivals::kPoisson, 1'000, kSeed);
  constexpr int64_t kWindowNs = 10'000'000;
  std::vector<double> counts(10'000);
  for (int64_t at = schedule.Next();
       at < kWindowNs * static_cast<int64_t>(counts.size());
       at = schedule.Next()) {
    ++counts[static_cast<size_t>(at / kWindowNs)];
  }
  const double mean = Mean(counts);
  std::vector<double> squares;
  for (const double count : counts) {
    squares.push_back((count - mean) * (count - mean));
  }
  EXPECT_NEAR(mean, 10, 0.2);
  EXPECT_NEAR(Mean(squares) / mean, 1, 0.06);
}

TEST(Schedule, ConstantArrivalsNeverDriftFromTheirRate) {
  Schedule schedule(Arrivals::kConstant, 3'000, kSeed);
  for (int i = 1; i <= kCount; ++i) {
    EXPECT_NEAR(static_cast<double>(schedule.Next()), i * 1e9 / 3'000, 2);
  }
}

TEST(Schedule, OneSeedGivesTheSameArrivalsAndAnotherGivesOthers) {
  Schedule one(Arrivals::kPoisson, 100, 1), same(Arrivals::kPoisson, 100, 1),
      other(Arrivals::kPoisson, 100, 2);
  int alike = 0;
  for (int i = 0; i < 1'000; ++i) {
    const int64_t at = one.Next();
    EXPECT_EQ(at, same.Next());
    alike += at == other.Next() ? 1 : 0;
  }
  EXPECT_LT(alike, 10);
}

}  // namespace
}  // namespace kenal::load
