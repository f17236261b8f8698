#include "src/signal/pdq.h"

#include <algorithm>

#include "src/base/check.h"
#include "src/signal/luma.h"
#include "src/signal/pdq_filter.h"
#include "src/signal/pdq_transform.h"

namespace kenal::signal {
namespace {

constexpr int kSideMin = 5;  // smaller pictures are not hashed, section 0

}  // namespace

struct PdqStream::State {
  State(int picture_width, int picture_height)
      : width(picture_width),
        height(picture_height),
        hashed(width >= kSideMin && height >= kSideMin),
        filtered(!(width == kSampleSide && height == kSampleSide)),
        tent(width, height) {}

  // Where the next row goes, in segments kTilePitch apart.
  float* NextRow() {
    KENAL_CHECK(rows_added < height);
    return tent.luma[0].rows[rows_added % kBlockRows].columns;
  }
  void RowIsThere() {
    ++rows_added;
    if (rows_added % kBlockRows == 0) FilterRows(kBlockRows);
  }

  // Takes the first `count` rows of the block; the others are zeros.
  void FilterRows(int count) {
    for (Tile& tile : tent.luma) {
      std::fill(tile.rows + count, tile.rows + kBlockRows, StripRow{});
    }
    if (!filtered) {
      std::copy(tent.luma[0].rows, tent.luma[0].rows + count,
                luma + rows_added - count);
    }
    if (hashed && tent.steps_done < tent.down.Steps()) FilterBlock(tent);
  }

  const int width;
  const int height;
  const bool hashed;
  // False: the plain path takes the luma as samples, section 4.
  const bool filtered;
  int rows_added = 0;
  TentState tent;
  StripRow luma[kSampleSide];  // when not filtered
};

PdqStream::PdqStream(int width, int height) {
  KENAL_CHECK(width >= 1 && width <= kSidePixelsMax);
  KENAL_CHECK(height >= 1 && height <= kSidePixelsMax);
  state_ = std::make_unique<State>(width, height);
}
PdqStream::~PdqStream() = default;
PdqStream::PdqStream(PdqStream&&) noexcept = default;
PdqStream& PdqStream::operator=(PdqStream&&) noexcept = default;

void PdqStream::AddGreyRow(const uint8_t* samples) {
  LumaOfGrey(samples, static_cast<size_t>(state_->width), state_->NextRow(),
             kTilePitch);
  state_->RowIsThere();
}

void PdqStream::AddRgbRow(const uint8_t* samples) {
  LumaOfRgb(samples, static_cast<size_t>(state_->width), state_->NextRow(),
            kTilePitch);
  state_->RowIsThere();
}

void PdqStream::AddLumaRow(const float* luma) {
  CopyLuma(luma, static_cast<size_t>(state_->width), state_->NextRow(),
           kTilePitch);
  state_->RowIsThere();
}

PdqResult PdqStream::Finish() {
  State& state = *state_;
  KENAL_CHECK(state.rows_added == state.height);
  PdqResult result;
  if (!state.hashed) return result;
  if (const int rest = state.height % kBlockRows; rest != 0) {
    state.FilterRows(rest);
  }
  while (state.tent.steps_done < state.tent.down.Steps()) state.FilterRows(0);

  result.dihedral = DihedralHashes(TransformSamples(state.tent.samples));
  if (state.filtered) {
    result.hash = result.dihedral[static_cast<size_t>(Variant::kOrig)];
    result.quality = QualityOf(state.tent.samples);
  } else {
    result.hash = DihedralHashes(TransformSamples(state.luma))[0];
    result.quality = QualityOf(state.luma);
  }
  return result;
}

void LumaFromRgb(const uint8_t* rgb, int count, float* luma) {
  LumaOfRgb(rgb, static_cast<size_t>(count), luma, kSegmentPixels);
}

}  // namespace kenal::signal
