// Log-linear buckets: linear up to 2^(kStepBits + 1), and from there
// 2^kStepBits equal steps a power of two. A bucket is at most 2^-kStepBits of
// its values wide.
#ifndef KENAL_BENCH_LOAD_LOG_LINEAR_H_
#define KENAL_BENCH_LOAD_LOG_LINEAR_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace kenal::load {

template <int kStepBits, int kValueBits>
struct LogLinear {
  static constexpr size_t kSteps = size_t{1} << kStepBits;
  static constexpr size_t kBuckets = (kValueBits - kStepBits + 1) * kSteps;
  // Larger values count as this.
  static constexpr int64_t kValueMax = (int64_t{1} << kValueBits) - 1;

  // Negative values count as 0.
  static size_t BucketOf(int64_t value) {
    const auto bits =
        static_cast<uint64_t>(std::clamp<int64_t>(value, 0, kValueMax));
    const int shift =
        std::max(0, static_cast<int>(std::bit_width(bits)) - kStepBits - 1);
    return static_cast<size_t>(shift) * kSteps +
           static_cast<size_t>(bits >> shift);
  }

  // The largest value of a bucket.
  static int64_t UpperEnd(size_t bucket) {
    if (bucket < 2 * kSteps) return static_cast<int64_t>(bucket);
    const size_t shift = bucket / kSteps - 1;
    const uint64_t first = uint64_t{bucket - shift * kSteps} << shift;
    return static_cast<int64_t>(first + (uint64_t{1} << shift) - 1);
  }

  // Upper end of the first bucket by which at least `percent` of `total` are
  // reached; kValueMax when `counts` holds fewer.
  template <typename Counts>
  static int64_t Percentile(const Counts& counts, uint64_t total,
                            double percent) {
    const double part = std::clamp(percent, 0.0, 100.0) / 100;
    const auto wanted = std::max<uint64_t>(
        1, static_cast<uint64_t>(std::ceil(part * static_cast<double>(total))));
    uint64_t seen = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      seen += counts[i];
      if (seen >= wanted) return UpperEnd(i);
    }
    return kValueMax;
  }
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_LOG_LINEAR_H_
