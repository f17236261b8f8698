#include "src/signal/pdq_cosines.h"

#include <cmath>
#include <numbers>

namespace kenal::signal {
namespace {

CosineMatrix MakeCosines() {
  const float scale = static_cast<float>(std::sqrt(2.0 / kSampleSide));
  const double step = (std::numbers::pi / 2) / kSampleSide;
  CosineMatrix matrix{};
  for (int i = 0; i < kBlockSide; ++i) {
    for (int k = 0; k < kSampleSide; ++k) {
      const double cosine = std::cos(step * (i + 1) * (2 * k + 1));
      matrix[static_cast<size_t>(i * kSampleSide + k)] =
          static_cast<float>(static_cast<double>(scale) * cosine);
    }
  }
  return matrix;
}

}  // namespace

const CosineMatrix& Cosines() {
  static const CosineMatrix matrix = MakeCosines();
  return matrix;
}

}  // namespace kenal::signal
