// Sampling: a random part of the evidence that stands for the rest, with a
// stated confidence.
//
// Positions are drawn uniformly and independently among all bytes of all files
// that were found; each file that a position falls into is looked at whole. Had
// M of T bytes been listed, readable material, then each of n draws would have
// missed it with probability 1 - M/T, whatever files it is spread over, hence
// all of them with (1 - M/T)^n. n is chosen so that this is at most
// 1 - confidence.
#ifndef KENAL_SRC_SCAN_SAMPLING_H_
#define KENAL_SRC_SCAN_SAMPLING_H_

#include <cstdint>
#include <span>
#include <vector>

namespace kenal::scan {

struct SampleOrder {
  double confidence = 0.99;     // above 0 and below 1
  uint64_t material_bytes = 0;  // M, above 0
  uint64_t seed = 0;            // the same sample of the same files
};

// How many draws it takes. 0 when population_bytes is.
uint64_t DrawCount(const SampleOrder& order, uint64_t population_bytes);

// So many draws take a minute; beyond, every file that has bytes is drawn.
inline constexpr uint64_t kDrawsMax = 200'000'000;

// Which files were drawn, given the sizes of all in an order that is the same
// each time. Files of no bytes are never drawn.
std::vector<bool> DrawFiles(const SampleOrder& order,
                            std::span<const uint64_t> sizes_bytes);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_SAMPLING_H_
