#include "src/decode/views.h"

#include <algorithm>
#include <cstring>

#include "src/base/check.h"
#include "src/decode/limits.h"
#include "src/decode/parts.h"

namespace kenal::decode {
namespace {

// Upright rows made at once from a transposed band. 32 pixels of a stored row
// are one or two cache lines, all of which is used.
constexpr int kTileRows = 32;

PdqView ToView(View name, const signal::PdqResult& result) {
  return PdqView{.view = name,
                 .profile = PdqProfile::kNative,
                 .hash = result.hash,
                 .quality = result.quality,
                 .dihedral = result.dihedral};
}

}  // namespace

uint64_t HashBytes(uint64_t width, uint64_t height) {
  // Two passes over a window of rows, each of floats, and some to spare.
  uint64_t window_rows = (height + 127) / 128 + 16;
  return 2 * window_rows * width * sizeof(float) + kPartsBytes;
}

uint64_t TurnedBytes(const Shape& shape) {
  if (shape.orientation <= 2) return 0;
  return static_cast<uint64_t>(shape.width) *
         static_cast<uint64_t>(shape.height) *
         static_cast<uint64_t>(shape.channel_count);
}

ViewHasher::ViewHasher(const Shape& shape, const DecodeWork& work,
                       uint64_t turned_bytes_max)
    : shape_(shape),
      work_(work),
      stored_(shape.width, shape.height),
      reducer_(shape.width, shape.height, kCopyPixelsMax) {
  KENAL_CHECK(shape.channel_count == 1 || shape.channel_count == 3);
  KENAL_CHECK(shape.orientation >= 1 && shape.orientation <= 8);
  if (shape.orientation == 1) return;
  int upright_width = SwapsSides() ? shape.height : shape.width;
  int upright_height = SwapsSides() ? shape.width : shape.height;
  upright_.emplace(upright_width, upright_height);
  size_t channels = static_cast<size_t>(shape.channel_count);
  if (shape.orientation == 2) {
    turned_.resize(static_cast<size_t>(upright_width) * channels);
    return;
  }
  // A line of the band becomes one row of the upright picture.
  uint64_t line_bytes = static_cast<uint64_t>(upright_width) * channels;
  uint64_t lines_max = turned_bytes_max / line_bytes;
  KENAL_CHECK(lines_max >= 1);
  band_count_max_ = static_cast<int>(
      std::min<uint64_t>(lines_max, static_cast<uint64_t>(upright_height)));
  pass_count_ = (upright_height + band_count_max_ - 1) / band_count_max_;
  band_.resize(static_cast<size_t>(band_count_max_) * line_bytes);
  turned_.resize(static_cast<size_t>(SwapsSides() ? kTileRows : 1) *
                 line_bytes);
}

void ViewHasher::Add(signal::PdqStream& stream, int channel_count,
                     const uint8_t* row) {
  if (channel_count == 1) {
    stream.AddGreyRow(row);
  } else {
    stream.AddRgbRow(row);
  }
}

void ViewHasher::AddUpright(const uint8_t* row) {
  Add(*upright_, shape_.channel_count, row);
}

void ViewHasher::AddRow(const uint8_t* row) {
  if (next_row_ == 0 && shape_.orientation >= 3) {
    // Which lines come next, counted as stored. Upright rows must come out
    // from the top, which for half of the orientations is the stored end.
    int line_count = SwapsSides() ? shape_.width : shape_.height;
    int done = pass_ * band_count_max_;
    band_count_ = std::min(band_count_max_, line_count - done);
    bool from_end = shape_.orientation == 3 || shape_.orientation == 4 ||
                    shape_.orientation == 7 || shape_.orientation == 8;
    band_first_ = from_end ? line_count - done - band_count_ : done;
  }
  if (pass_ == 0) {
    Add(stored_, shape_.channel_count, row);
    Reduce(row);
  }
  if (shape_.orientation == 2) {
    AddMirrored(row);
  } else if (shape_.orientation >= 3) {
    Keep(row, next_row_);
  }
  if (++next_row_ < shape_.height) return;
  if (shape_.orientation >= 3) EmitBand();
  next_row_ = 0;
  ++pass_;
}

void ViewHasher::Reduce(const uint8_t* row) {
  if (shape_.channel_count == 1) {
    reducer_.AddGreyRow(row);
  } else {
    reducer_.AddRgbRow(row);
  }
}

void ViewHasher::AddMirrored(const uint8_t* row) {
  size_t channels = static_cast<size_t>(shape_.channel_count);
  uint8_t* out = turned_.data();
  for (int x = shape_.width - 1; x >= 0; --x, out += channels) {
    std::memcpy(out, row + static_cast<size_t>(x) * channels, channels);
  }
  AddUpright(turned_.data());
}

void ViewHasher::Keep(const uint8_t* row, int y) {
  size_t channels = static_cast<size_t>(shape_.channel_count);
  if (SwapsSides()) {
    size_t bytes = static_cast<size_t>(band_count_) * channels;
    std::memcpy(band_.data() + static_cast<size_t>(y) * bytes,
                row + static_cast<size_t>(band_first_) * channels, bytes);
    return;
  }
  if (y < band_first_ || y >= band_first_ + band_count_) return;
  size_t bytes = static_cast<size_t>(shape_.width) * channels;
  std::memcpy(band_.data() + static_cast<size_t>(y - band_first_) * bytes, row,
              bytes);
}

void ViewHasher::EmitBand() {
  if (SwapsSides()) {
    EmitTransposed();
    return;
  }
  size_t row_bytes = static_cast<size_t>(shape_.width) *
                     static_cast<size_t>(shape_.channel_count);
  for (int line = band_count_ - 1; line >= 0; --line) {
    const uint8_t* row = band_.data() + static_cast<size_t>(line) * row_bytes;
    if (shape_.orientation == 3) {
      AddMirrored(row);
    } else {
      AddUpright(row);
    }
  }
}

void ViewHasher::EmitTransposed() {
  bool columns_from_end = shape_.orientation >= 7;
  bool rows_from_end = shape_.orientation == 6 || shape_.orientation == 7;
  size_t channels = static_cast<size_t>(shape_.channel_count);
  size_t stored_row_bytes = static_cast<size_t>(band_count_) * channels;
  size_t upright_row_bytes = static_cast<size_t>(shape_.height) * channels;
  for (int first = 0; first < band_count_; first += kTileRows) {
    int count = std::min(kTileRows, band_count_ - first);
    for (int y = 0; y < shape_.height; ++y) {
      const uint8_t* row =
          band_.data() + static_cast<size_t>(y) * stored_row_bytes;
      int column = rows_from_end ? shape_.height - 1 - y : y;
      uint8_t* out = turned_.data() + static_cast<size_t>(column) * channels;
      for (int i = 0; i < count; ++i, out += upright_row_bytes) {
        int line = first + i;
        int x = columns_from_end ? band_count_ - 1 - line : line;
        std::memcpy(out, row + static_cast<size_t>(x) * channels, channels);
      }
    }
    for (int i = 0; i < count; ++i) {
      AddUpright(turned_.data() + static_cast<size_t>(i) * upright_row_bytes);
    }
  }
}

std::vector<PdqView> ViewHasher::Finish() {
  KENAL_CHECK(pass_ == pass_count_ && next_row_ == 0);
  std::vector<PdqView> views;
  views.push_back(ToView(View::kStored, stored_.Finish()));
  if (upright_) views.push_back(ToView(View::kUpright, upright_->Finish()));
  signal::ReducedLuma copy = reducer_.Finish();
  const bool is_template_like = IsTemplateLike(copy);
  for (PdqView& view : views) view.template_like = is_template_like;
  if (work_.second_opinion) views[0].marr = MarrOf(copy);
  copy = TurnUpright(std::move(copy), shape_.orientation);
  if (work_.second_opinion && upright_) views[1].marr = MarrOf(copy);
  const int width = SwapsSides() ? shape_.height : shape_.width;
  const int height = SwapsSides() ? shape_.width : shape_.height;
  for (PdqView& part : HashParts(copy, width, height, work_)) {
    views.push_back(std::move(part));
  }
  return views;
}

}  // namespace kenal::decode
