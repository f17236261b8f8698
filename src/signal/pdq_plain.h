// The plain twin of PdqStream: the specification written down as loops over a
// whole picture. Slow, in memory, and the judge of every faster kernel; it
// shares nothing with them but the cosine matrix.
#ifndef KENAL_SRC_SIGNAL_PDQ_PLAIN_H_
#define KENAL_SRC_SIGNAL_PDQ_PLAIN_H_

#include <array>
#include <span>

#include "src/signal/pdq.h"
#include "src/signal/pdq_cosines.h"

namespace kenal::signal {

using SampleGrid = std::array<float, kSampleSide * kSampleSide>;  // section 4
using BlockGrid = std::array<float, kBlockSide * kBlockSide>;     // section 6

// Inner values of one hash, row by row, for finding where an implementation
// parts ways.
struct PlainTaps {
  SampleGrid samples{};
  std::array<float, kBlockSide * kSampleSide> transformed{};
  BlockGrid block{};
  float median = 0;
};

// luma: width * height values, row by row; width, height at least 1.
// `taps`, when given, gets those of the plain path.
PdqResult PlainPdq(std::span<const float> luma, int width, int height,
                   PlainTaps* taps = nullptr);

// Section 2.
float PlainLuma(uint8_t red, uint8_t green, uint8_t blue);

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_PDQ_PLAIN_H_
