// Sums divided by how many values they hold, to the bit as division rounds but
// without its cost. Per-target: include it after hwy/highway.h.
#if defined(KENAL_SRC_SIGNAL_AVERAGE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifndef KENAL_SRC_SIGNAL_AVERAGE_INL_H_
#define KENAL_SRC_SIGNAL_AVERAGE_INL_H_
#else
#undef KENAL_SRC_SIGNAL_AVERAGE_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "src/signal/wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {

// For counts that are powers of two: the reciprocal is exact, so the product
// rounds the same real number as the quotient.
class PowerOfTwoAverage {
 public:
  HWY_INLINE explicit PowerOfTwoAverage(int count)
      : scale_(hn::Set(kFloats, 1.0f / static_cast<float>(count))) {}

  template <size_t kCount>
  HWY_INLINE Wide<kCount> operator()(const Wide<kCount>& sum) const {
    return sum * scale_;
  }

 private:
  Vec scale_;
};

// For counts of 1 to 256. Where the machine fuses multiply-add: a first
// quotient, its remainder (exact, as it is rounded once), and a correction by
// it. A test shows that this is the correctly rounded quotient for every
// mantissa and count. Sums are 0 or at least 2^-100 from it, which those of
// 8-bit samples are by far, so no remainder underflows.
class AnyAverage {
 public:
  HWY_INLINE explicit AnyAverage(int count)
      : count_(hn::Set(kFloats, static_cast<float>(count))),
        reciprocal_(hn::Set(kFloats, 1.0f / static_cast<float>(count))) {}

  template <size_t kCount>
  HWY_INLINE Wide<kCount> operator()(const Wide<kCount>& sum) const {
#if HWY_NATIVE_FMA
    const Wide<kCount> quotient = sum * reciprocal_;
    const Wide<kCount> remainder = sum.MinusProduct(quotient, count_);
    return quotient.PlusProduct(remainder, reciprocal_);
#else
    return sum / count_;
#endif
  }

 private:
  Vec count_;
  Vec reciprocal_;
};

}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
