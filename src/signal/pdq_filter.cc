#include "src/signal/pdq_filter.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/signal/pdq_filter.cc"
#include "src/signal/simd.h"
// simd.h comes first: it chooses the targets.
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "src/signal/wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {
namespace {

using BlockColumn = Wide<kBlockRows / kLanes>;

// Vectors per turn of a column pass: enough independent sums to hide the
// latency of additions.
constexpr size_t kColumnVectors = std::min<size_t>(4, kStripColumns / kLanes);
using ColumnGroup = Wide<kColumnVectors>;

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE void TransposeCell(const float* from, size_t, float* to, size_t) {
  *to = *from;
}

#else

// Transposes the 4 x 4 matrices that a, b, c, d hold in each 128-bit block.
HWY_INLINE void TransposeBlocks(Vec a, Vec b, Vec c, Vec d, float* to,
                                size_t to_pitch) {
  const Vec ac_low = hn::InterleaveLower(kFloats, a, c);
  const Vec bd_low = hn::InterleaveLower(kFloats, b, d);
  const Vec ac_high = hn::InterleaveUpper(kFloats, a, c);
  const Vec bd_high = hn::InterleaveUpper(kFloats, b, d);
  hn::Store(hn::InterleaveLower(kFloats, ac_low, bd_low), kFloats, to);
  hn::Store(hn::InterleaveUpper(kFloats, ac_low, bd_low), kFloats,
            to + to_pitch);
  hn::Store(hn::InterleaveLower(kFloats, ac_high, bd_high), kFloats,
            to + 2 * to_pitch);
  hn::Store(hn::InterleaveUpper(kFloats, ac_high, bd_high), kFloats,
            to + 3 * to_pitch);
}

// Lower and upper half of a vector from two places.
HWY_INLINE Vec LoadHalves(const float* lower, const float* upper) {
  const hn::Half<Floats> half;
  return hn::Combine(kFloats, hn::Load(half, upper), hn::Load(half, lower));
}

// Transposes kLanes x kLanes values.
HWY_INLINE void TransposeCell(const float* from, size_t pitch, float* to,
                              size_t to_pitch) {
  if constexpr (kLanes == 4) {
    TransposeBlocks(hn::Load(kFloats, from), hn::Load(kFloats, from + pitch),
                    hn::Load(kFloats, from + 2 * pitch),
                    hn::Load(kFloats, from + 3 * pitch), to, to_pitch);
  } else if constexpr (kLanes == 8) {
    for (size_t x = 0; x < 8; x += 4) {
      const float* at = from + x;
      TransposeBlocks(LoadHalves(at, at + 4 * pitch),
                      LoadHalves(at + pitch, at + 5 * pitch),
                      LoadHalves(at + 2 * pitch, at + 6 * pitch),
                      LoadHalves(at + 3 * pitch, at + 7 * pitch),
                      to + x * to_pitch, to_pitch);
    }
  } else {
    for (size_t x = 0; x < 16; x += 8) {
      Vec left[4];
      Vec right[4];
      for (size_t i = 0; i < 4; ++i) {
        const float* at = from + x + i * pitch;
        const Vec even = LoadHalves(at, at + 8 * pitch);
        const Vec odd = LoadHalves(at + 4 * pitch, at + 12 * pitch);
        left[i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd), even);
        right[i] = hn::OddEvenBlocks(odd, hn::SwapAdjacentBlocks(even));
      }
      float* const out = to + x * to_pitch;
      TransposeBlocks(left[0], left[1], left[2], left[3], out, to_pitch);
      TransposeBlocks(right[0], right[1], right[2], right[3],
                      out + 4 * to_pitch, to_pitch);
    }
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

// to[column] gets columns [0, count) of the tile, sixteen at a time.
HWY_INLINE void ToColumns(const StripRow* tile, size_t count, Column* to) {
  for (size_t x = 0; x < count; x += kLanes) {
    for (size_t y = 0; y < kBlockRows; y += kLanes) {
      TransposeCell(tile[y].columns + x, kStripColumns, to[x].rows + y,
                    kBlockRows);
    }
  }
}

HWY_INLINE void ToRows(const Column* from, size_t count, StripRow* tile) {
  for (size_t x = 0; x < count; x += kLanes) {
    for (size_t y = 0; y < kBlockRows; y += kLanes) {
      TransposeCell(from[x].rows + y, kBlockRows, tile[y].columns + x,
                    kStripColumns);
    }
  }
}

// One row pass over a strip whose columns [begin, end) are in the ring; leaves
// the sums, or their averages, in out[0..].
struct RowPass {
  const Column* ring;
  size_t ring_mask;
  size_t window;

  template <class Finish>
  HWY_INLINE BlockColumn Run(BlockColumn sum, size_t begin, size_t end,
                             Column* out, Finish finish) const {
    for (size_t step = begin; step < end; ++step, ++out) {
      const float* entering = ring[step & ring_mask].rows;
      const float* leaving = ring[(step - window) & ring_mask].rows;
      sum = sum + BlockColumn::Load(entering);
      sum = sum - BlockColumn::Load(leaving);
      finish(sum, step).Store(out->rows);
    }
    return sum;
  }
};

class BlockFilter {
 public:
  explicit BlockFilter(TentState& state)
      : state_(state),
        mask_(static_cast<size_t>(state.ring_columns) - 1),
        window_across_(static_cast<size_t>(state.across.window())),
        window_down_(static_cast<size_t>(state.down.window())) {}

  void Run() {
    Start();
    const auto columns = static_cast<size_t>(state_.columns_padded);
    for (size_t begin = 0; begin < columns; begin += kStripColumns) {
      const size_t end = std::min<size_t>(begin + kStripColumns, columns);
      const size_t strip = begin / kStripColumns;
      ToColumns(state_.luma[strip].rows, end - begin,
                &state_.ring_first[begin & mask_]);
      FirstRowPass(begin, end);
      ToRows(columns_, end - begin, tile_);
      FirstColumnPass(strip);
      ToColumns(tile_, end - begin, &state_.ring_second[begin & mask_]);
      SecondRowPass(begin, end);
    }
    ToRows(picked_, kSampleSide, tile_);
    SecondColumnPass();
    state_.steps_done += kBlockRows;
  }

 private:
  // Nothing is in the windows of the row passes yet.
  void Start() {
    for (size_t back = 1; back <= window_across_; ++back) {
      state_.ring_first[(0 - back) & mask_] = Column{};
      state_.ring_second[(0 - back) & mask_] = Column{};
    }
    first_sum_ = Column{};
    second_sum_ = Column{};
    for (size_t r = 0; r < kBlockRows; ++r) {
      const int step = state_.steps_done + static_cast<int>(r);
      const bool full =
          step >= state_.down.FullBegin() && step < state_.down.FullEnd();
      slot_[r] = static_cast<size_t>(step) % window_down_;
      divisor_[r] = state_.down.Divisor(step);
      scale_[r] = full ? state_.down.ExactScale() : 0;
    }
  }

  HWY_INLINE void FirstRowPass(size_t begin, size_t end) {
    const RowPass pass{state_.ring_first.data(), mask_, window_across_};
    const auto clamp = [&](int step) {
      return std::clamp(static_cast<size_t>(step), begin, end);
    };
    const size_t full_begin = clamp(state_.across.FullBegin());
    const size_t full_end = clamp(state_.across.FullEnd());
    const float* divisors = state_.row_divisors.data();
    const auto divide =
        [divisors](const BlockColumn& sum, size_t step)
            HWY_ATTR { return sum / hn::Set(kFloats, divisors[step]); };
    BlockColumn sum = BlockColumn::Load(first_sum_.rows);
    sum = pass.Run(sum, begin, full_begin, columns_, divide);
    Column* const out = columns_ + (full_begin - begin);
    if (const float exact = state_.across.ExactScale(); exact != 0) {
      const Vec scale = hn::Set(kFloats, exact);
      sum = pass.Run(sum, full_begin, full_end, out,
                     [scale](const BlockColumn& full, size_t)
                         HWY_ATTR { return full * scale; });
    } else {
      sum = pass.Run(sum, full_begin, full_end, out, divide);
    }
    sum = pass.Run(sum, full_end, end, columns_ + (full_end - begin), divide);
    sum.Store(first_sum_.rows);
  }

  // Replaces the rows of tile_ by their averages over columns.
  HWY_INLINE void FirstColumnPass(size_t strip) {
    StripRow* const history = &state_.history[strip * window_down_];
    float* const sums = state_.sums[strip].columns;
    for (size_t x = 0; x < kStripColumns; x += kColumnVectors * kLanes) {
      ColumnGroup sum = ColumnGroup::Load(sums + x);
      for (size_t r = 0; r < kBlockRows; ++r) {
        float* const row = tile_[r].columns + x;
        float* const kept = history[slot_[r]].columns + x;
        const ColumnGroup entering = ColumnGroup::Load(row);
        const ColumnGroup leaving = ColumnGroup::Load(kept);
        entering.Store(kept);
        sum = sum + entering;
        sum = sum - leaving;
        if (scale_[r] != 0) {
          (sum * hn::Set(kFloats, scale_[r])).Store(row);
        } else {
          (sum / hn::Set(kFloats, divisor_[r])).Store(row);
        }
      }
      sum.Store(sums + x);
    }
  }

  HWY_INLINE void SecondRowPass(size_t begin, size_t end) {
    const RowPass pass{state_.ring_second.data(), mask_, window_across_};
    BlockColumn sum = BlockColumn::Load(second_sum_.rows);
    sum = pass.Run(sum, begin, end, columns_,
                   [](const BlockColumn& raw, size_t) HWY_ATTR { return raw; });
    sum.Store(second_sum_.rows);
    for (; next_sample_ < kSampleSide; ++next_sample_) {
      const auto step =
          static_cast<size_t>(state_.across.SampleStep(next_sample_));
      if (step >= end) break;
      const Vec divisor =
          hn::Set(kFloats, state_.across.SampleDivisor(next_sample_));
      (BlockColumn::Load(columns_[step - begin].rows) / divisor)
          .Store(picked_[next_sample_].rows);
    }
  }

  void SecondColumnPass() {
    using Row = Wide<kStripColumns / kLanes>;
    const TentAxis& down = state_.down;
    Row sum = Row::Load(state_.last_sums.columns);
    for (int r = 0; r < kBlockRows; ++r) {
      const int step = state_.steps_done + r;
      float* const kept = state_.last_history[slot_[r]].columns;
      const Row entering = Row::Load(tile_[r].columns);
      const Row leaving = Row::Load(kept);
      entering.Store(kept);
      sum = sum + entering;
      sum = sum - leaving;
      int& sample = state_.next_sample_row;
      for (; sample < kSampleSide && down.SampleStep(sample) == step;
           ++sample) {
        (sum / hn::Set(kFloats, down.SampleDivisor(sample)))
            .Store(state_.samples[sample].columns);
      }
    }
    sum.Store(state_.last_sums.columns);
  }

  TentState& state_;
  const size_t mask_;
  const size_t window_across_;
  const size_t window_down_;
  int next_sample_ = 0;

  // Of the rows of this block, in the first column pass.
  size_t slot_[kBlockRows];
  float divisor_[kBlockRows];
  float scale_[kBlockRows];  // 0: divide

  Column first_sum_;
  Column second_sum_;
  Column columns_[kStripColumns];
  Column picked_[kSampleSide];
  StripRow tile_[kBlockRows] = {};
};

void Block(TentState& state) { BlockFilter(state).Run(); }

}  // namespace
}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kenal::signal {
namespace {
HWY_EXPORT(Block);
}  // namespace

void FilterBlock(TentState& state) { HWY_DYNAMIC_DISPATCH(Block)(state); }

}  // namespace kenal::signal
#endif  // HWY_ONCE
