// Work over many items on a few threads, with its progress on standard error.
#ifndef KENAL_BENCH_ROBUSTNESS_PARALLEL_H_
#define KENAL_BENCH_ROBUSTNESS_PARALLEL_H_

#include <cstddef>
#include <functional>
#include <string>

namespace kenal::robustness {

// Calls work(i) once for each i below count, on `threads` threads, in no
// order that results may depend on. `what` names it to who waits; empty: say
// nothing.
void ForEach(const std::string& what, size_t count, int threads,
             const std::function<void(size_t)>& work);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_PARALLEL_H_
