#include "bench/robustness/image_hashes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <opencv2/img_hash.hpp>

#include "bench/robustness/parallel.h"
#include "src/base/check.h"

namespace kenal::robustness {
namespace {

constexpr size_t kWaveLength = 40;  // of OpenCV's radial variance hash
constexpr int kWaveUnits = 100'000;
constexpr int kDistanceMax = 20'000;  // farther pairs are of no interest

cv::Ptr<cv::img_hash::ImgHashBase> Make(ImageHash kind) {
  switch (kind) {
    case ImageHash::kPHash:
      return cv::img_hash::PHash::create();
    case ImageHash::kBlock0:
      return cv::img_hash::BlockMeanHash::create(
          cv::img_hash::BLOCK_MEAN_HASH_MODE_0);
    case ImageHash::kBlock1:
      return cv::img_hash::BlockMeanHash::create(
          cv::img_hash::BLOCK_MEAN_HASH_MODE_1);
    case ImageHash::kMarr:
      return cv::img_hash::MarrHildrethHash::create();
    case ImageHash::kRadial:
      break;
  }
  return cv::img_hash::RadialVarianceHash::create();
}

std::vector<float> WaveOf(const cv::Mat& hash) {
  KENAL_CHECK(hash.total() == kWaveLength);
  std::vector<float> wave(hash.datastart, hash.dataend);
  float sum = 0;
  for (float value : wave) sum += value;
  const float mean = sum / static_cast<float>(kWaveLength);
  float squares = 0;
  for (float& value : wave) {
    value -= mean;
    squares += value * value;
  }
  if (squares == 0) return wave;
  for (float& value : wave) value /= std::sqrt(squares);
  return wave;
}

// Largest over all shifts of one wave around the other.
float PeakOf(const std::vector<float>& a, const std::vector<float>& b) {
  std::array<float, 2 * kWaveLength> twice;
  std::ranges::copy(b, twice.begin());
  std::ranges::copy(b, twice.begin() + kWaveLength);
  std::array<float, kWaveLength> sums{};
  for (size_t i = 0; i < kWaveLength; ++i) {
    for (size_t shift = 0; shift < kWaveLength; ++shift) {
      sums[shift] += a[i] * twice[i + shift];
    }
  }
  return *std::ranges::max_element(sums);
}

}  // namespace

std::string ImageHashName(ImageHash kind) {
  constexpr const char* kNames[] = {"PHash", "BlockMean 0", "BlockMean 1",
                                    "Marr-Hildreth", "Radial variance"};
  return kNames[static_cast<size_t>(kind)];
}

Fingerprint FingerprintOf(ImageHash kind, const cv::Mat& picture) {
  thread_local std::array<cv::Ptr<cv::img_hash::ImgHashBase>, kImageHashCount>
      hashers;
  auto& hasher = hashers[static_cast<size_t>(kind)];
  if (!hasher) hasher = Make(kind);
  cv::Mat hash;
  hasher->compute(picture, hash);
  Fingerprint print;
  if (kind == ImageHash::kRadial) {
    print.wave = WaveOf(hash);
    return print;
  }
  KENAL_CHECK(hash.isContinuous() && hash.type() == CV_8U);
  print.bits.resize((hash.total() + 7) / 8);
  std::memcpy(print.bits.data(), hash.data, hash.total());
  return print;
}

int DistanceOf(ImageHash kind, const Fingerprint& a, const Fingerprint& b) {
  if (kind == ImageHash::kRadial) {
    return static_cast<int>(
        std::lround((1 - PeakOf(a.wave, b.wave)) * kWaveUnits));
  }
  int distance = 0;
  for (size_t i = 0; i < a.bits.size(); ++i) {
    distance += std::popcount(a.bits[i] ^ b.bits[i]);
  }
  return distance;
}

std::string ThresholdName(ImageHash kind, int distance) {
  if (kind != ImageHash::kRadial) return std::to_string(distance) + " bits";
  char text[40];
  std::snprintf(text, sizeof(text), "correlation %.5f",
                1 - static_cast<double>(distance) / kWaveUnits);
  return text;
}

Calibration Calibrate(ImageHash kind, const std::vector<Fingerprint>& pictures,
                      uint64_t pair_count, int threads) {
  const auto most = kind == ImageHash::kRadial ? kDistanceMax : 1024;
  std::vector<std::vector<uint64_t>> sums(static_cast<size_t>(threads));
  const auto lanes = static_cast<size_t>(threads);
  ForEach("", lanes, threads, [&](size_t lane) {
    auto& sum = sums[lane];
    sum.resize(static_cast<size_t>(most) + 1);
    for (size_t i = lane; i < pictures.size(); i += lanes) {
      for (size_t j = i + 1; j < pictures.size(); ++j) {
        const int distance =
            std::max(0, DistanceOf(kind, pictures[i], pictures[j]));
        if (distance <= most) ++sum[static_cast<size_t>(distance)];
      }
    }
  });
  Calibration best;
  uint64_t within = 0;
  uint64_t least_off = UINT64_MAX;
  for (int d = 0; d <= most; ++d) {
    for (const auto& sum : sums) within += sum[static_cast<size_t>(d)];
    const uint64_t off =
        within > pair_count ? within - pair_count : pair_count - within;
    if (off < least_off) {
      least_off = off;
      best = {d, within};
    }
    if (within > pair_count) break;
  }
  return best;
}

}  // namespace kenal::robustness
