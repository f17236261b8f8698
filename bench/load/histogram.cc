#include "bench/load/histogram.h"

#include <algorithm>

namespace kenal::load {

void Histogram::Record(int64_t value) {
  value = std::clamp<int64_t>(value, 0, Buckets::kValueMax);
  ++counts_[Buckets::BucketOf(value)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::Add(const Histogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double Histogram::Mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

int64_t Histogram::Percentile(double percent) const {
  if (count_ == 0) return 0;
  return std::min(Buckets::Percentile(counts_, count_, percent), max_);
}

}  // namespace kenal::load
