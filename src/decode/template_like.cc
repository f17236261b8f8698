#include <algorithm>
#include <array>
#include <functional>
#include <opencv2/core.hpp>

#include "src/decode/parts.h"

namespace kenal::decode {
namespace {

// Tones are counted in bins of this many levels.
constexpr int kBinLevels = 8;
constexpr size_t kBins = 256 / kBinLevels;

// The commonest bins that are held to be the picture's tones.
constexpr size_t kTones = 4;

// A pixel is flat when its right and lower neighbours differ by no more.
constexpr int kFlatStepMax = 2;

// Shares of all pixels, percent, from which a picture is template-like: flat
// and in few tones, or of the very tone of both neighbours.
constexpr int64_t kFlatPercentMin = 60;
constexpr int64_t kTonePercentMin = 70;
constexpr int64_t kEvenPercentMin = 50;

// Neighbours are of one tone so often that counting into one table would wait
// for itself.
std::array<int64_t, kBins> CountTones(const cv::Mat& pixels) {
  constexpr size_t kTables = 4;
  std::array<std::array<uint32_t, 256>, kTables> counts{};
  for (int y = 0; y < pixels.rows; ++y) {
    const uint8_t* row = pixels.ptr(y);
    const size_t width = static_cast<size_t>(pixels.cols);
    size_t x = 0;
    for (; x + kTables <= width; x += kTables) {
      for (size_t i = 0; i < kTables; ++i) ++counts[i][row[x + i]];
    }
    for (; x < width; ++x) ++counts[0][row[x]];
  }
  std::array<int64_t, kBins> bins{};
  for (const auto& table : counts) {
    for (size_t tone = 0; tone < table.size(); ++tone) {
      bins[tone / kBinLevels] += table[tone];
    }
  }
  return bins;
}

}  // namespace

bool IsTemplateLike(const signal::ReducedLuma& luma) {
  if (luma.width < 2 || luma.height < 2) return true;
  const cv::Mat all_pixels(luma.height, luma.width, CV_8U,
                           const_cast<uint8_t*>(luma.pixels.data()));
  const cv::Rect inner(0, 0, luma.width - 1, luma.height - 1);
  const cv::Mat pixels = all_pixels(inner);
  cv::Mat steps;
  cv::Mat down;
  cv::absdiff(pixels, all_pixels(inner + cv::Point(1, 0)), steps);
  cv::absdiff(pixels, all_pixels(inner + cv::Point(0, 1)), down);
  cv::max(steps, down, steps);
  const int64_t flat = cv::countNonZero(steps <= kFlatStepMax);
  const int64_t even = cv::countNonZero(steps == 0);
  std::array<int64_t, kBins> bins = CountTones(pixels);
  std::partial_sort(bins.begin(), bins.begin() + kTones, bins.end(),
                    std::greater());
  int64_t in_tones = 0;
  for (size_t i = 0; i < kTones; ++i) in_tones += bins[i];
  const int64_t all = int64_t{luma.width - 1} * (luma.height - 1);
  const bool has_few_tones = flat * 100 >= all * kFlatPercentMin &&
                             in_tones * 100 >= all * kTonePercentMin;
  return has_few_tones || even * 100 >= all * kEvenPercentMin;
}

}  // namespace kenal::decode
