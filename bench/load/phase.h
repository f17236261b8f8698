// Phase: a stretch of load at one rate, and what came of it.
#ifndef KENAL_BENCH_LOAD_PHASE_H_
#define KENAL_BENCH_LOAD_PHASE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/load/histogram.h"
#include "bench/load/requests.h"
#include "bench/load/timeline.h"

namespace kenal::load {

struct PhaseOptions {
  double calls_per_second = 1000;
  double seconds = 10;
  // Not 0: a closed loop instead, with so many calls always under way; the
  // rate is unused, and latencies leave out what an open loop would have had
  // to wait.
  int closed_loop = 0;
};

// A call that is due. Times are of CLOCK_MONOTONIC, in nanoseconds.
struct PhaseResult;
struct Due {
  PhaseResult* phase = nullptr;
  int64_t due_ns = 0;
  int64_t sent_ns = 0;
  uint32_t items = 1;
};

// Latencies are from the time that a call was due, in nanoseconds; `own_*` from
// the time that it was sent: what remains without the generator's lateness.
// Written by the sending thread, or by the receiving one, as marked.
struct PhaseResult {
  static constexpr size_t kCodes = 17;  // gRPC status codes
  static constexpr int kOk = 0;
  static constexpr int kExhausted = 8;

  PhaseOptions asked;
  int64_t begin_ns = 0;        // sender
  int64_t end_ns = 0;          // sender: when the last call had been due
  int64_t last_answer_ns = 0;  // receiver
  double cpu_seconds = 0;      // of the whole generator
  double load_average = 0;     // of the machine, at the end

  uint64_t due = 0;                     // sender; 0 for a closed loop
  std::atomic<uint64_t> sent{0};        // both
  std::atomic<uint64_t> items_sent{0};  // both
  uint64_t unsent_in_flight = 0;        // sender: too many calls were under way
  uint64_t unsent_late = 0;             // sender: it was too late by itself
  Histogram lateness;                   // sender: from due to sent

  std::array<uint64_t, kCodes> by_code{};  // receiver, as all below
  uint64_t accepted_items = 0;
  uint64_t hinted = 0;      // refusals that said when to come again
  std::string first_error;  // of the first call that failed
  Histogram accepted, refused, failed;
  Histogram own_accepted, own_refused;
  Verdicts verdicts;
  Timeline timeline;

  // `now_ns` is the time that the answer came.
  void Answered(const Due& call, uint32_t code, bool with_hint, int64_t now_ns);

  double Seconds() const;           // that calls were due in
  double OfferedPerSecond() const;  // calls really sent
  double GoodputPerSecond() const;  // calls accepted
  double ItemsPerSecond() const;    // contents answered
  uint64_t Refused() const { return refused.count(); }
  uint64_t Failed() const { return failed.count(); }
  // Some calls were not sent, or were sent late enough to spoil the figures.
  bool FellBehind() const;
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_PHASE_H_
