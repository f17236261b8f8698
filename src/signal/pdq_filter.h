// PDQ's tent filter over a stream of luma rows, down to its 64 x 64 samples
// (specification, sections 3 and 4).
//
// The filter is four passes of running sums: rows, columns, rows, columns.
// All four advance together, sixteen rows at a time and, within these, one
// strip of 64 columns at a time, so that everything but the columns' history
// stays in the first-level cache:
//
//   luma rows -> row pass -> column pass -> row pass -> column pass -> samples
//                            (window_down   keeps 64    (64 columns,
//                             rows kept)    columns)     64 rows)
//
// Bits stay exactly those of the specification because each running sum adds
// and subtracts the same values in the same order. Row passes vectorise over
// the sixteen rows, column passes over columns. Outside the picture zeros enter
// and leave, which changes no bit: x + 0 and x - 0 are x, and a sum that starts
// at +0 is never -0. Results that lie outside are divided by infinity and so
// are zeros for the next pass.
#ifndef KENAL_SRC_SIGNAL_PDQ_FILTER_H_
#define KENAL_SRC_SIGNAL_PDQ_FILTER_H_

#include <array>
#include <cstddef>
#include <vector>

#include "src/signal/luma.h"
#include "src/signal/pdq_cosines.h"

namespace kenal::signal {

inline constexpr int kBlockRows = 16;
inline constexpr int kStripColumns = 64;
static_assert(kStripColumns == kSegmentPixels);
static_assert(kStripColumns == kSampleSide);  // the last pass is one strip

// One row of a strip.
struct alignas(64) StripRow {
  float columns[kStripColumns];
};

// One column of a block of rows: what a row pass works on.
struct alignas(64) Column {
  float rows[kBlockRows];
};

// A block of rows of one strip. The padding spreads tiles over cache sets.
struct Tile {
  StripRow rows[kBlockRows];
  Column padding;
};
inline constexpr size_t kTilePitch = sizeof(Tile) / sizeof(float);

// One axis of the picture: which sum is ready at which step. At step s a pass
// takes value s in, drops value s - window and has the sum around value
// s - Lag().
class TentAxis {
 public:
  explicit TentAxis(int length);

  int window() const { return window_; }
  // How far a pass is behind its input.
  int Lag() const { return ahead_ - 1; }
  // The step of the axis' second pass at which sample 0..63 is ready.
  int SampleStep(int sample) const {
    return sample_steps_[static_cast<size_t>(sample)];
  }
  // What the sum at that sample is divided by.
  float SampleDivisor(int sample) const {
    return sample_divisors_[static_cast<size_t>(sample)];
  }
  // Steps until the last sample is ready.
  int Steps() const { return SampleStep(kSampleSide - 1) + 1; }
  // What the first pass divides its sum by at a step: the number of values in
  // it, infinity outside the picture.
  float Divisor(int step) const;
  // Steps [FullBegin(), FullEnd()) of the first pass divide by window().
  int FullBegin() const { return window_ - 1; }
  int FullEnd() const { return length_; }

 private:
  int length_;
  int window_;
  int ahead_;  // "h" of the specification
  std::array<int, kSampleSide> sample_steps_;
  std::array<float, kSampleSide> sample_divisors_;
};

// State of one picture. The kernel works on it in place.
struct TentState {
  TentState(int picture_width, int picture_height);

  TentAxis across;
  TentAxis down;
  int width;
  int columns_padded;  // steps across, in whole tiles of sixteen
  int steps_done = 0;  // steps down

  std::vector<Tile> luma;  // the current block, by strip

  // First row pass and second row pass: the last columns that came in, as
  // rings of ring_columns, a power of two.
  int ring_columns;
  std::vector<Column> ring_first;
  std::vector<Column> ring_second;
  std::vector<float> row_divisors;  // of the first row pass, by step

  // First column pass: per strip, the rows still in the window, and the sums.
  std::vector<StripRow> history;  // strip * window + step % window
  std::vector<StripRow> sums;

  // Second column pass, over the 64 sampled columns.
  std::vector<StripRow> last_history;
  StripRow last_sums{};
  int next_sample_row = 0;

  StripRow samples[kSampleSide]{};  // section 4
};

// Takes the sixteen luma rows in `state.luma` through all passes.
void FilterBlock(TentState& state);

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_PDQ_FILTER_H_
