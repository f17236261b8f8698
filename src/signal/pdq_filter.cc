#include "src/signal/pdq_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/signal/pdq_filter.cc"
#include "src/signal/simd.h"
// simd.h comes first: it chooses the targets.
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "src/signal/average-inl.h"
#include "src/signal/transpose-inl.h"
#include "src/signal/wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {
namespace {

using BlockColumn = Wide<kBlockRows / kLanes>;

// Vectors per turn of a column pass: enough independent sums to hide the
// latency of additions.
constexpr size_t kColumnVectors = std::min<size_t>(4, kStripColumns / kLanes);
using ColumnGroup = Wide<kColumnVectors>;

// to[column] gets columns [0, count) of the tile, sixteen at a time.
HWY_INLINE void ToColumns(const StripRow* tile, size_t count, Column* to) {
  for (size_t x = 0; x < count; x += kLanes) {
    for (size_t y = 0; y < kBlockRows; y += kLanes) {
      TransposeCell<kStripColumns, kBlockRows>(tile[y].columns + x,
                                               to[x].rows + y);
    }
  }
}

HWY_INLINE void ToRows(const Column* from, size_t count, StripRow* tile) {
  for (size_t x = 0; x < count; x += kLanes) {
    for (size_t y = 0; y < kBlockRows; y += kLanes) {
      TransposeCell<kBlockRows, kStripColumns>(from[x].rows + y,
                                               tile[y].columns + x);
    }
  }
}

// The running sums of a row pass.
struct RowPass {
  const Column* ring;
  BlockColumn sum;

  HWY_INLINE const BlockColumn& Step(size_t entering, size_t leaving) {
    sum = sum + BlockColumn::Load(ring[entering].rows);
    sum = sum - BlockColumn::Load(ring[leaving].rows);
    return sum;
  }
};

// Calls `run` with what averages sums of `count` values.
template <class Run>
HWY_INLINE void WithAverage(int count, Run run) {
  if (std::has_single_bit(static_cast<unsigned>(count))) {
    run(PowerOfTwoAverage(count));
  } else {
    run(AnyAverage(count));
  }
}

class BlockFilter {
 public:
  explicit BlockFilter(TentState& state)
      : state_(state),
        mask_(static_cast<size_t>(state.ring_columns) - 1),
        window_across_(static_cast<size_t>(state.across.window())),
        window_down_(static_cast<size_t>(state.down.window())) {}

  // The second row pass is one strip behind the first, so that their sums,
  // which are bound by the latency of additions, can go side by side.
  void Run() {
    Start();
    const auto columns = static_cast<size_t>(state_.columns_padded);
    size_t begin = 0;
    size_t end = 0;
    for (; begin < columns; begin += kStripColumns) {
      end = std::min<size_t>(begin + kStripColumns, columns);
      const size_t strip = begin / kStripColumns;
      ToColumns(state_.luma[strip].rows, end - begin,
                &state_.ring_first[FirstSlot(begin)]);
      if (InFullPart(begin, end)) {
        BothRowPasses(begin);
      } else {
        FirstRowPass(begin, end);
        if (begin > 0) SecondRowPass(begin - kStripColumns, begin);
      }
      ToRows(first_out_, end - begin, tile_);
      FirstColumnPass(strip);
      ToColumns(tile_, end - begin, &state_.ring_second[SecondSlot(begin)]);
    }
    SecondRowPass(begin - kStripColumns, end);
    ToRows(picked_, kSampleSide, tile_);
    SecondColumnPass();
    state_.steps_done += kBlockRows;
  }

 private:
  // Where a step's column is in its ring. The second pass is one strip behind
  // and its ring one strip ahead, so both are at the same slot.
  size_t FirstSlot(size_t step) const { return step & mask_; }
  size_t SecondSlot(size_t step) const {
    return (step + kStripColumns) & mask_;
  }

