// Highway 1.0.3 leaves out the targets with VPOPCNTDQ unless asked.
#define HWY_WANT_AVX3_DL
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/index/kernels.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway demands.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "src/index/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::index {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Runs ahead of the one being scanned whose lines are on their way, and how
// much of each: later lines follow in the hardware's own stream.
constexpr size_t kRunsAhead = 16;
constexpr uint32_t kPrefetchSketchesMax = 8 * 32;

// Always inline: as a call of its own, GCC 12 takes it for one without effect.
HWY_ATTR HWY_INLINE void PrefetchRun(const uint16_t* const* sketches_by_band,
                                     const SketchRun& run) {
  const uint16_t* begin = sketches_by_band[run.band] + run.start;
  const uint32_t length = std::min(run.length, kPrefetchSketchesMax);
  for (uint32_t i = 0; i < length; i += 32) hwy::Prefetch(begin + i);
  hwy::Prefetch(begin + length - 1);
}

HWY_ATTR size_t ScanRuns(const uint16_t* const* sketches_by_band,
                         std::span<const SketchRun> runs, ScanCursor& cursor,
                         std::span<Survivor> out) {
  const hn::ScalableTag<uint16_t> du;
  const hn::ScalableTag<int16_t> di;
  const auto lanes = static_cast<uint32_t>(hn::Lanes(du));
  const size_t last = out.size() - kSurvivorsMin;
  size_t count = 0;
  if (cursor.run == 0 && cursor.done == 0) {
    for (size_t i = 0; i < std::min(kRunsAhead, runs.size()); ++i) {
      PrefetchRun(sketches_by_band, runs[i]);
    }
  }
  for (; cursor.run < runs.size(); ++cursor.run, cursor.done = 0) {
    if (cursor.run + kRunsAhead < runs.size()) {
      PrefetchRun(sketches_by_band, runs[cursor.run + kRunsAhead]);
    }
    const SketchRun run = runs[cursor.run];
    const uint16_t* sketches = sketches_by_band[run.band] + run.start;
    const auto sketch = hn::Set(du, run.sketch);
    const auto beyond = hn::Set(di, static_cast<int16_t>(run.bound + 1));
    for (uint32_t i = cursor.done; i < run.length; i += lanes) {
      const auto differing = hn::Xor(hn::LoadU(du, sketches + i), sketch);
      const auto within =
          hn::Lt(hn::BitCast(di, hn::PopulationCount(differing)), beyond);
      if (HWY_LIKELY(hn::AllFalse(di, within))) continue;
      if (HWY_UNLIKELY(count > last)) {
        cursor.done = i;
        return count;
      }
      uint64_t bits = 0;
      hn::StoreMaskBits(di, within, reinterpret_cast<uint8_t*>(&bits));
      if (run.length - i < lanes) bits &= (uint64_t{1} << (run.length - i)) - 1;
      for (; bits != 0; bits &= bits - 1) {
        out[count++] = {
            static_cast<uint32_t>(cursor.run),
            run.start + i + static_cast<uint32_t>(__builtin_ctzll(bits))};
      }
    }
  }
  return count;
}

HWY_ATTR inline int Distance(const uint8_t* a, const uint8_t* b) {
  std::array<uint64_t, 4> x;
  std::array<uint64_t, 4> y;
  std::memcpy(x.data(), a, kHashBytes);
  std::memcpy(y.data(), b, kHashBytes);
  return static_cast<int>(
      hwy::PopCount(x[0] ^ y[0]) + hwy::PopCount(x[1] ^ y[1]) +
      hwy::PopCount(x[2] ^ y[2]) + hwy::PopCount(x[3] ^ y[3]));
}

