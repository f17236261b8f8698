// The pictures of a folder, read and reduced, with what an entry could hold
// of each.
#ifndef KENAL_BENCH_ROBUSTNESS_PICTURES_H_
#define KENAL_BENCH_ROBUSTNESS_PICTURES_H_

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/decode/decoder_pool.h"

namespace kenal::robustness {

struct Picture {
  std::string name;     // below the folder
  uint64_t number = 0;  // in the order of names; seeds its alterations
  cv::Mat pixels;       // BGR, upright; empty when they were not kept
  std::vector<PdqView> views;
};

struct LoadOptions {
  int side_pixels_max = 800;  // larger pictures are reduced, by area average
  size_t sample = 0;          // so many at random, with a fixed seed; 0: all
  // Pictures within so many bits of an earlier one, in any variant, are left
  // out: they could not be told from its copies. Negative: none is.
  int apart_bits = -1;
  int quality_min = kFlatQualityMax + 1;
  bool keep_pixels = false;
  decode::DecodeWork work;
  int threads = 2;
};

struct Corpus {
  std::vector<Picture> pictures;
  std::vector<std::string> unreadable;  // "NAME: why"
  int flat_count = 0;                   // left out: below quality_min
  int repeated_count = 0;               // left out: not far enough apart
};

// Reads every picture below `folder`. Files that are none are no error: those
// that look like a picture and cannot be read are in `unreadable`.
// Errors: kNotFound  no such folder
StatusOr<Corpus> LoadCorpus(const std::string& folder,
                            const LoadOptions& options);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_PICTURES_H_
