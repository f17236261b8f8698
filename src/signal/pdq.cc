#include "src/signal/pdq.h"

#include <algorithm>
#include <vector>

#include "src/base/check.h"
#include "src/signal/pdq_plain.h"

namespace kenal::signal {

struct PdqStream::State {
  int width;
  int height;
  std::vector<float> luma;
};

PdqStream::PdqStream(int width, int height)
    : state_(std::make_unique<State>(State{width, height, {}})) {
  KENAL_CHECK(width >= 1 && width <= kSidePixelsMax);
  KENAL_CHECK(height >= 1 && height <= kSidePixelsMax);
}
PdqStream::~PdqStream() = default;
PdqStream::PdqStream(PdqStream&&) noexcept = default;
PdqStream& PdqStream::operator=(PdqStream&&) noexcept = default;

void PdqStream::AddGreyRow(const uint8_t* samples) {
  state_->luma.insert(state_->luma.end(), samples, samples + state_->width);
}

void PdqStream::AddRgbRow(const uint8_t* samples) {
  const size_t at = state_->luma.size();
  state_->luma.resize(at + static_cast<size_t>(state_->width));
  LumaFromRgb(samples, state_->width, state_->luma.data() + at);
}

void PdqStream::AddLumaRow(const float* luma) {
  state_->luma.insert(state_->luma.end(), luma, luma + state_->width);
}

PdqResult PdqStream::Finish() {
  return PlainPdq(state_->luma, state_->width, state_->height);
}

void LumaFromRgb(const uint8_t* rgb, int count, float* luma) {
  for (int i = 0; i < count; ++i, rgb += 3) {
    luma[i] = PlainLuma(rgb[0], rgb[1], rgb[2]);
  }
}

}  // namespace kenal::signal
