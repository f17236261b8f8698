// Transposing tiles of floats in registers. Per-target: include it after
// hwy/highway.h in a kernel file.
#if defined(KENAL_SRC_SIGNAL_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifndef KENAL_SRC_SIGNAL_TRANSPOSE_INL_H_
#define KENAL_SRC_SIGNAL_TRANSPOSE_INL_H_
#else
#undef KENAL_SRC_SIGNAL_TRANSPOSE_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "src/signal/wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

// Transposes kLanes x kLanes values; rows lie kFrom and kTo floats apart.
template <size_t kFrom, size_t kTo>
HWY_INLINE void TransposeCell(const float* from, float* to) {
  *to = *from;
}

#else

// Stores the columns of the 4 x 4 matrices that a, b, c, d hold in each 128-bit
// block.
template <size_t kTo>
HWY_INLINE void TransposeBlocks(Vec a, Vec b, Vec c, Vec d, float* to) {
  const Vec ac_low = hn::InterleaveLower(kFloats, a, c);
  const Vec bd_low = hn::InterleaveLower(kFloats, b, d);
  const Vec ac_high = hn::InterleaveUpper(kFloats, a, c);
  const Vec bd_high = hn::InterleaveUpper(kFloats, b, d);
  hn::Store(hn::InterleaveLower(kFloats, ac_low, bd_low), kFloats, to);
  hn::Store(hn::InterleaveUpper(kFloats, ac_low, bd_low), kFloats, to + kTo);
  hn::Store(hn::InterleaveLower(kFloats, ac_high, bd_high), kFloats,
            to + 2 * kTo);
  hn::Store(hn::InterleaveUpper(kFloats, ac_high, bd_high), kFloats,
            to + 3 * kTo);
}

// Lower and upper half of a vector from two places.
HWY_INLINE Vec LoadHalves(const float* lower, const float* upper) {
  const hn::Half<Floats> half;
  return hn::Combine(kFloats, hn::Load(half, upper), hn::Load(half, lower));
}

// Sixteen lanes: columns 0..3 and columns 4..7 of four rows, one a block.
struct Blocks {
  Vec left;
  Vec right;
};
template <size_t kFrom>
HWY_INLINE Blocks LoadBlocks(const float* from) {
  const Vec even = LoadHalves(from, from + 8 * kFrom);
  const Vec odd = LoadHalves(from + 4 * kFrom, from + 12 * kFrom);
  return {hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd), even),
          hn::OddEvenBlocks(odd, hn::SwapAdjacentBlocks(even))};
}

// Transposes kLanes x kLanes values; rows lie kFrom and kTo floats apart.
template <size_t kFrom, size_t kTo>
HWY_INLINE void TransposeCell(const float* from, float* to) {
  if constexpr (kLanes == 4) {
    TransposeBlocks<kTo>(hn::Load(kFloats, from),
                         hn::Load(kFloats, from + kFrom),
                         hn::Load(kFloats, from + 2 * kFrom),
                         hn::Load(kFloats, from + 3 * kFrom), to);
  } else if constexpr (kLanes == 8) {
    for (size_t x = 0; x < 8; x += 4, from += 4) {
      TransposeBlocks<kTo>(LoadHalves(from, from + 4 * kFrom),
                           LoadHalves(from + kFrom, from + 5 * kFrom),
                           LoadHalves(from + 2 * kFrom, from + 6 * kFrom),
                           LoadHalves(from + 3 * kFrom, from + 7 * kFrom),
                           to + x * kTo);
    }
  } else {
    for (size_t x = 0; x < 16; x += 8, from += 8) {
      const Blocks a = LoadBlocks<kFrom>(from);
      const Blocks b = LoadBlocks<kFrom>(from + kFrom);
      const Blocks c = LoadBlocks<kFrom>(from + 2 * kFrom);
      const Blocks d = LoadBlocks<kFrom>(from + 3 * kFrom);
      TransposeBlocks<kTo>(a.left, b.left, c.left, d.left, to + x * kTo);
      TransposeBlocks<kTo>(a.right, b.right, c.right, d.right,
                           to + (x + 4) * kTo);
    }
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
