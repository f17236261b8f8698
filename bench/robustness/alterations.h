// The table of alterations: what is done to each picture, in which group it
// is reported, and from which seed.
#ifndef KENAL_BENCH_ROBUSTNESS_ALTERATIONS_H_
#define KENAL_BENCH_ROBUSTNESS_ALTERATIONS_H_

#include <cstdint>
#include <functional>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "bench/robustness/copy.h"

namespace kenal::robustness {

struct Scene {
  const cv::Mat& picture;
  const cv::Mat& beside;  // another picture, for collages
  cv::RNG& rng;
};

struct Alteration {
  std::string name;
  std::string family;  // rows that a reader takes together
  std::string group;   // means are over one group: "reference" or "untuned"
  std::function<Copy(const Scene&)> apply;
};

// 64 of the group "reference", which views and thresholds were chosen on, then
// 10 of the group "untuned", which were written when all of that was settled.
std::vector<Alteration> AllAlterations();

// Makes one copy. The same picture, number and name give the same copy, in
// whatever order copies are made. Thread-safe.
Copy MakeCopy(const Alteration& alteration, const cv::Mat& picture,
              const cv::Mat& beside, uint64_t picture_number);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_ALTERATIONS_H_
