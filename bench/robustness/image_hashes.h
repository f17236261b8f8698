// The perceptual hashes of OpenCV's img_hash module, as rivals.
#ifndef KENAL_BENCH_ROBUSTNESS_IMAGE_HASHES_H_
#define KENAL_BENCH_ROBUSTNESS_IMAGE_HASHES_H_

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "bench/robustness/pictures.h"

namespace kenal::robustness {

enum class ImageHash : uint8_t { kPHash, kBlock0, kBlock1, kMarr, kRadial };
inline constexpr int kImageHashCount = 5;
std::string ImageHashName(ImageHash kind);

struct Fingerprint {
  std::vector<uint64_t> bits;  // all but kRadial
  std::vector<float> wave;     // kRadial: of mean 0 and length 1
};

// Of BGR pixels. Thread-safe.
Fingerprint FingerprintOf(ImageHash kind, const cv::Mat& picture);

// Bits that differ; kRadial: hundred-thousandths by which the peak of the
// cross-correlation falls short of 1.
int DistanceOf(ImageHash kind, const Fingerprint& a, const Fingerprint& b);

// "31 bits", "correlation 0.99170".
std::string ThresholdName(ImageHash kind, int distance);

// The distance within which the number of pairs of different pictures is
// nearest to `pair_count`.
struct Calibration {
  int threshold = 0;
  uint64_t pair_count = 0;
};
Calibration Calibrate(ImageHash kind, const std::vector<Fingerprint>& pictures,
                      uint64_t pair_count, int threads);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_IMAGE_HASHES_H_
