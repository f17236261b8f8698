#include <algorithm>
#include <array>
#include <cstdlib>

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

}  // namespace

bool IsTemplateLike(const signal::ReducedLuma& luma) {
  if (luma.width < 2 || luma.height < 2) return true;
  std::array<int64_t, kBins> bins{};
  int64_t flat = 0;
  int64_t even = 0;
  for (int y = 0; y + 1 < luma.height; ++y) {
    const uint8_t* row = luma.Row(y);
    const uint8_t* below = luma.Row(y + 1);
    for (int x = 0; x + 1 < luma.width; ++x) {
      ++bins[row[x] / kBinLevels];
      const int step = std::max(std::abs(row[x] - row[x + 1]),
                                std::abs(row[x] - below[x]));
      flat += step <= kFlatStepMax;
      even += step == 0;
    }
  }
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
