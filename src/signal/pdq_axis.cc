#include <algorithm>
#include <bit>
#include <limits>

#include "src/base/check.h"
#include "src/signal/pdq_filter.h"

namespace kenal::signal {
namespace {

int RoundUp(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Holds a window and the strip that is being taken in.
int RingColumns(int window) {
  return static_cast<int>(
      std::bit_ceil(static_cast<unsigned>(window + kStripColumns)));
}

}  // namespace

TentAxis::TentAxis(int length)
    : length_(length),
      window_((length + 2 * kSampleSide - 1) / (2 * kSampleSide)),
      ahead_((window_ + 2) / 2) {
  KENAL_CHECK(length >= 1);
  for (size_t sample = 0; sample < kSampleSide; ++sample) {
    const auto position = static_cast<int>(
        (2 * sample + 1) * static_cast<size_t>(length) / (2 * kSampleSide));
    sample_steps_[sample] = position + 2 * Lag();
    sample_divisors_[sample] = Divisor(position + Lag());
  }
}

float TentAxis::Divisor(int step) const {
  const int at = step - Lag();
  if (at < 0 || at >= length_) return std::numeric_limits<float>::infinity();
  const int first = std::max(at - (window_ - ahead_), 0);
  const int last = std::min(at + ahead_ - 1, length_ - 1);
  return static_cast<float>(last - first + 1);
}

TentState::TentState(int picture_width, int picture_height)
    : across(picture_width),
      down(picture_height),
      width(picture_width),
      columns_padded(RoundUp(across.Steps(), kBlockRows)),
      ring_columns(RingColumns(across.window())) {
  const auto strips =
      static_cast<size_t>(RoundUp(columns_padded, kStripColumns)) /
      kStripColumns;
  luma.resize(strips);
  ring_first.resize(static_cast<size_t>(ring_columns));
  ring_second.resize(static_cast<size_t>(ring_columns));
  for (int step = 0; step < columns_padded; ++step) {
    row_divisors.push_back(across.Divisor(step));
  }
  history.resize(strips * static_cast<size_t>(down.window()));
  sums.resize(strips);
  last_history.resize(static_cast<size_t>(down.window()));
}

}  // namespace kenal::signal
