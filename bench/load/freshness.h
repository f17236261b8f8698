// Freshness: how long after a change was sent an answer holds it, measured
// while load runs.
#ifndef KENAL_BENCH_LOAD_FRESHNESS_H_
#define KENAL_BENCH_LOAD_FRESHNESS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "bench/load/channels.h"
#include "bench/load/histogram.h"
#include "kenal/status.h"

namespace kenal::load {

struct FreshnessOptions {
  Target target;     // with the roles to ask, add and withdraw
  std::string list;  // gets one entry a round, withdrawn again
  double rounds_per_second = 20;
  uint64_t seed = 1;
};

// Times in nanoseconds.
struct FreshnessResult {
  uint64_t rounds = 0;
  Histogram added;      // from sending AddEntries to the first answer with it
  Histogram withdrawn;  // from SetEntryState to the first answer without it
  Histogram add_calls;  // AddEntries alone
  Histogram withdraw_calls;
  // Answers asked for after a change was acknowledged that did not hold it:
  // each is a broken promise.
  uint64_t stale = 0;
  uint64_t failed = 0;  // rounds given up
  std::string first_error;
};

// Runs on a thread of its own from Start to Stop.
class Freshness {
 public:
  // Errors: kNotFound  a TLS file
  static StatusOr<std::unique_ptr<Freshness>> Start(
      const FreshnessOptions& options);
  virtual ~Freshness() = default;

  // Ends the round under way.
  virtual FreshnessResult Stop() = 0;
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_FRESHNESS_H_
