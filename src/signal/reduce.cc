#include "src/signal/reduce.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "src/base/check.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/signal/reduce.cc"
#include "src/signal/simd.h"
// simd.h comes first: it chooses the targets.
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::ScalableTag<uint16_t> kWords;
constexpr hn::Rebind<uint8_t, decltype(kWords)> kBytes;

uint16_t LumaOf(const uint8_t* rgb) {
  return static_cast<uint16_t>(
      (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8);
}

// At most 257 rows of 255 fit a sum.
void AddRgb(const uint8_t* rgb, size_t count, uint16_t* sums) {
  size_t x = 0;
#if HWY_TARGET != HWY_SCALAR
  const size_t lanes = hn::Lanes(kWords);
  for (; x + lanes <= count; x += lanes) {
    auto r8 = hn::Zero(kBytes);
    auto g8 = r8;
    auto b8 = r8;
    hn::LoadInterleaved3(kBytes, rgb + 3 * x, r8, g8, b8);
    const auto r = hn::Mul(hn::PromoteTo(kWords, r8), hn::Set(kWords, 77));
    const auto g = hn::Mul(hn::PromoteTo(kWords, g8), hn::Set(kWords, 150));
    const auto b = hn::Mul(hn::PromoteTo(kWords, b8), hn::Set(kWords, 29));
    const auto luma = hn::ShiftRight<8>(
        hn::Add(hn::Add(r, g), hn::Add(b, hn::Set(kWords, 128))));
    hn::StoreU(hn::Add(hn::LoadU(kWords, sums + x), luma), kWords, sums + x);
  }
#endif
  for (; x < count; ++x) {
    sums[x] = static_cast<uint16_t>(sums[x] + LumaOf(rgb + 3 * x));
  }
}

void AddGrey(const uint8_t* grey, size_t count, uint16_t* sums) {
  size_t x = 0;
  const size_t lanes = hn::Lanes(kWords);
  for (; x + lanes <= count; x += lanes) {
    const auto luma = hn::PromoteTo(kWords, hn::LoadU(kBytes, grey + x));
    hn::StoreU(hn::Add(hn::LoadU(kWords, sums + x), luma), kWords, sums + x);
  }
  for (; x < count; ++x) sums[x] = static_cast<uint16_t>(sums[x] + grey[x]);
}

}  // namespace
}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kenal::signal {
namespace {
HWY_EXPORT(AddRgb);
HWY_EXPORT(AddGrey);

size_t Size(int count) { return static_cast<size_t>(count); }

}  // namespace

LumaReducer::LumaReducer(int width, int height, int pixels_max) {
  // So that a box has at most 128 rows, which 16 bits can sum.
  KENAL_CHECK(width >= 1 && height >= 1 && pixels_max >= 65'536);
  while (Size(width / copy_.factor) * Size(height / copy_.factor) >
         Size(pixels_max)) {
    ++copy_.factor;
  }
  copy_.width = width / copy_.factor;
  copy_.height = height / copy_.factor;
  copy_.pixels.reserve(Size(copy_.width) * Size(copy_.height));
  sums_.resize(Size(width));
}

void LumaReducer::AddGreyRow(const uint8_t* samples) {
  HWY_DYNAMIC_DISPATCH(AddGrey)(samples, sums_.size(), sums_.data());
  EndRow();
}

void LumaReducer::AddRgbRow(const uint8_t* samples) {
  HWY_DYNAMIC_DISPATCH(AddRgb)(samples, sums_.size(), sums_.data());
  EndRow();
}

void LumaReducer::EndRow() {
  if (++row_in_box_ < copy_.factor) return;
  row_in_box_ = 0;
  if (rows_done_++ < copy_.height) {
    const size_t factor = Size(copy_.factor);
    const uint64_t box = factor * factor;
    // Exact for all sums: 2^40 is more than 256 * box * box.
    const uint64_t per_box = ((uint64_t{1} << 40) + box - 1) / box;
    const uint16_t* sums = sums_.data();
    for (int x = 0; x < copy_.width; ++x) {
      uint64_t sum = box / 2;
      for (size_t i = 0; i < factor; ++i) sum += *sums++;
      copy_.pixels.push_back(static_cast<uint8_t>((sum * per_box) >> 40));
    }
  }
  std::ranges::fill(sums_, uint16_t{0});
}

ReducedLuma LumaReducer::Finish() { return std::move(copy_); }

}  // namespace kenal::signal
#endif  // HWY_ONCE
