#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "src/decode/codecs.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint64_t kLibraryBytes = 1 * kMebibyte;

int OnRead(GifFileType* gif, GifByteType* out, int count) {
  Bytes& rest = *static_cast<Bytes*>(gif->UserData);
  size_t taken = std::min(rest.size(), static_cast<size_t>(count));
  std::memcpy(out, rest.data(), taken);
  rest = rest.subspan(taken);
  return static_cast<int>(taken);
}

struct Closer {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using GifPtr = std::unique_ptr<GifFileType, Closer>;

// Skips extensions up to the first frame.
bool FindFrame(GifFileType* gif) {
  for (int i = 0; i < kHeaderBlocksMax; ++i) {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(gif, &type) != GIF_OK) return false;
    if (type == IMAGE_DESC_RECORD_TYPE) {
      return DGifGetImageDesc(gif) == GIF_OK;
    }
    if (type != EXTENSION_RECORD_TYPE) return false;
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(gif, &code, &block) != GIF_OK) return false;
    while (block != nullptr) {
      if (DGifGetExtensionNext(gif, &block) != GIF_OK) return false;
    }
  }
  return false;
}

// Which row of the picture each row of an interlaced file is.
std::vector<int> InterlacedRows(int height) {
  std::vector<int> rows;
  rows.reserve(U64(height));
  constexpr int kFirst[] = {0, 4, 2, 1};
  constexpr int kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < 4; ++pass) {
    for (int y = kFirst[pass]; y < height; y += kStep[pass]) rows.push_back(y);
  }
  return rows;
}

// Indices beyond the table are black.
class Palette {
 public:
  explicit Palette(const ColorMapObject& map) {
    for (int i = 0; i < std::min(map.ColorCount, 256); ++i) {
      colors_[U64(i)] = {map.Colors[i].Red, map.Colors[i].Green,
                         map.Colors[i].Blue};
    }
  }
  void ToRgb(const uint8_t* indices, std::vector<uint8_t>& rgb) const {
    uint8_t* out = rgb.data();
    for (size_t i = 0; i < rgb.size() / 3; ++i, out += 3) {
      std::memcpy(out, colors_[indices[i]].data(), 3);
    }
  }

 private:
  std::array<std::array<uint8_t, 3>, 256> colors_{};
};

bool ReadFrame(GifFileType* gif, const Palette& palette, ViewHasher& hasher) {
  int width = gif->Image.Width;
  int height = gif->Image.Height;
  bool is_interlaced = gif->Image.Interlace;
  std::vector<uint8_t> rgb(U64(width) * 3);
  std::vector<uint8_t> indices(U64(width) * (is_interlaced ? U64(height) : 1));
  if (!is_interlaced) {
    for (int y = 0; y < height; ++y) {
      if (DGifGetLine(gif, indices.data(), width) != GIF_OK) return false;
      palette.ToRgb(indices.data(), rgb);
      hasher.AddRow(rgb.data());
    }
    return true;
  }
  for (int y : InterlacedRows(height)) {
    uint8_t* row = indices.data() + U64(y) * U64(width);
    if (DGifGetLine(gif, row, width) != GIF_OK) return false;
  }
  for (int y = 0; y < height; ++y) {
    palette.ToRgb(indices.data() + U64(y) * U64(width), rgb);
    hasher.AddRow(rgb.data());
  }
  return true;
}

}  // namespace

// The first frame as the picture that it is, at its own size; the canvas
// around it and its transparency play no part.
void DecodeGif(Job& job) {
  Bytes rest = job.bytes();
  GifPtr gif(DGifOpen(&rest, OnRead, nullptr));
  if (gif == nullptr || !FindFrame(gif.get())) {
    job.Fail(Reason::kDamagedHeader);
    return;
  }
  uint64_t width = U64(gif->Image.Width);
  uint64_t height = U64(gif->Image.Height);
  uint64_t need = kLibraryBytes + 4 * width;
  if (gif->Image.Interlace) need += width * height + height * sizeof(int);
  if (!job.Admit(width, height, need)) return;
  const ColorMapObject* map =
      gif->Image.ColorMap != nullptr ? gif->Image.ColorMap : gif->SColorMap;
  if (map == nullptr || map->Colors == nullptr) {
    job.Fail(Reason::kDamagedHeader);
    return;
  }
  ViewHasher hasher({.width = gif->Image.Width, .height = gif->Image.Height},
                    job.work(), 1);
  if (!ReadFrame(gif.get(), Palette(*map), hasher)) {
    job.Fail(Reason::kDamaged);
    return;
  }
  job.Succeed(hasher.Finish());
}

}  // namespace kenal::decode
