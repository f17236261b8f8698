// What every vector kernel of this room shares: the instruction sets, and a
// way to choose one. A kernel file includes this before Highway's headers.
//
// Kernels are compiled for several instruction sets and the best one present
// is taken at run time.
#ifndef KENAL_SRC_SIGNAL_SIMD_H_
#define KENAL_SRC_SIGNAL_SIMD_H_

#include <string>
#include <vector>

// Kernels count on a vector size known at compile time, so scalable vectors
// are left out; 64-bit Arm takes NEON.
#define HWY_DISABLED_TARGETS \
  (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

namespace kenal::signal {

// Names of the instruction sets that kernels are compiled for and this machine
// has, best first, such as "AVX3", "AVX2", "SSE4".
std::vector<std::string> SimdTargets();

// Makes every kernel of the process use one of SimdTargets(); "" goes back to
// the best. For tests and benchmarks only; not while kernels run.
void UseSimdTargetForTest(const std::string& name);

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_SIMD_H_
