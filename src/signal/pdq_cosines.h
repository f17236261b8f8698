// The cosine matrix of PDQ (specification, section 6).
#ifndef KENAL_SRC_SIGNAL_PDQ_COSINES_H_
#define KENAL_SRC_SIGNAL_PDQ_COSINES_H_

#include <array>

namespace kenal::signal {

inline constexpr int kSampleSide = 64;  // samples each way, section 4
inline constexpr int kBlockSide = 16;   // coefficients each way, section 6

// Element [i * kSampleSide + k] belongs to frequency i + 1 and sample k.
using CosineMatrix = std::array<float, kBlockSide * kSampleSide>;

// Computed on first use, in double precision and rounded once; lives for ever.
const CosineMatrix& Cosines();

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_PDQ_COSINES_H_
