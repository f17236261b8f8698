// Several vectors side by side as one value. Per-target: include it after
// hwy/highway.h in a kernel file.
#if defined(KENAL_SRC_SIGNAL_WIDE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifndef KENAL_SRC_SIGNAL_WIDE_INL_H_
#define KENAL_SRC_SIGNAL_WIDE_INL_H_
#else
#undef KENAL_SRC_SIGNAL_WIDE_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// At most sixteen lanes: the rows of a block, the side of a coefficient block.
using Floats = hn::CappedTag<float, 16>;
using Ints = hn::RebindToSigned<Floats>;
using Vec = hn::Vec<Floats>;
using IntVec = hn::Vec<Ints>;
constexpr Floats kFloats;
constexpr Ints kInts;
constexpr size_t kLanes = hn::MaxLanes(kFloats);

// kCount vectors of consecutive values; memory is aligned to whole vectors.
// Written as a recursion so that compilers keep each one in a register.
template <size_t kCount>
struct Wide {
  Vec first;
  Wide<kCount - 1> rest;

  static HWY_INLINE Wide Zero() {
    return {hn::Zero(kFloats), Wide<kCount - 1>::Zero()};
  }
  static HWY_INLINE Wide Load(const float* from) {
    return {hn::Load(kFloats, from), Wide<kCount - 1>::Load(from + kLanes)};
  }
  HWY_INLINE void Store(float* to) const {
    hn::Store(first, kFloats, to);
    rest.Store(to + kLanes);
  }
  HWY_INLINE Wide operator+(const Wide& other) const {
    return {hn::Add(first, other.first), rest + other.rest};
  }
  HWY_INLINE Wide operator-(const Wide& other) const {
    return {hn::Sub(first, other.first), rest - other.rest};
  }
  HWY_INLINE Wide operator*(Vec factor) const {
    return {hn::Mul(first, factor), rest * factor};
  }
  HWY_INLINE Wide operator/(Vec divisor) const {
    return {hn::Div(first, divisor), rest / divisor};
  }
  // this - other * factor and this + other * factor, rounded once where
  // HWY_NATIVE_FMA is 1.
  HWY_INLINE Wide MinusProduct(const Wide& other, Vec factor) const {
    return {hn::NegMulAdd(other.first, factor, first),
            rest.MinusProduct(other.rest, factor)};
  }
  HWY_INLINE Wide PlusProduct(const Wide& other, Vec factor) const {
    return {hn::MulAdd(other.first, factor, first),
            rest.PlusProduct(other.rest, factor)};
  }
};

template <>
struct Wide<0> {
  static HWY_INLINE Wide Zero() { return {}; }
  static HWY_INLINE Wide Load(const float*) { return {}; }
  HWY_INLINE void Store(float*) const {}
  HWY_INLINE Wide operator+(const Wide&) const { return {}; }
  HWY_INLINE Wide operator-(const Wide&) const { return {}; }
  HWY_INLINE Wide operator*(Vec) const { return {}; }
  HWY_INLINE Wide operator/(Vec) const { return {}; }
  HWY_INLINE Wide MinusProduct(const Wide&, Vec) const { return {}; }
  HWY_INLINE Wide PlusProduct(const Wide&, Vec) const { return {}; }
};

}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
