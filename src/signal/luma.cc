#include "src/signal/luma.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/signal/luma.cc"
#include "src/signal/simd.h"
// simd.h comes first: it chooses the targets.
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "src/signal/wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {
namespace {

// Section 2: three rounded products, added left to right.
HWY_INLINE Vec Weigh(Vec red, Vec green, Vec blue) {
  const Vec r = hn::Mul(hn::Set(kFloats, 0.299f), red);
  const Vec g = hn::Mul(hn::Set(kFloats, 0.587f), green);
  const Vec b = hn::Mul(hn::Set(kFloats, 0.114f), blue);
  return hn::Add(hn::Add(r, g), b);
}

// Bytes that RgbPixels reads, of which 3 * kLanes are pixels.
constexpr size_t kRgbBytesRead = 4 * kLanes;

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE Vec RgbPixels(const uint8_t* bytes) {
  const auto sample = [bytes](int at) HWY_ATTR {
    return hn::Set(kFloats, static_cast<float>(bytes[at]));
  };
  return Weigh(sample(0), sample(1), sample(2));
}

#else

// Gives each 128-bit block the twelve bytes of its own four pixels.
HWY_INLINE hn::Vec<hn::Repartition<uint8_t, Floats> > SpreadPixels(
    const uint8_t* bytes) {
  const hn::Repartition<uint8_t, Floats> du8;
  const auto packed = hn::LoadU(du8, bytes);
  if constexpr (kLanes == 4) {
    return packed;
  } else {
    alignas(64) static constexpr int32_t kBlocks[16] = {
        0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11};
    return hn::BitCast(
        du8, hn::TableLookupLanes(hn::BitCast(kInts, packed),
                                  hn::SetTableIndices(kInts, kBlocks)));
  }
}

// One colour of each pixel, where `kFirst` is its byte in the first pixel.
template <uint8_t kFirst, class Bytes>
HWY_INLINE Vec Channel(Bytes pixels) {
  constexpr uint8_t kNone = 0x80;
  alignas(16) static constexpr uint8_t kPick[16] = {
      kFirst,     kNone, kNone, kNone, kFirst + 3, kNone, kNone, kNone,
      kFirst + 6, kNone, kNone, kNone, kFirst + 9, kNone, kNone, kNone};
  const hn::Repartition<uint8_t, Floats> du8;
  const auto picked =
      hn::TableLookupBytesOr0(pixels, hn::LoadDup128(du8, kPick));
  return hn::ConvertTo(kFloats, hn::BitCast(kInts, picked));
}

HWY_INLINE Vec RgbPixels(const uint8_t* bytes) {
  const auto pixels = SpreadPixels(bytes);
  return Weigh(Channel<0>(pixels), Channel<1>(pixels), Channel<2>(pixels));
}

#endif  // HWY_TARGET == HWY_SCALAR

HWY_INLINE Vec GreyPixels(const uint8_t* bytes) {
  const hn::Rebind<uint8_t, Floats> du8;
  return hn::ConvertTo(kFloats, hn::PromoteTo(kInts, hn::LoadU(du8, bytes)));
}

// The last pixels of a row, through buffers that may be read and written past
// their end.
template <size_t kChannels, class Pixels>
HWY_INLINE void Rest(const uint8_t* bytes, size_t count, float* luma,
                     Pixels pixels) {
  uint8_t in[kRgbBytesRead] = {};
  float out[kLanes];
  std::memcpy(in, bytes, kChannels * count);
  hn::StoreU(pixels(in), kFloats, out);
  std::memcpy(luma, out, count * sizeof(float));
}

// `pixels` converts kLanes pixels and reads kBytesRead bytes for it.
template <size_t kChannels, size_t kBytesRead, class Pixels>
HWY_INLINE void Segments(const uint8_t* bytes, size_t count, float* luma,
                         size_t pitch, Pixels pixels) {
  constexpr size_t kStep = kChannels * kLanes;
  constexpr size_t kReadPastStep = kBytesRead - kStep;
  const uint8_t* const end = bytes + kChannels * count;
  const auto readable = [&] { return static_cast<size_t>(end - bytes); };
  while (readable() >= kChannels * kSegmentPixels + kReadPastStep) {
    for (size_t x = 0; x < kSegmentPixels; x += kLanes, bytes += kStep) {
      hn::StoreU(pixels(bytes), kFloats, luma + x);
    }
    luma += pitch;
  }
  for (size_t x = 0; bytes != end; bytes += std::min(readable(), kStep)) {
    if (x == kSegmentPixels) {
      luma += pitch;
      x = 0;
    }
    const size_t rest = std::min(readable() / kChannels, kLanes);
    if (readable() >= kBytesRead) {
      hn::StoreU(pixels(bytes), kFloats, luma + x);
    } else {
      Rest<kChannels>(bytes, rest, luma + x, pixels);
    }
    x += rest;
  }
}

void Rgb(const uint8_t* rgb, size_t count, float* luma, size_t pitch) {
  Segments<3, kRgbBytesRead>(rgb, count, luma, pitch,
                             [](const uint8_t* bytes)
                                 HWY_ATTR { return RgbPixels(bytes); });
}

void Grey(const uint8_t* grey, size_t count, float* luma, size_t pitch) {
  Segments<1, kLanes>(grey, count, luma, pitch,
                      [](const uint8_t* bytes)
                          HWY_ATTR { return GreyPixels(bytes); });
}

void Copy(const float* values, size_t count, float* luma, size_t pitch) {
  for (; count >= kSegmentPixels; count -= kSegmentPixels, luma += pitch) {
    for (size_t x = 0; x < kSegmentPixels; x += kLanes) {
      hn::StoreU(hn::LoadU(kFloats, values + x), kFloats, luma + x);
    }
    values += kSegmentPixels;
  }
  std::memcpy(luma, values, count * sizeof(float));
}

}  // namespace
}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kenal::signal {
namespace {
HWY_EXPORT(Rgb);
HWY_EXPORT(Grey);
HWY_EXPORT(Copy);
}  // namespace

void LumaOfRgb(const uint8_t* rgb, size_t count, float* luma, size_t pitch) {
  HWY_DYNAMIC_DISPATCH(Rgb)(rgb, count, luma, pitch);
}

void LumaOfGrey(const uint8_t* grey, size_t count, float* luma, size_t pitch) {
  HWY_DYNAMIC_DISPATCH(Grey)(grey, count, luma, pitch);
}

void CopyLuma(const float* values, size_t count, float* luma, size_t pitch) {
  HWY_DYNAMIC_DISPATCH(Copy)(values, count, luma, pitch);
}

}  // namespace kenal::signal
#endif  // HWY_ONCE
