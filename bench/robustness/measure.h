// The whole measurement, and what it found.
#ifndef KENAL_BENCH_ROBUSTNESS_MEASURE_H_
#define KENAL_BENCH_ROBUSTNESS_MEASURE_H_

#include <optional>
#include <string>
#include <vector>

#include "bench/robustness/alterations.h"
#include "bench/robustness/false_pairs.h"
#include "bench/robustness/image_hashes.h"
#include "bench/robustness/recall.h"
#include "bench/robustness/strategies.h"
#include "kenal/status.h"

namespace kenal::robustness {

struct Options {
  std::string photographs;  // a folder
  std::string graphics;     // another; empty: none
  int side_pixels_max = 800;
  int quality_min = kFlatQualityMax + 1;
  size_t sample = 0;             // so many photographs and ten times as many
                                 // graphics; 0: all
  size_t image_hash_sample = 0;  // photographs that the rivals are measured on
  int threads = 2;
};

struct CorpusFacts {
  size_t count = 0;
  int flat_count = 0;
  int repeated_count = 0;
  std::vector<std::string> unreadable;
};

struct StrategyCost {
  double queries = 0;  // mean of an unaltered picture
  double rows = 0;
  double milliseconds = 0;  // JPEG bytes to hashes, one thread; 0: not timed
};

struct RivalResult {
  ImageHash kind = ImageHash::kPHash;
  Calibration calibration;
  double milliseconds = 0;
};

struct GraphicsResult {
  CorpusFacts corpus;
  FlagCount template_like;
  std::vector<GraphicsPairs> pairs;  // one a strategy
  NearPairs near_photographs;        // copies against rows of graphics
  std::vector<FalseMeetings> photograph_meetings;
};

struct Results {
  Options options;
  std::vector<Alteration> alterations;
  std::vector<Strategy> strategies;
  CorpusFacts photographs;
  Distances distances;              // one a strategy
  std::vector<StrategyCost> costs;  // likewise
  FlagCount template_like;          // of the photographs
  size_t query_count = 0;           // hashes of all copies
  size_t row_count = 0;             // rows of all photographs
  NearPairs near;                   // copies against other photographs
  std::vector<FalseMeetings> meetings;
  std::optional<GraphicsResult> graphics;
  std::vector<RivalResult> rivals;  // only with graphics
  Distances rival_distances;        // one a rival
  double seconds = 0;
};

// Errors: kNotFound            no such folder
//         kFailedPrecondition  fewer than two photographs to measure
StatusOr<Results> Measure(const Options& options);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_MEASURE_H_
