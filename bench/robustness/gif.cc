// Pictures as GIF: few colours, chosen and dithered as common tools do.
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/robustness/copy.h"
#include "src/base/check.h"

namespace kenal::robustness {
namespace {

constexpr int kPaletteSize = 256;
constexpr int kCellBits = 5;  // of a colour, in the table of nearest colours
constexpr int kCellCount = 1 << (3 * kCellBits);
constexpr int kSampleStep = 7;  // every so many pixels choose the palette

using Pixel = cv::Vec3b;
using Palette = std::array<Pixel, kPaletteSize>;

struct Box {
  Pixel* begin;
  Pixel* end;
  int channel = 0;  // with the widest range
  int range = 0;
};

Box Measured(Pixel* begin, Pixel* end) {
  Box box{begin, end};
  for (int c = 0; c < 3; ++c) {
    const auto [low, high] = std::minmax_element(
        begin, end,
        [c](const Pixel& a, const Pixel& b) { return a[c] < b[c]; });
    const int range = (*high)[c] - (*low)[c];
    if (range > box.range) {
      box.range = range;
      box.channel = c;
    }
  }
  return box;
}

Pixel MeanOf(const Box& box) {
  std::array<int64_t, 3> sum{};
  for (const Pixel* pixel = box.begin; pixel != box.end; ++pixel) {
    for (size_t c = 0; c < 3; ++c) sum[c] += (*pixel)[static_cast<int>(c)];
  }
  const int64_t count = box.end - box.begin;
  return {static_cast<uchar>(sum[0] / count),
          static_cast<uchar>(sum[1] / count),
          static_cast<uchar>(sum[2] / count)};
}

// Median cut: the box with the widest range is halved until there are enough.
Palette PaletteOf(const cv::Mat& picture) {
  std::vector<Pixel> pixels;
  const auto* first = picture.ptr<Pixel>();
  for (size_t i = 0; i < picture.total(); i += kSampleStep) {
    pixels.push_back(first[i]);
  }
  std::vector<Box> boxes = {
      Measured(pixels.data(), pixels.data() + pixels.size())};
  while (boxes.size() < kPaletteSize) {
    const auto widest = std::ranges::max_element(boxes, {}, &Box::range);
    if (widest->range == 0) break;
    const Box box = *widest;
    Pixel* middle = box.begin + (box.end - box.begin) / 2;
    std::nth_element(box.begin, middle, box.end,
                     [c = box.channel](const Pixel& a, const Pixel& b) {
                       return a[c] < b[c];
                     });
    if (middle == box.begin) ++middle;
    *widest = Measured(box.begin, middle);
    boxes.push_back(Measured(middle, box.end));
  }
  Palette palette{};
  for (size_t i = 0; i < boxes.size(); ++i) palette[i] = MeanOf(boxes[i]);
  return palette;
}

int CellOf(const cv::Vec3i& colour) {
  constexpr int kDrop = 8 - kCellBits;
  return ((colour[0] >> kDrop) << (2 * kCellBits)) |
         ((colour[1] >> kDrop) << kCellBits) | (colour[2] >> kDrop);
}

class Nearest {
 public:
  explicit Nearest(const Palette& palette)
      : palette_(palette), cells_(kCellCount, -1) {}

  uint8_t Of(const cv::Vec3i& colour) {
    int& cell = cells_[static_cast<size_t>(CellOf(colour))];
    if (cell < 0) {
      int best = 3 * 255 * 255 + 1;
      for (int i = 0; i < kPaletteSize; ++i) {
        const cv::Vec3i away = colour - cv::Vec3i(palette_[size_t(i)]);
        const int squares = away.dot(away);
        if (squares < best) {
          best = squares;
          cell = i;
        }
      }
    }
    return static_cast<uint8_t>(cell);
  }

 private:
  const Palette& palette_;
  std::vector<int> cells_;
};

// One palette index a pixel.
std::vector<uint8_t> Dithered(const cv::Mat& picture, const Palette& palette) {
  Nearest nearest(palette);
  const auto width = static_cast<size_t>(picture.cols);
  std::vector<uint8_t> indices;
  indices.reserve(picture.total());
  // Errors in sixteenths, with a pixel to spare at both ends.
  std::vector<cv::Vec3i> here(width + 2);
  std::vector<cv::Vec3i> below(width + 2);
  for (int y = 0; y < picture.rows; ++y) {
    const auto* row = picture.ptr<Pixel>(y);
    for (size_t x = 0; x < width; ++x) {
      cv::Vec3i colour;
      for (int c = 0; c < 3; ++c) {
        colour[c] = std::clamp(row[x][c] + here[x + 1][c] / 16, 0, 255);
      }
      const uint8_t index = nearest.Of(colour);
      indices.push_back(index);
      const cv::Vec3i error = colour - cv::Vec3i(palette[index]);
      here[x + 2] += error * 7;
      below[x] += error * 3;
      below[x + 1] += error * 5;
      below[x + 2] += error;
    }
    std::swap(here, below);
    std::ranges::fill(below, cv::Vec3i());
  }
  return indices;
}

int Append(GifFileType* file, const GifByteType* bytes, int count) {
  auto* out = static_cast<std::vector<uint8_t>*>(file->UserData);
  out->insert(out->end(), bytes, bytes + count);
  return count;
}

std::vector<uint8_t> Written(const cv::Mat& picture, const Palette& palette,
                             std::vector<uint8_t>& indices) {
  std::array<GifColorType, kPaletteSize> colours{};
  for (size_t i = 0; i < palette.size(); ++i) {
    colours[i] = {palette[i][2], palette[i][1], palette[i][0]};
  }
  const std::unique_ptr<ColorMapObject, decltype(&GifFreeMapObject)> map(
      GifMakeMapObject(kPaletteSize, colours.data()), GifFreeMapObject);
  std::vector<uint8_t> bytes;
  int error = 0;
  GifFileType* file = EGifOpen(&bytes, Append, &error);
  KENAL_CHECK(file != nullptr && map != nullptr);
  const int width = picture.cols;
  const int height = picture.rows;
  KENAL_CHECK(EGifPutScreenDesc(file, width, height, 8, 0, map.get()) ==
              GIF_OK);
  KENAL_CHECK(EGifPutImageDesc(file, 0, 0, width, height, false, nullptr) ==
              GIF_OK);
  for (int y = 0; y < height; ++y) {
    uint8_t* line = indices.data() + static_cast<std::ptrdiff_t>(y) * width;
    KENAL_CHECK(EGifPutLine(file, line, width) == GIF_OK);
  }
  KENAL_CHECK(EGifCloseFile(file, &error) == GIF_OK);
  return bytes;
}

}  // namespace

Copy AsGif(const cv::Mat& pixels) {
  const cv::Mat picture = pixels.isContinuous() ? pixels : pixels.clone();
  const Palette palette = PaletteOf(picture);
  std::vector<uint8_t> indices = Dithered(picture, palette);
  Copy copy;
  copy.encoded = Written(picture, palette, indices);
  copy.pixels.create(picture.size(), CV_8UC3);
  auto* out = copy.pixels.ptr<Pixel>();
  for (size_t i = 0; i < indices.size(); ++i) out[i] = palette[indices[i]];
  return copy;
}

}  // namespace kenal::robustness
