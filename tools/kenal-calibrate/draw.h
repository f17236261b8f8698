// Shapes that drawn frames and overlays are made of.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_DRAW_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_DRAW_H_

#include <array>
#include <opencv2/core.hpp>
#include <string>

#include "tools/kenal-calibrate/alter.h"

namespace kenal::robustness {

template <size_t kCount>
const std::string& OneOf(const std::array<std::string, kCount>& texts,
                         cv::RNG& rng) {
  return texts[static_cast<size_t>(rng.uniform(0, static_cast<int>(kCount)))];
}

void Box(cv::Mat& screen, cv::Rect box, const Colour& colour);
// A box with round ends.
void Pill(cv::Mat& screen, cv::Rect box, const Colour& colour);
// A pill that stands for a line of small text; at least twice as wide as high.
void TextLine(cv::Mat& screen, int x, int y, int width, int height,
              const Colour& colour);
void RoundedBox(cv::Mat& screen, cv::Rect box, int radius,
                const Colour& colour);
void Place(cv::Mat& screen, const cv::Mat& picture, cv::Point at);
// Scaled to fill this size, what is too much cut from both sides evenly.
cv::Mat Covering(const cv::Mat& picture, cv::Size size);

// 255 inside of a box with rounded corners, 0 outside; 8 bits, one channel.
cv::Mat RoundedMask(cv::Size size, int radius);
// Lays `over` on the part of a canvas, as much as the mask of 8 bits says. All
// three are of one size.
void Blend(cv::Mat part, const cv::Mat& over, const cv::Mat& mask);
// From the upper left corner to the lower right one.
cv::Mat Gradient(cv::Size size, const Colour& first, const Colour& last);

}  // namespace kenal::robustness

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_DRAW_H_
