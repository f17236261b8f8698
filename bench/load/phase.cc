#include "bench/load/phase.h"

#include <algorithm>

namespace kenal::load {
namespace {

// Of the calls due: more than this unsent is a generator that fell behind.
constexpr double kUnsentShareMax = 0.001;
// A generator this late at its 99th percentile measures itself.
constexpr int64_t kLatenessNsMax = 5'000'000;

double PerSecond(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

void PhaseResult::Answered(const Due& call, uint32_t code, bool with_hint,
                           int64_t now_ns) {
  const int64_t latency = now_ns - call.due_ns;
  const int64_t own = now_ns - call.sent_ns;
  ++by_code[std::min<size_t>(code, kCodes - 1)];
  last_answer_ns = std::max(last_answer_ns, now_ns);
  Timeline::Kind kind = Timeline::Kind::kFailed;
  if (code == kOk) {
    kind = Timeline::Kind::kAccepted;
    accepted_items += call.items;
    accepted.Record(latency);
    own_accepted.Record(own);
  } else if (code == kExhausted) {
    kind = Timeline::Kind::kRefused;
    hinted += with_hint ? 1 : 0;
    refused.Record(latency);
    own_refused.Record(own);
  } else {
    failed.Record(latency);
  }
  timeline.Record(call.due_ns - begin_ns, kind, latency);
}

double PhaseResult::Seconds() const {
  return static_cast<double>(end_ns - begin_ns) / 1e9;
}

double PhaseResult::OfferedPerSecond() const {
  return PerSecond(sent, Seconds());
}

double PhaseResult::GoodputPerSecond() const {
  const int64_t until = std::max(end_ns, last_answer_ns);
  return PerSecond(accepted.count(),
                   static_cast<double>(until - begin_ns) / 1e9);
}

double PhaseResult::ItemsPerSecond() const {
  const int64_t until = std::max(end_ns, last_answer_ns);
  return PerSecond(accepted_items, static_cast<double>(until - begin_ns) / 1e9);
}

bool PhaseResult::FellBehind() const {
  const auto unsent = static_cast<double>(unsent_in_flight + unsent_late);
  return unsent > kUnsentShareMax * static_cast<double>(due) ||
         lateness.Percentile(99) > kLatenessNsMax;
}

}  // namespace kenal::load
