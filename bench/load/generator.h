// Generator: sends calls when they are due, whatever became of those before,
// and measures when answers come.
//
// One thread sends and one receives. When more than in_flight_max calls are
// under way, or the sender itself is late by more than late_max, calls that
// are due are counted as unsent: the load never bends to the server unseen.
#ifndef KENAL_BENCH_LOAD_GENERATOR_H_
#define KENAL_BENCH_LOAD_GENERATOR_H_

#include <memory>
#include <span>
#include <vector>

#include "bench/load/channels.h"
#include "bench/load/phase.h"
#include "bench/load/requests.h"
#include "bench/load/schedule.h"
#include "kenal/status.h"

namespace kenal::load {

// One kind of call in a mix.
struct Part {
  RequestPool pool;
  double weight = 1;  // of all arrivals
};

struct GeneratorOptions {
  Target target;
  Arrivals arrivals = Arrivals::kPoisson;
  int connections = 4;
  int streams = 4;  // open StreamMatch calls, when the mix has them
  int in_flight_max = 4096;
  int64_t late_max_ns = 100'000'000;
  int64_t deadline_ns = 5'000'000'000;
  uint64_t seed = 1;
};

class Generator {
 public:
  // Connects. Errors: those of Channels::Open.
  static StatusOr<std::unique_ptr<Generator>> Make(
      const GeneratorOptions& options, std::vector<Part> mix);
  virtual ~Generator() = default;

  // Runs one phase and waits for its last answer.
  std::unique_ptr<PhaseResult> Run(const PhaseOptions& phase);
  // Runs phases without a gap, and waits for the last answer of all.
  virtual std::vector<std::unique_ptr<PhaseResult>> RunAll(
      std::span<const PhaseOptions> phases) = 0;
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_GENERATOR_H_
