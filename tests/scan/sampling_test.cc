// Samples: as many draws as the promise needs, drawn fairly, and the promise
// itself, kept.
#include "src/scan/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "tests/support/support.h"

namespace kenal::scan {
namespace {

// log((1 - M/T)^n), the chance that n draws all miss, in another precision.
long double LogOfMissing(const SampleOrder& order, uint64_t population,
                         uint64_t draws) {
  const auto left = static_cast<long double>(population - order.material_bytes);
  return static_cast<long double>(draws) *
         (std::log(left) - std::log(static_cast<long double>(population)));
}

TEST(Sampling, DrawsAsOftenAsThePromiseNeedsAndNoOftener) {
  std::mt19937_64 random(testing::TestSeed());
  std::uniform_real_distribution<double> exponent(0, 45);
  std::uniform_real_distribution<double> sure(0.01, 0.99999);
  for (int i = 0; i < 20'000; ++i) {
    const auto population =
        static_cast<uint64_t>(std::exp2(exponent(random))) + 2;
    const auto least = population / 1'000'000 + 1;
    const SampleOrder order{
        .confidence = sure(random),
        .material_bytes = least + random() % (population - least)};
    const uint64_t draws = DrawCount(order, population);
    const long double allowed =
        std::log1p(-static_cast<long double>(order.confidence));
    const long double slack = 1e-6L * std::abs(allowed);
    ASSERT_GE(draws, 1U);
    EXPECT_LE(LogOfMissing(order, population, draws), allowed + slack)
        << order.confidence << " " << order.material_bytes << " " << population;
    if (draws == 1) continue;
    EXPECT_GT(LogOfMissing(order, population, draws - 1), allowed - slack)
        << order.confidence << " " << order.material_bytes << " " << population;
  }
}

TEST(Sampling, DrawsAtTheEdges) {
  EXPECT_EQ(DrawCount({.confidence = 0.99, .material_bytes = 5}, 0), 0U);
  EXPECT_EQ(DrawCount({.confidence = 0.99, .material_bytes = 5}, 5), 1U);
  EXPECT_EQ(DrawCount({.confidence = 0.99, .material_bytes = 6}, 5), 1U);
  EXPECT_EQ(DrawCount({.confidence = 1e-12, .material_bytes = 1}, 1'000), 1U);
  const SampleOrder sure{.confidence = 0.999999, .material_bytes = 1};
  EXPECT_GE(DrawCount(sure, UINT64_MAX), DrawCount(sure, uint64_t{1} << 50));
}

TEST(Sampling, TheSameSeedDrawsTheSameFiles) {
  std::mt19937_64 random(testing::TestSeed());
  std::vector<uint64_t> sizes(500);
  for (uint64_t& size : sizes) size = random() % 1'000;
  SampleOrder order{
      .confidence = 0.9, .material_bytes = 2'000, .seed = random()};
  const std::vector<bool> drawn = DrawFiles(order, sizes);
  EXPECT_EQ(DrawFiles(order, sizes), drawn);
  ++order.seed;
  EXPECT_NE(DrawFiles(order, sizes), drawn);
}

TEST(Sampling, FilesWithoutBytesAreNeverDrawn) {
  std::mt19937_64 random(testing::TestSeed());
  for (int i = 0; i < 200; ++i) {
    std::vector<uint64_t> sizes(20);
    for (uint64_t& size : sizes) size = random() % 3;
    sizes.front() = 0;
    sizes.back() = 0;
    for (const uint64_t material : {uint64_t{1}, uint64_t{1'000}}) {
      const auto drawn = DrawFiles(
          {.confidence = 0.99, .material_bytes = material, .seed = random()},
          sizes);
      for (size_t file = 0; file < sizes.size(); ++file) {
        EXPECT_FALSE(sizes[file] == 0 && drawn[file]) << file;
      }
    }
  }
  EXPECT_TRUE(DrawFiles({.material_bytes = 1}, {}).empty());
  EXPECT_EQ(DrawFiles({.material_bytes = 1}, std::vector<uint64_t>(3)),
            std::vector<bool>(3));
}

// A single draw a time: then each file is hit as often as its share.
TEST(Sampling, FilesAreHitInProportionToTheirSizes) {
  std::mt19937_64 random(testing::TestSeed());
  const std::vector<uint64_t> sizes{1, 0, 7, 30, 2, 60, 0, 100};
  const auto population =
      std::accumulate(sizes.begin(), sizes.end(), uint64_t{0});
  constexpr int kRounds = 100'000;
  std::vector<int> hits(sizes.size());
  for (int i = 0; i < kRounds; ++i) {
    const auto drawn = DrawFiles(
        {.confidence = 0.5, .material_bytes = population, .seed = random()},
        sizes);
    for (size_t file = 0; file < sizes.size(); ++file) {
      hits[file] += drawn[file] ? 1 : 0;
    }
  }
  double chi_square = 0;
  for (size_t file = 0; file < sizes.size(); ++file) {
    if (sizes[file] == 0) continue;
    const double expected = double{kRounds} * static_cast<double>(sizes[file]) /
                            static_cast<double>(population);
    chi_square += (hits[file] - expected) * (hits[file] - expected) / expected;
  }
  // Five degrees of freedom: beyond it once in ten million runs.
  EXPECT_LT(chi_square, 41.0);
}

TEST(Sampling, MaterialIsMissedNoOftenerThanPromised) {
  std::mt19937_64 random(testing::TestSeed());
  constexpr int kRounds = 20'000;
  constexpr double kConfidence = 0.9;
  int missed = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<uint64_t> sizes(60);
    for (uint64_t& size : sizes) size = random() % 200;
    std::vector<size_t> order(sizes.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    uint64_t material = 0;
    std::vector<bool> is_listed(sizes.size());
    const size_t listed_count = 1 + random() % 5;
    for (size_t i = 0; i < listed_count || material == 0; ++i) {
      is_listed[order[i]] = true;
      material += sizes[order[i]];
    }
    const auto drawn = DrawFiles({.confidence = kConfidence,
                                  .material_bytes = material,
                                  .seed = random()},
                                 sizes);
    bool is_found = false;
    for (size_t i = 0; i < sizes.size(); ++i) {
      is_found = is_found || (is_listed[i] && drawn[i]);
    }
    missed += is_found ? 0 : 1;
  }
  const double most = kRounds * (1 - kConfidence);
  EXPECT_LT(missed, most + 5.5 * std::sqrt(most * kConfidence));
  // And it is no sample of everything.
  EXPECT_GT(missed, most / 4);
}

TEST(Sampling, MoreDrawsThanTimeAllowsTakeEveryFile) {
  const std::vector<uint64_t> sizes{uint64_t{1} << 50, 0, 1};
  const SampleOrder order{.confidence = 0.9999, .material_bytes = 1};
  ASSERT_GT(DrawCount(order, sizes[0] + 1), kDrawsMax);
  EXPECT_EQ(DrawFiles(order, sizes), (std::vector<bool>{true, false, true}));
}

}  // namespace
}  // namespace kenal::scan
