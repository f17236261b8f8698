#include "src/signal/pdq_transform.h"

#include <algorithm>
#include <cstring>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/signal/pdq_transform.cc"
#include "src/signal/simd.h"
// simd.h comes first: it chooses the targets.
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "src/signal/wide-inl.h"

#ifndef KENAL_SRC_SIGNAL_PDQ_TRANSFORM_ONCE_
#define KENAL_SRC_SIGNAL_PDQ_TRANSFORM_ONCE_
namespace kenal::signal {
namespace {

// Bit j of word i: coefficient (i, j) is above the median.
using Words = std::array<uint16_t, kBlockSide>;

// The variants that keep rows as rows; transposing gives the other four.
struct StraightWords {
  Words orig;
  Words flip_x;
  Words flip_y;
  Words rot180;
};

}  // namespace
}  // namespace kenal::signal
#endif

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {
namespace {

// |trunc((u - v) * 100 / 255)|, section 5.
HWY_INLINE IntVec StepsBetween(Vec u, Vec v) {
  const Vec scaled = hn::Mul(hn::Sub(u, v), hn::Set(kFloats, 100.0f));
  const Vec percent = hn::Div(scaled, hn::Set(kFloats, 255.0f));
  return hn::Abs(hn::ConvertTo(kInts, percent));
}

int StepSum(const StripRow* samples) {
  IntVec sum = hn::Zero(kInts);
  for (size_t y = 0; y < kSampleSide; ++y) {
    // The last sample is its own right neighbour, a step of 0.
    float row[kSampleSide + 1];
    std::memcpy(row, samples[y].columns, sizeof samples[y].columns);
    row[kSampleSide] = row[kSampleSide - 1];
    const size_t below = std::min<size_t>(y + 1, kSampleSide - 1);
    for (size_t x = 0; x < kSampleSide; x += kLanes) {
      const Vec here = hn::Load(kFloats, samples[y].columns + x);
      const Vec right = hn::LoadU(kFloats, row + x + 1);
      const Vec under = hn::Load(kFloats, samples[below].columns + x);
      sum = hn::Add(sum, StepsBetween(here, right));
      sum = hn::Add(sum, StepsBetween(here, under));
    }
  }
  return hn::GetLane(hn::SumOfLanes(kInts, sum));
}

// One row of a matrix product: out[j] is the sum over k = 0..63, in this
// order, of left[k] * right[k * kWidth + j].
template <size_t kWidth>
HWY_INLINE void MultiplyRow(const float* left, const float* right, float* out) {
  using Row = Wide<kWidth / kLanes>;
  Row sum = Row::Zero();
  for (size_t k = 0; k < kSampleSide; ++k) {
    const Row values = Row::Load(right + k * kWidth);
    sum = sum + values * hn::Set(kFloats, left[k]);
  }
  sum.Store(out);
}

void Transform(const StripRow* samples, const float* cosines,
               const float* cosines_transposed, Block& block) {
  for (size_t i = 0; i < kBlockSide; ++i) {
    StripRow row;
    MultiplyRow<kSampleSide>(cosines + i * kSampleSide, samples[0].columns,
                             row.columns);
    MultiplyRow<kBlockSide>(row.columns, cosines_transposed, block.values[i]);
  }
}

// Integers in the order of the floats.
HWY_INLINE IntVec OrderedKeys(Vec values) {
  const IntVec bits = hn::BitCast(kInts, values);
  const IntVec flips =
      hn::And(hn::ShiftRight<31>(bits), hn::Set(kInts, 0x7fff'ffff));
  return hn::Xor(bits, flips);
}

// The key of rank 127 of 256, from its highest bit down: the largest number
// that has at most 127 keys below it.
HWY_INLINE int32_t LowerMedianKey(const int32_t* keys) {
  constexpr int kRank = kBlockSide * kBlockSide / 2 - 1;
  uint32_t found = 0x8000'0000;  // the least int32_t
  for (uint32_t bit = 0x8000'0000; bit != 0; bit >>= 1) {
    const auto candidate = static_cast<int32_t>(found + bit);
    const IntVec bound = hn::Set(kInts, candidate);
    IntVec below = hn::Zero(kInts);
    for (size_t at = 0; at < kBlockSide * kBlockSide; at += kLanes) {
      const IntVec values = hn::Load(kInts, keys + at);
      below = hn::Sub(below, hn::VecFromMask(kInts, hn::Lt(values, bound)));
    }
    if (hn::GetLane(hn::SumOfLanes(kInts, below)) <= kRank) {
      found = static_cast<uint32_t>(candidate);
    }
  }
  return static_cast<int32_t>(found);
}

// Section 7, for the block with the sign of even rows and of even columns
// flipped as asked.
HWY_INLINE Words WordsOf(const Block& block, bool flip_rows,
                         bool flip_columns) {
  alignas(64) int32_t keys[kBlockSide * kBlockSide];
  alignas(64) Block turned;
  alignas(64) int32_t column_signs[kBlockSide] = {};
  constexpr int32_t kSign = std::numeric_limits<int32_t>::min();
  for (size_t j = 0; flip_columns && j < kBlockSide; j += 2) {
    column_signs[j] = kSign;
  }
  for (size_t i = 0; i < kBlockSide; ++i) {
    const bool flip = flip_rows && i % 2 == 0;
    const IntVec row_sign = hn::Set(kInts, flip ? kSign : 0);
    for (size_t j = 0; j < kBlockSide; j += kLanes) {
      const IntVec signs = hn::Xor(row_sign, hn::Load(kInts, column_signs + j));
      const Vec values = hn::Xor(hn::Load(kFloats, &block.values[i][j]),
                                 hn::BitCast(kFloats, signs));
      hn::Store(values, kFloats, &turned.values[i][j]);
      hn::Store(OrderedKeys(values), kInts, keys + i * kBlockSide + j);
    }
  }
  // A key's own bits are those of its float, seen through OrderedKeys again.
  const IntVec key = hn::Set(kInts, LowerMedianKey(keys));
  const Vec median =
      hn::BitCast(kFloats, OrderedKeys(hn::BitCast(kFloats, key)));
  Words words{};
  for (size_t i = 0; i < kBlockSide; ++i) {
    for (size_t j = 0; j < kBlockSide; j += kLanes) {
      uint8_t bits[8] = {};
      hn::StoreMaskBits(kFloats,
                        hn::Gt(hn::Load(kFloats, &turned.values[i][j]), median),
                        bits);
      const unsigned lanes = bits[0] | (unsigned{bits[1]} << 8);
      words[i] = static_cast<uint16_t>(words[i] | (lanes << j));
    }
  }
  return words;
}

void Straight(const Block& block, StraightWords& words) {
  words.orig = WordsOf(block, false, false);
  words.flip_x = WordsOf(block, true, false);
  words.flip_y = WordsOf(block, false, true);
  words.rot180 = WordsOf(block, true, true);
}

}  // namespace
}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kenal::signal {
namespace {

HWY_EXPORT(StepSum);
HWY_EXPORT(Transform);
HWY_EXPORT(Straight);

// Swaps rows and columns, halves first, then quarters and so on within them.
Words Transposed(Words words) {
  uint32_t low = 0x00ff;
  for (size_t size = kBlockSide / 2; size != 0; size /= 2) {
    for (size_t i = 0; i < kBlockSide; ++i) {
      if ((i & size) != 0) continue;
      const uint32_t change =
          ((uint32_t{words[i]} >> size) ^ words[i + size]) & low;
      words[i + size] = static_cast<uint16_t>(words[i + size] ^ change);
      words[i] = static_cast<uint16_t>(words[i] ^ (change << size));
    }
    low ^= low << (size / 2);
    low &= 0xffff;
  }
  return words;
}

// Section 8: the last row first, most significant byte first.
PdqHash HashOf(const Words& words) {
  PdqHash hash;
  for (size_t i = 0; i < kBlockSide; ++i) {
    const size_t at = PdqHash::kSizeBytes - 2 - 2 * i;
    hash.bytes[at] = static_cast<uint8_t>(words[i] >> 8);
    hash.bytes[at + 1] = static_cast<uint8_t>(words[i] & 0xff);
  }
  return hash;
}

struct alignas(64) CosinesBySample {
  CosinesBySample() {
    for (size_t k = 0; k < kSampleSide; ++k) {
      for (size_t j = 0; j < kBlockSide; ++j) {
        values[k * kBlockSide + j] = Cosines()[j * kSampleSide + k];
      }
    }
  }
  float values[kSampleSide * kBlockSide];
};

}  // namespace

int QualityOf(const StripRow* samples) {
  constexpr int kStepsForOnePoint = 90;
  return std::min(100,
                  HWY_DYNAMIC_DISPATCH(StepSum)(samples) / kStepsForOnePoint);
}

Block TransformSamples(const StripRow* samples) {
  static const CosinesBySample by_sample;
  Block block;
  HWY_DYNAMIC_DISPATCH(Transform)
  (samples, Cosines().data(), by_sample.values, block);
  return block;
}

std::array<PdqHash, kVariantCount> DihedralHashes(const Block& block) {
  StraightWords words;
  HWY_DYNAMIC_DISPATCH(Straight)(block, words);
  std::array<PdqHash, kVariantCount> hashes;
  const auto set = [&hashes](Variant variant, const Words& bits) {
    hashes[static_cast<size_t>(variant)] = HashOf(bits);
  };
  set(Variant::kOrig, words.orig);
  set(Variant::kRot90, Transposed(words.flip_y));
  set(Variant::kRot180, words.rot180);
  set(Variant::kRot270, Transposed(words.flip_x));
  set(Variant::kFlipX, words.flip_x);
  set(Variant::kFlipY, words.flip_y);
  set(Variant::kFlipPlus1, Transposed(words.orig));
  set(Variant::kFlipMinus1, Transposed(words.rot180));
  return hashes;
}

}  // namespace kenal::signal
#endif  // HWY_ONCE
