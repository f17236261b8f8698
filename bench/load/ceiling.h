// An empty server in a process of its own, as the server under load is.
#ifndef KENAL_BENCH_LOAD_CEILING_H_
#define KENAL_BENCH_LOAD_CEILING_H_

#include <memory>
#include <string>

#include "bench/load/options.h"

namespace kenal::load {

// Starts this program again with --serve-empty and measures the mix against
// it: the same transport as the target's, as many calls at once as saturate
// it, for `seconds`. The process is gone afterwards.
StatusOr<std::unique_ptr<PhaseResult>> MeasureCeiling(const Options& options,
                                                      std::vector<Part> mix,
                                                      double seconds);

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_CEILING_H_
