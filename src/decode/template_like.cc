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

// Shares of all pixels, percent, from which a picture is template-like.
constexpr int64_t kFlatPercentMin = 60;
constexpr int64_t kTonePercentMin = 70;

}  // namespace

bool IsTemplateLike(const signal::ReducedLuma& luma) {
  if (luma.width < 2 || luma.height < 2) return true;
  std::array<int64_t, kBins> bins{};
  int64_t flat = 0;
  for (int y = 0; y + 1 < luma.height; ++y) {
    const uint8_t* row = luma.Row(y);
    const uint8_t* below = luma.Row(y + 1);
    for (int x = 0; x + 1 < luma.width; ++x) {
      ++bins[row[x] / kBinLevels];
      flat += std::abs(row[x] - row[x + 1]) <= kFlatStepMax &&
              std::abs(row[x] - below[x]) <= kFlatStepMax;
    }
  }
  std::partial_sort(bins.begin(), bins.begin() + kTones, bins.end(),
                    std::greater());
  int64_t in_tones = 0;
  for (size_t i = 0; i < kTones; ++i) in_tones += bins[i];
  const int64_t all = int64_t{luma.width - 1} * (luma.height - 1);
  return flat * 100 >= all * kFlatPercentMin &&
         in_tones * 100 >= all * kTonePercentMin;
}

}  // namespace kenal::decode
