#include "bench/load/timeline.h"

#include <algorithm>

namespace kenal::load {

int64_t Timeline::Slot::Percentile(double percent) const {
  if (accepted == 0) return 0;
  return std::min(Buckets::Percentile(latency, accepted, percent), max_ns);
}

void Timeline::Record(int64_t due_ns, Kind kind, int64_t latency_ns) {
  const auto at = static_cast<size_t>(std::max<int64_t>(0, due_ns) / kSlotNs);
  if (at >= kSlotsMax) return;
  if (at >= slots_.size()) slots_.resize(at + 1);
  Slot& slot = slots_[at];
  if (kind == Kind::kRefused) {
    ++slot.refused;
  } else if (kind == Kind::kFailed) {
    ++slot.failed;
  } else {
    ++slot.accepted;
    slot.max_ns = std::max(slot.max_ns, latency_ns);
    ++slot.latency[Buckets::BucketOf(latency_ns)];
  }
}

double Timeline::SecondsUntilNormal(int64_t limit_ns, double share) const {
  if (slots_.size() < 2) return -1;
  size_t normal_from = slots_.size() - 1;
  while (normal_from > 0) {
    const Slot& slot = slots_[normal_from - 1];
    const uint64_t all = slot.accepted + slot.refused + slot.failed;
    const bool normal = static_cast<double>(slot.accepted) >=
                            share * static_cast<double>(all) &&
                        slot.Percentile(99) <= limit_ns;
    if (!normal) break;
    --normal_from;
  }
  if (normal_from == slots_.size() - 1) return -1;
  return static_cast<double>(normal_from) * kSlotNs / 1e9;
}

}  // namespace kenal::load
