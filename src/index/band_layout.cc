#include "src/index/band_layout.h"

#include <algorithm>
#include <cmath>

namespace kenal::index {
namespace {

// Measured on one Sapphire Rapids core under a hypervisor, in nanoseconds
// (docs/index.md, "Cost model"). Only their ratios matter: they choose a
// layout, never an answer.
constexpr double kGroupNs = 17.0;     // find a group and fetch its first line
constexpr double kLineNs = 4.5;       // each further line of 32 sketches
constexpr double kSurvivorNs = 20.0;  // row number and hash: two random lines
constexpr double kFlatCachedNs = 0.5;
constexpr double kFlatMemoryNs = 3.5;
// What a band costs more beside one of a higher threshold.
constexpr double kCrowdingShare = 0.1;
// Tables that the caches hold are this much cheaper.
constexpr double kCachedShare = 0.35;
constexpr double kCachedRows = 1e6;

// Tables smaller than this in all are not worth saving on.
constexpr double kSmallBytes = 128e6;

double CacheFactor(uint64_t row_count) {
  const double rows = static_cast<double>(row_count);
  if (rows <= kCachedRows) return kCachedShare;
  return kCachedShare +
         (1 - kCachedShare) * std::min(1.0, std::log10(rows / kCachedRows));
}

double Choose(int n, int k) {
  double value = 1;
  for (int i = 0; i < k; ++i) value = value * (n - i) / (i + 1);
  return value;
}

}  // namespace

double BallSize(int width, int radius) {
  double size = 0;
  for (int d = 0; d <= std::min(width, radius); ++d) size += Choose(width, d);
  return size;
}

double FlatScanNs(uint64_t row_count) {
  const double rows = static_cast<double>(row_count);
  return rows * (rows <= kCachedRows ? kFlatCachedNs : kFlatMemoryNs);
}

BandLayout::BandLayout(int count) : count_(count) {
  KENAL_CHECK(count >= kBandsMin && count <= kBandsMax);
  int offset = 0;
  for (int i = 0; i < count; ++i) {
    const int end = kHashBits * (i + 1) / count;
    bands_[static_cast<size_t>(i)] = {offset, end - offset};
    offset = end;
  }
}

BandLayout BandLayout::For(uint64_t row_count, int row_bytes_max) {
  BandLayout best;
  double best_cost = FlatScanNs(row_count);
  for (int count = kBandsMin; count <= kBandsMax; ++count) {
    const BandLayout layout(count);
    const double directory =
        4.0 * count * std::exp2(layout.band(count - 1).width);
    const double row_bytes =
        (2 + NumberBytes(row_count)) * count +  // a sketch and a row number
        directory / static_cast<double>(std::max<uint64_t>(row_count, 1));
    const bool small =
        row_bytes * static_cast<double>(row_count) <= kSmallBytes;
    if (row_bytes > row_bytes_max && !small) continue;
    const double cost = layout.Cost(
        row_count, layout.Share(row_count, kDefaultRadius.bits + 1));
    if (cost < best_cost) {
      best = layout;
      best_cost = cost;
    }
  }
  return best;
}

double BandLayout::BandCost(uint64_t row_count, int i, int threshold) const {
  if (threshold == kSkip) return 0;
  const int width = band(i).width;
  const double group_rows = static_cast<double>(row_count) / std::exp2(width);
  const double groups = BallSize(width, threshold);
  const int sketch = std::min(kSketchBits, band(After(i)).width);
  // As if the band after had the same threshold and the key differed in all
  // the bits that it may.
  const double passing = BallSize(sketch, threshold + 1) / std::exp2(sketch);
  return groups *
         (kGroupNs + kLineNs * group_rows / 32 +
          kSurvivorNs * group_rows * passing) *
         CacheFactor(row_count);
}

double BandLayout::Cost(uint64_t row_count,
                        const Thresholds& thresholds) const {
  double cost = 0;
  for (int i = 0; i < count_; ++i) {
    cost += BandCost(row_count, i, thresholds[static_cast<size_t>(i)]);
  }
  return cost;
}

Thresholds BandLayout::Share(uint64_t row_count, int budget) const {
  KENAL_CHECK(budget >= 1 && budget <= kRadiusBitsMax + 1);
  Thresholds thresholds;
  thresholds.fill(kSkip);
  const auto at = [&](int i) {
    return int{thresholds[static_cast<size_t>((i + count_) % count_)]};
  };
  for (; budget > 0; --budget) {
    int cheapest = 0;
    double least = INFINITY;
    for (int i = 0; i < count_; ++i) {
      const int now = at(i);
      // High thresholds side by side would let more sketches pass.
      const int crowding =
          (at(i - 1) > now ? 1 : 0) + (at(i + 1) > now ? 1 : 0);
      const double more =
          (BandCost(row_count, i, now + 1) - BandCost(row_count, i, now)) *
          (1 + kCrowdingShare * crowding);
      if (more < least) {
        least = more;
        cheapest = i;
      }
    }
    ++thresholds[static_cast<size_t>(cheapest)];
  }
  return thresholds;
}

BallMasks::BallMasks(int width, int radius) {
  masks_.push_back(0);
  ends_.push_back(1);
  for (int d = 1; d <= std::min(width, radius); ++d) {
    // Gosper's hack: the next number with the same count of ones.
    for (uint64_t mask = (uint64_t{1} << d) - 1; mask >> width == 0;) {
      masks_.push_back(static_cast<uint32_t>(mask));
      const uint64_t low = mask & (~mask + 1);
      const uint64_t ripple = mask + low;
      mask = ripple | (((mask ^ ripple) >> 2) / low);
    }
    ends_.push_back(masks_.size());
  }
}

}  // namespace kenal::index
