// From 64 x 64 samples to quality and hashes (specification, sections 5 to 9).
#ifndef KENAL_SRC_SIGNAL_PDQ_TRANSFORM_H_
#define KENAL_SRC_SIGNAL_PDQ_TRANSFORM_H_

#include <array>

#include "src/signal/pdq.h"
#include "src/signal/pdq_filter.h"

namespace kenal::signal {

// One 16 x 16 block of coefficients, row by row.
struct alignas(64) Block {
  float values[kBlockSide][kBlockSide];
};

// 0..100 from kSampleSide rows of samples.
int QualityOf(const StripRow* samples);

// The low-frequency coefficients of kSampleSide rows of samples.
Block TransformSamples(const StripRow* samples);

// All eight variants, indexed by Variant.
std::array<PdqHash, kVariantCount> DihedralHashes(const Block& block);

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_PDQ_TRANSFORM_H_