  // Nothing is in the windows of the row passes yet.
  void Start() {
    for (size_t back = 1; back <= window_across_; ++back) {
      state_.ring_first[FirstSlot(0 - back)] = Column{};
      state_.ring_second[SecondSlot(0 - back)] = Column{};
    }
    first_sum_ = Column{};
    second_sum_ = Column{};
    for (size_t r = 0; r < kBlockRows; ++r) {
      const int step = state_.steps_done + static_cast<int>(r);
      full_[r] =
          step >= state_.down.FullBegin() && step < state_.down.FullEnd();
      slot_[r] = static_cast<size_t>(step) % window_down_;
      divisor_[r] = state_.down.Divisor(step);
    }
  }

  RowPass FirstPass() const {
    return {state_.ring_first.data(), BlockColumn::Load(first_sum_.rows)};
  }
  RowPass SecondPass() const {
    return {state_.ring_second.data(), BlockColumn::Load(second_sum_.rows)};
  }

  // Whether both passes have a whole strip, and the first a full window.
  bool InFullPart(size_t begin, size_t end) const {
    return begin >= kStripColumns && end - begin == kStripColumns &&
           begin >= static_cast<size_t>(state_.across.FullBegin()) &&
           end <= static_cast<size_t>(state_.across.FullEnd());
  }

  void FirstRowPass(size_t begin, size_t end) {
    RowPass first = FirstPass();
    for (size_t step = begin; step < end; ++step) {
      const Vec divisor = hn::Set(kFloats, state_.row_divisors[step]);
      (first.Step(FirstSlot(step), FirstSlot(step - window_across_)) / divisor)
          .Store(first_out_[step - begin].rows);
    }
    first.sum.Store(first_sum_.rows);
  }

  void SecondRowPass(size_t begin, size_t end) {
    RowPass second = SecondPass();
    for (size_t step = begin; step < end; ++step) {
      second.Step(SecondSlot(step), SecondSlot(step - window_across_))
          .Store(second_out_[step - begin].rows);
    }
    second.sum.Store(second_sum_.rows);
    PickColumns(begin, end);
  }

  void BothRowPasses(size_t begin) {
    WithAverage(state_.across.window(),
                [&](auto average) HWY_ATTR { BothRowPasses(begin, average); });
    PickColumns(begin - kStripColumns, begin);
  }

  template <class Average>
  HWY_INLINE void BothRowPasses(size_t begin, Average average) {
    RowPass first = FirstPass();
    RowPass second = SecondPass();
    const size_t mask = mask_;
    const size_t entering = begin & mask;
    size_t leaving = begin - window_across_;
    for (size_t x = 0; x < kStripColumns; ++x, ++leaving) {
      const size_t out = leaving & mask;
      average(first.Step(entering + x, out)).Store(first_out_[x].rows);
      second.Step(entering + x, out).Store(second_out_[x].rows);
    }
    first.sum.Store(first_sum_.rows);
    second.sum.Store(second_sum_.rows);
  }

  // Averages at the sampled columns from the second pass' sums.
  void PickColumns(size_t begin, size_t end) {
    for (; next_sample_ < kSampleSide; ++next_sample_) {
      const auto step =
          static_cast<size_t>(state_.across.SampleStep(next_sample_));
      if (step >= end) break;
      const Vec divisor =
          hn::Set(kFloats, state_.across.SampleDivisor(next_sample_));
      (BlockColumn::Load(second_out_[step - begin].rows) / divisor)
          .Store(picked_[next_sample_].rows);
    }
  }

  // Replaces the rows of tile_ by their averages over columns.
  void FirstColumnPass(size_t strip) {
    WithAverage(state_.down.window(), [&](auto average) HWY_ATTR {
      FirstColumnPass(strip, average);
    });
  }

  template <class Average>
  HWY_INLINE void FirstColumnPass(size_t strip, Average average) {
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
        if (full_[r]) {
          average(sum).Store(row);
        } else {
          (sum / hn::Set(kFloats, divisor_[r])).Store(row);
        }
      }
      sum.Store(sums + x);
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
  bool full_[kBlockRows];  // the window is, so the divisor is its length

  Column first_sum_;
  Column second_sum_;
  Column first_out_[kStripColumns];   // averages of the first row pass
  Column second_out_[kStripColumns];  // sums of the second
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
