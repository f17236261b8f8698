// The reduced copy of a picture: luma in whole numbers, averaged over square
// boxes of pixels. Small enough to keep, and the same on every CPU.
//
//   LumaReducer reducer(width, height, 250'000);
//   for (int y = 0; y < height; ++y) reducer.AddRgbRow(row(y));
//   ReducedLuma copy = reducer.Finish();
//
// A box is `factor` x `factor` pixels, the smallest factor that leaves at most
// `pixels_max` boxes.
// Columns and rows that fill no box (fewer than `factor`, on the right and at
// the bottom) are left out. Luma of a pixel is (77 R + 150 G + 29 B + 128) /
// 256, and of a box the mean of its pixels, halves up.
#ifndef KENAL_SRC_SIGNAL_REDUCE_H_
#define KENAL_SRC_SIGNAL_REDUCE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kenal::signal {

struct ReducedLuma {
  int width = 0;
  int height = 0;
  int factor = 1;               // pixels of the picture to one of these
  std::vector<uint8_t> pixels;  // width * height, from the top

  const uint8_t* Row(int y) const {
    return pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
  }
};

// One picture. Not thread-safe; objects are independent of each other.
class LumaReducer {
 public:
  // width, height: 1..kSidePixelsMax; pixels_max: at least 65,536.
  LumaReducer(int width, int height, int pixels_max);

  // `height` rows, from the top; read during the call only.
  void AddGreyRow(const uint8_t* samples);  // width samples
  void AddRgbRow(const uint8_t* samples);   // 3 * width: R G B R G B ...

  // After the last row; once.
  ReducedLuma Finish();

 private:
  void EndRow();

  ReducedLuma copy_;
  int row_in_box_ = 0;
  int rows_done_ = 0;
  std::vector<uint16_t> sums_;  // of the box's rows, by column
};

}  // namespace kenal::signal

#endif  // KENAL_SRC_SIGNAL_REDUCE_H_
