#include "src/signal/simd.h"

#include "hwy/highway.h"
#include "src/base/check.h"

namespace kenal::signal {
namespace {

// Highway counts the fallback, which every machine has, apart.
std::vector<int64_t> TargetBits() {
  std::vector<int64_t> bits;
  const int64_t present = (hwy::SupportedTargets() | HWY_STATIC_TARGET);
  for (int64_t left = present & HWY_TARGETS; left != 0; left &= left - 1) {
    bits.push_back(left & -left);
  }
  return bits;
}

}  // namespace

std::vector<std::string> SimdTargets() {
  std::vector<std::string> names;
  for (const int64_t bit : TargetBits()) {
    names.emplace_back(hwy::TargetName(bit));
  }
  return names;
}

void UseSimdTargetForTest(const std::string& name) {
  hwy::SetSupportedTargetsForTest(0);
  if (name.empty()) return;
  for (const int64_t bit : TargetBits()) {
    if (name == hwy::TargetName(bit)) {
      hwy::SetSupportedTargetsForTest(bit);
      return;
    }
  }
  KENAL_CHECK(false && "no such instruction set here");
}

}  // namespace kenal::signal
