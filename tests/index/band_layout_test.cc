#include "src/index/band_layout.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "tests/index/test_data.h"

namespace kenal::index {
namespace {

TEST(BandLayout, BandsCutTheHashWithoutGapOrOverlap) {
  for (int count = kBandsMin; count <= kBandsMax; ++count) {
    const BandLayout layout(count);
    int end = 0;
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(layout.band(i).offset, end);
      end += layout.band(i).width;
    }
    EXPECT_EQ(end, kHashBits);
  }
}

// The argument of docs/index.md needs exactly this of the thresholds.
TEST(BandLayout, SharedThresholdsSpendTheWholeBudget) {
  for (int count = kBandsMin; count <= kBandsMax; ++count) {
    const BandLayout layout(count);
    for (int budget = 1; budget <= kRadiusBitsMax + 1; ++budget) {
      const Thresholds thresholds = layout.Share(1'000'000, budget);
      int sum = 0;
      for (int i = 0; i < count; ++i) {
        sum += thresholds[static_cast<size_t>(i)] + 1;
      }
      EXPECT_EQ(sum, budget);
    }
  }
}

// For random differences within the radius, some band is met and keeps the
// row by its sketch.
TEST(BandLayout, SomeBandMeetsEveryDifferenceWithinTheRadius) {
  Random random(TestSeed());
  for (int count = kBandsMin; count <= kBandsMax; ++count) {
    const BandLayout layout(count);
    for (int round = 0; round < 300; ++round) {
      const int radius = static_cast<int>(random() % 64);
      const PdqHash bits = AtDistance(PdqHash{}, radius, random);
      const Thresholds plan = layout.Share(random() % 100'000'000, radius + 1);
      int met = 0;
      for (int i = 0; i < count; ++i) {
        const int distance = std::popcount(layout.band(i).Key(&bits.bytes[0]));
        const int sketch =
            std::popcount(layout.band(layout.After(i)).Sketch(&bits.bytes[0]));
        if (distance <= plan[static_cast<size_t>(i)] &&
            sketch <= layout.SketchBound(plan, i, distance)) {
          ++met;
        }
      }
      ASSERT_GE(met, 1) << count << " bands, radius " << radius;
    }
  }
}

TEST(BandLayout, MoreMemoryNeverMakesTheLayoutSlower) {
  for (const uint64_t rows : {3'000'000, 10'000'000, 100'000'000}) {
    double before = INFINITY;
    for (const int row_bytes : {70, 80, 90, 100, 110, 160}) {
      const BandLayout layout = BandLayout::For(rows, row_bytes);
      if (layout.count() == 0) continue;
      EXPECT_LE(5 * layout.count(), row_bytes);
      const double cost = layout.Cost(rows, layout.Share(rows, 32));
      EXPECT_LE(cost, before);
      before = cost;
    }
    EXPECT_LT(before, INFINITY);
  }
}

TEST(BandLayout, FewRowsAreScannedFlat) {
  EXPECT_EQ(BandLayout::For(0, 128).count(), 0);
  EXPECT_EQ(BandLayout::For(100, 128).count(), 0);
}

TEST(BallMasks, AreAllMasksOfEachDistanceOnce) {
  for (const int width : {1, 8, 13, 16, 32}) {
    const BallMasks masks(width, 3);
    double total = 0;
    for (int distance = 0; distance <= masks.radius(); ++distance) {
      std::set<uint32_t> seen(masks.begin(distance), masks.end(distance));
      EXPECT_EQ(seen.size(), static_cast<size_t>(masks.end(distance) -
                                                 masks.begin(distance)));
      for (const uint32_t mask : seen) {
        EXPECT_EQ(std::popcount(mask), distance);
        EXPECT_EQ(uint64_t{mask} >> width, 0);
      }
      total += static_cast<double>(seen.size());
    }
    EXPECT_EQ(total, BallSize(width, 3));
  }
}

TEST(BitsAt, ReadsAnyStretchOfAHash) {
  Random random(TestSeed());
  const PdqHash hash = RandomHash(random);
  for (int offset = 0; offset < kHashBits; ++offset) {
    for (int width = 1; width <= std::min(26, kHashBits - offset); ++width) {
      uint32_t expected = 0;
      for (int i = 0; i < width; ++i) {
        const int bit = offset + i;
        expected |=
            ((uint32_t{hash.bytes[static_cast<size_t>(bit / 8)]} >> (bit % 8)) &
             1)
            << i;
      }
      ASSERT_EQ(BitsAt(hash.bytes.data(), offset, width), expected);
    }
  }
}

}  // namespace
}  // namespace kenal::index
