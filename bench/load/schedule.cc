#include "bench/load/schedule.h"

namespace kenal::load {

Schedule::Schedule(Arrivals arrivals, double per_second, uint64_t seed)
    : arrivals_(arrivals), gap_ns_(1e9 / per_second), random_(seed) {}

int64_t Schedule::Next() {
  at_ns_ += arrivals_ == Arrivals::kPoisson ? gap_ns_ * exponential_(random_)
                                            : gap_ns_;
  return static_cast<int64_t>(at_ns_);
}

}  // namespace kenal::load
