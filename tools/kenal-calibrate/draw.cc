#include "tools/kenal-calibrate/draw.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace kenal::robustness {

void Box(cv::Mat& screen, cv::Rect box, const Colour& colour) {
  cv::rectangle(screen, box, colour, cv::FILLED);
}

void Pill(cv::Mat& screen, cv::Rect box, const Colour& colour) {
  const int radius = std::max(1, box.height / 2);
  const int y = box.y + box.height / 2;
  cv::line(screen, {box.x + radius, y},
           {std::max(box.x + radius, box.x + box.width - radius), y}, colour,
           2 * radius, cv::LINE_AA);
}

void TextLine(cv::Mat& screen, int x, int y, int width, int height,
              const Colour& colour) {
  Pill(screen, {x, y, std::max(width, 2 * height), height}, colour);
}

void RoundedBox(cv::Mat& screen, cv::Rect box, int radius,
                const Colour& colour) {
  const cv::Mat over(box.size(), CV_8UC3, colour);
  Blend(screen(box), over, RoundedMask(box.size(), radius));
}

void Place(cv::Mat& screen, const cv::Mat& picture, cv::Point at) {
  picture.copyTo(screen({at.x, at.y, picture.cols, picture.rows}));
}

cv::Mat Covering(const cv::Mat& picture, cv::Size size) {
  const double scale =
      std::max(static_cast<double>(size.width) / picture.cols,
               static_cast<double>(size.height) / picture.rows);
  const int width =
      std::max(size.width, static_cast<int>(std::lround(picture.cols * scale)));
  const int height = std::max(
      size.height, static_cast<int>(std::lround(picture.rows * scale)));
  cv::Mat scaled;
  cv::resize(picture, scaled, {width, height}, 0, 0,
             scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return scaled({(width - size.width) / 2, (height - size.height) / 2,
                 size.width, size.height});
}

cv::Mat RoundedMask(cv::Size size, int radius) {
  cv::Mat mask(size, CV_8U, Colour(0));
  const Colour full(255);
  const int right = size.width - 1 - radius;
  const int bottom = size.height - 1 - radius;
  cv::rectangle(mask, {radius, 0}, {right, size.height - 1}, full, cv::FILLED);
  cv::rectangle(mask, {0, radius}, {size.width - 1, bottom}, full, cv::FILLED);
  for (const cv::Point at : {cv::Point(radius, radius),
                             {right, radius},
                             {right, bottom},
                             {radius, bottom}}) {
    cv::circle(mask, at, radius, full, cv::FILLED, cv::LINE_AA);
  }
  return mask;
}

void Blend(cv::Mat part, const cv::Mat& over, const cv::Mat& mask) {
  for (int y = 0; y < part.rows; ++y) {
    auto* below = part.ptr<cv::Vec3b>(y);
    const auto* above = over.ptr<cv::Vec3b>(y);
    const uchar* share = mask.ptr(y);
    for (int x = 0; x < part.cols; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int mixed =
            below[x][c] * (255 - share[x]) + above[x][c] * share[x];
        below[x][c] = static_cast<uchar>((mixed + 127) / 255);
      }
    }
  }
}

cv::Mat Gradient(cv::Size size, const Colour& first, const Colour& last) {
  cv::Mat ground(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    auto* out = ground.ptr<cv::Vec3b>(y);
    for (int x = 0; x < size.width; ++x) {
      const double at = (static_cast<double>(x) / size.width +
                         static_cast<double>(y) / size.height) /
                        2;
      for (int c = 0; c < 3; ++c) {
        out[x][c] =
            cv::saturate_cast<uchar>(first[c] + (last[c] - first[c]) * at);
      }
    }
  }
  return ground;
}

}  // namespace kenal::robustness
