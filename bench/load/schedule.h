// Schedule: when calls are due, decided before any answer is known. A slow
// server therefore meets the same load as a fast one, and the time that a call
// waits to be sent counts as its latency.
#ifndef KENAL_BENCH_LOAD_SCHEDULE_H_
#define KENAL_BENCH_LOAD_SCHEDULE_H_

#include <cstdint>
#include <random>

namespace kenal::load {

enum class Arrivals : uint8_t {
  kPoisson = 1,   // independent callers: gaps are exponential
  kConstant = 2,  // one call after the other at equal gaps
};

// Not thread-safe.
class Schedule {
 public:
  // `per_second` is above 0.
  Schedule(Arrivals arrivals, double per_second, uint64_t seed);

  // Nanoseconds from the start to the next arrival; never goes back. The same
  // seed gives the same arrivals.
  int64_t Next();

 private:
  Arrivals arrivals_;
  double gap_ns_;
  double at_ns_ = 0;
  std::mt19937_64 random_;
  std::exponential_distribution<double> exponential_{1.0};
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_SCHEDULE_H_
