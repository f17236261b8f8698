// Histogram: latencies from a nanosecond to hours in constant memory, to three
// digits.
//
// Buckets are linear up to 2,048 and from there logarithmic with 1,024 linear
// steps a power of two, so that a value read back is at most 0.1 % above the
// one recorded, and never below it.
#ifndef KENAL_BENCH_LOAD_HISTOGRAM_H_
#define KENAL_BENCH_LOAD_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/load/log_linear.h"

namespace kenal::load {

// Not thread-safe. About 300 KiB. Record costs a few nanoseconds.
class Histogram {
 public:
  using Buckets = LogLinear<10, 44>;  // 2^44 ns: 4.8 hours

  // Clamped to 0..Buckets::kValueMax.
  void Record(int64_t value);
  void Add(const Histogram& other);

  uint64_t count() const { return count_; }
  int64_t max() const { return max_; }  // exact; 0 when empty
  double Mean() const;                  // exact; 0 when empty

  // The smallest recorded value that at least `percent` of all values do not
  // exceed (0..100), as its bucket's upper end; 0 when empty. Never above
  // max().
  int64_t Percentile(double percent) const;

 private:
  std::vector<uint64_t> counts_ = std::vector<uint64_t>(Buckets::kBuckets);
  uint64_t count_ = 0;
  int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_HISTOGRAM_H_