HWY_ATTR size_t VerifyRows(const RowNumbers& numbers, const uint8_t* hashes,
                           const uint8_t* queries,
                           std::span<const SketchRun> runs,
                           std::span<const Survivor> survivors, int radius_bits,
                           Verified* out) {
  constexpr size_t kChunk = 256;  // of row numbers, on the stack
  constexpr size_t kAhead = 24;
  const uint32_t mask = numbers.bytes == 3 ? 0xffffffU : ~uint32_t{0};
  const auto place = [&](const Survivor& survivor) {
    return numbers.by_band[runs[survivor.run].band] +
           size_t{survivor.position} * numbers.bytes;
  };
  for (size_t i = 0; i < std::min(kAhead, survivors.size()); ++i) {
    hwy::Prefetch(place(survivors[i]));
  }
  std::array<size_t, kChunk> rows;
  size_t count = 0;
  for (size_t begin = 0; begin < survivors.size(); begin += kChunk) {
    const size_t size = std::min(kChunk, survivors.size() - begin);
    for (size_t i = 0; i < size; ++i) {
      if (begin + i + kAhead < survivors.size()) {
        hwy::Prefetch(place(survivors[begin + i + kAhead]));
      }
      uint32_t row = 0;
      std::memcpy(&row, place(survivors[begin + i]), sizeof(row));
      rows[i] = row & mask;
      hwy::Prefetch(hashes + rows[i] * kHashBytes);
    }
    for (size_t i = 0; i < size; ++i) {
      const uint32_t run = survivors[begin + i].run;
      const uint32_t query = runs[run].query;
      const int distance =
          Distance(hashes + rows[i] * kHashBytes, queries + query * kHashBytes);
      if (distance <= radius_bits) {
        out[count++] = {{query, static_cast<uint32_t>(rows[i]), distance}, run};
      }
    }
  }
  return count;
}

