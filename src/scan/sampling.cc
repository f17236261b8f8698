#include "src/scan/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace kenal::scan {
namespace {

// Without the modulo's bias, and alike on every standard library.
uint64_t Below(uint64_t end, std::mt19937_64& random) {
  const uint64_t rest = UINT64_MAX % end + 1;
  for (;;) {
    const uint64_t value = random();
    if (rest == end || value < UINT64_MAX - rest + 1) return value % end;
  }
}

}  // namespace

uint64_t DrawCount(const SampleOrder& order, uint64_t population_bytes) {
  if (population_bytes == 0) return 0;
  if (order.material_bytes >= population_bytes) return 1;
  const double missed = std::log1p(-static_cast<double>(order.material_bytes) /
                                   static_cast<double>(population_bytes));
  const double count = std::ceil(std::log1p(-order.confidence) / missed);
  constexpr double kCountMax = 1e18;
  return std::max<uint64_t>(1,
                            static_cast<uint64_t>(std::min(count, kCountMax)));
}

std::vector<bool> DrawFiles(const SampleOrder& order,
                            std::span<const uint64_t> sizes_bytes) {
  std::vector<bool> drawn(sizes_bytes.size(), false);
  const uint64_t population_bytes =
      std::accumulate(sizes_bytes.begin(), sizes_bytes.end(), uint64_t{0});
  uint64_t left = DrawCount(order, population_bytes);
  if (left == 0) return drawn;
  if (left > kDrawsMax) {
    std::transform(sizes_bytes.begin(), sizes_bytes.end(), drawn.begin(),
                   [](uint64_t size) { return size > 0; });
    return drawn;
  }
  std::vector<uint64_t> ends(sizes_bytes.size());
  std::partial_sum(sizes_bytes.begin(), sizes_bytes.end(), ends.begin());
  std::mt19937_64 random(order.seed);
  for (; left > 0; --left) {
    const uint64_t position = Below(population_bytes, random);
    const auto file = std::ranges::upper_bound(ends, position);
    drawn[static_cast<size_t>(file - ends.begin())] = true;
  }
  return drawn;
}

}  // namespace kenal::scan
