// Timeline: what became of the calls that were due in each tenth of a second,
// to see when a server gave way and when it was itself again.
#ifndef KENAL_BENCH_LOAD_TIMELINE_H_
#define KENAL_BENCH_LOAD_TIMELINE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/load/log_linear.h"

namespace kenal::load {

// Not thread-safe. 1 KiB a slot, for slots that had a call.
class Timeline {
 public:
  using Buckets = LogLinear<2, 44>;  // quarters of a power of two
  static constexpr int64_t kSlotNs = 100'000'000;
  static constexpr size_t kSlotsMax = 36'000;  // an hour; later calls are lost

  struct Slot {
    uint64_t accepted = 0;
    uint64_t refused = 0;
    uint64_t failed = 0;
    int64_t max_ns = 0;                                 // of accepted calls
    std::array<uint32_t, Buckets::kBuckets> latency{};  // of accepted calls

    // The bucket's upper end; 0 without an accepted call. Never above max_ns.
    int64_t Percentile(double percent) const;
  };

  enum class Kind : uint8_t { kAccepted, kRefused, kFailed };
  // `due_ns` from the start of the phase.
  void Record(int64_t due_ns, Kind kind, int64_t latency_ns);

  const std::vector<Slot>& slots() const { return slots_; }

  // Seconds from the start until every later slot answers at least `share` of
  // its calls with a p99 of at most `limit_ns`; the last slot is left out, as
  // it may be cut short. Negative: never.
  double SecondsUntilNormal(int64_t limit_ns, double share) const;

 private:
  std::vector<Slot> slots_;
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_TIMELINE_H_