HWY_ATTR inline void FlatScanRows(const uint8_t* hashes, size_t begin,
                                  size_t end, const uint8_t* query,
                                  uint32_t query_number, int radius_bits,
                                  std::vector<RowHit>& hits) {
  for (size_t row = begin; row < end; ++row) {
    const int distance = Distance(hashes + row * kHashBytes, query);
    if (distance > radius_bits) continue;
    hits.push_back({query_number, static_cast<uint32_t>(row), distance});
  }
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || \
    HWY_TARGET == HWY_AVX3_DL

using Words = hn::ScalableTag<uint64_t>;
using Word = hn::Vec<Words>;
constexpr size_t kFlatQueries = 16;  // that share a row while it is loaded
constexpr size_t kFlatPairs = 4;     // pairs of vectors in registers

// Interleaving two vectors of rows puts words 0 and 2 (lower) or 1 and 3
// (upper) of the rows in neighbouring 128-bit blocks, so a sum over a row is
// one swap of blocks.
struct FlatQuery {
  HWY_ALIGN std::array<uint64_t, 8> lower;
  HWY_ALIGN std::array<uint64_t, 8> upper;
};

HWY_ATTR inline FlatQuery Expand(const uint8_t* query) {
  std::array<uint64_t, 4> words;
  std::memcpy(words.data(), query, kHashBytes);
  FlatQuery expanded;
  for (size_t i = 0; i < 8; ++i) {
    expanded.lower[i] = words[i % 4 < 2 ? 0 : 2];
    expanded.upper[i] = words[i % 4 < 2 ? 1 : 3];
  }
  return expanded;
}

// Whether any row of a block may be within the radius: by half of its bits,
// or by all of them.
template <bool kAllBits>
HWY_ATTR inline bool MayHit(const Word* lower, const Word* upper,
                            const FlatQuery& query, int radius_bits) {
  const Words d;
  const hn::RepartitionToNarrow<Words> narrow;
  const hn::RebindToSigned<Words> wide;
  const hn::RebindToSigned<decltype(narrow)> small;
  const Word query_lower = hn::Load(d, query.lower.data());
  const Word query_upper = hn::Load(d, query.upper.data());
  auto least = hn::Set(small, 512);
  for (size_t i = 0; i < kFlatPairs; ++i) {
    Word sum = hn::PopulationCount(hn::Xor(lower[i], query_lower));
    if (kAllBits) {
      sum = hn::Add(sum, hn::PopulationCount(hn::Xor(upper[i], query_upper)));
    }
    sum = hn::Add(sum, hn::SwapAdjacentBlocks(sum));
    least = hn::Min(least, hn::BitCast(small, sum));
  }
  const auto beyond = hn::Set(wide, int64_t{radius_bits} + 1);
  return !hn::AllFalse(wide, hn::Lt(hn::BitCast(wide, least), beyond));
}

template <bool kAllBits>
HWY_ATTR void FlatScanBlocks(const uint8_t* hashes, size_t row_count,
                             const uint8_t* queries, size_t query_count,
                             uint32_t first_query, int radius_bits,
                             std::vector<RowHit>& hits) {
  const Words d;
  const size_t block_rows = kFlatPairs * 2 * hn::Lanes(d) / 4;
  std::array<FlatQuery, kFlatQueries> expanded;
  for (size_t i = 0; i < query_count; ++i) {
    expanded[i] = Expand(queries + i * kHashBytes);
  }
  size_t row = 0;
  for (; row + block_rows <= row_count; row += block_rows) {
    const uint8_t* block = hashes + row * kHashBytes;
    Word lower[kFlatPairs];
    Word upper[kFlatPairs];
    for (size_t i = 0; i < kFlatPairs; ++i) {
      const auto* words =
          reinterpret_cast<const uint64_t*>(block) + 2 * i * hn::Lanes(d);
      const Word a = hn::LoadU(d, words);
      const Word b = hn::LoadU(d, words + hn::Lanes(d));
      lower[i] = hn::InterleaveLower(d, a, b);
      upper[i] = hn::InterleaveUpper(d, a, b);
    }
    for (size_t i = 0; i < query_count; ++i) {
      if (!MayHit<kAllBits>(lower, upper, expanded[i], radius_bits)) continue;
      FlatScanRows(hashes, row, row + block_rows, queries + i * kHashBytes,
                   first_query + static_cast<uint32_t>(i), radius_bits, hits);
    }
  }
  for (size_t i = 0; i < query_count; ++i) {
    FlatScanRows(hashes, row, row_count, queries + i * kHashBytes,
                 first_query + static_cast<uint32_t>(i), radius_bits, hits);
  }
}

HWY_ATTR void FlatScan(const uint8_t* hashes, size_t row_count,
                       const uint8_t* queries, size_t query_count,
                       int radius_bits, std::vector<RowHit>& hits) {
  // Half of the bits of two unlike hashes differ in 64 +- 6 places: they
  // reject nearly all rows up to this radius.
  constexpr int kHalfRadiusMax = 40;
  for (size_t i = 0; i < query_count; i += kFlatQueries) {
    const size_t size = std::min(kFlatQueries, query_count - i);
    const uint8_t* group = queries + i * kHashBytes;
    const auto first = static_cast<uint32_t>(i);
    if (radius_bits <= kHalfRadiusMax) {
      FlatScanBlocks<false>(hashes, row_count, group, size, first, radius_bits,
                            hits);
    } else {
      FlatScanBlocks<true>(hashes, row_count, group, size, first, radius_bits,
                           hits);
    }
  }
}

#else

HWY_ATTR void FlatScan(const uint8_t* hashes, size_t row_count,
                       const uint8_t* queries, size_t query_count,
                       int radius_bits, std::vector<RowHit>& hits) {
  constexpr size_t kBlockRows = 256;  // 8 KiB: stays in the first cache
  for (size_t row = 0; row < row_count; row += kBlockRows) {
    const size_t end = std::min(row + kBlockRows, row_count);
    for (size_t i = 0; i < query_count; ++i) {
      FlatScanRows(hashes, row, end, queries + i * kHashBytes,
                   static_cast<uint32_t>(i), radius_bits, hits);
    }
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kenal::index
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kenal::index {

HWY_EXPORT(ScanRuns);
HWY_EXPORT(VerifyRows);
HWY_EXPORT(FlatScan);

size_t ScanRuns(const uint16_t* const* sketches_by_band,
                std::span<const SketchRun> runs, ScanCursor& cursor,
                std::span<Survivor> out) {
  return HWY_DYNAMIC_DISPATCH(ScanRuns)(sketches_by_band, runs, cursor, out);
}

size_t VerifyRows(const RowNumbers& rows, const uint8_t* hashes,
                  const uint8_t* queries, std::span<const SketchRun> runs,
                  std::span<const Survivor> survivors, int radius_bits,
                  Verified* out) {
  return HWY_DYNAMIC_DISPATCH(VerifyRows)(rows, hashes, queries, runs,
                                          survivors, radius_bits, out);
}

void FlatScan(const uint8_t* hashes, size_t row_count, const uint8_t* queries,
              size_t query_count, int radius_bits, std::vector<RowHit>& hits) {
  HWY_DYNAMIC_DISPATCH(FlatScan)
  (hashes, row_count, queries, query_count, radius_bits, hits);
}

std::vector<const char*> KernelTargets() {
  std::vector<const char*> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    names.push_back(hwy::TargetName(target));
  }
  return names;
}

void UseKernelTarget(const char* name) {
  hwy::SetSupportedTargetsForTest(0);
  if (name != nullptr) {
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      if (std::strcmp(hwy::TargetName(target), name) == 0) {
        hwy::SetSupportedTargetsForTest(target);
        break;
      }
    }
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace kenal::index
#endif  // HWY_ONCE
