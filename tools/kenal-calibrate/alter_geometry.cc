#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tools/kenal-calibrate/alter.h"

namespace kenal::robustness {
namespace {

using Corners = std::array<cv::Point2f, 4>;

bool Coin(cv::RNG& rng) { return rng.uniform(0, 2) == 1; }

int Share(int pixels, double percent) {
  return static_cast<int>(std::lround(pixels * percent / 100));
}

Corners CornersOf(const cv::Mat& picture) {
  const auto right = static_cast<float>(picture.cols);
  const auto bottom = static_cast<float>(picture.rows);
  return {{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}};
}

// Each corner moved towards the middle, by least to most percent of each side.
Corners DrawnIn(const cv::Mat& picture, double least_percent,
                double most_percent, cv::RNG& rng) {
  Corners corners = CornersOf(picture);
  for (size_t i = 0; i < corners.size(); ++i) {
    const double x = rng.uniform(least_percent, most_percent) / 100;
    const double y = rng.uniform(least_percent, most_percent) / 100;
    const bool is_right = i == 1 || i == 2;
    const bool is_bottom = i >= 2;
    corners[i].x += static_cast<float>((is_right ? -x : x) * picture.cols);
    corners[i].y += static_cast<float>((is_bottom ? -y : y) * picture.rows);
  }
  return corners;
}

cv::Mat Warped(const cv::Mat& picture, const Corners& from, const Corners& to,
               const Colour& ground) {
  cv::Mat copy;
  cv::warpPerspective(
      picture, copy, cv::getPerspectiveTransform(from.data(), to.data()),
      picture.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, ground);
  return copy;
}

cv::Mat Turned(const cv::Mat& picture, double degrees, double scale) {
  const cv::Point2f middle(static_cast<float>(picture.cols - 1) / 2,
                           static_cast<float>(picture.rows - 1) / 2);
  cv::Mat copy;
  cv::warpAffine(picture, copy, cv::getRotationMatrix2D(middle, degrees, scale),
                 picture.size(), cv::INTER_LINEAR);
  return copy;
}

double EitherWay(double degrees, cv::RNG& rng) {
  return Coin(rng) ? degrees : -degrees;
}

// Stripes of two gratings that beat, and light that falls off to one side.
cv::Mat OffScreen(const cv::Mat& picture, cv::RNG& rng) {
  constexpr float kStripes = 5;
  const auto angle = static_cast<float>(rng.uniform(0.0, CV_PI));
  const auto light_angle = static_cast<float>(rng.uniform(0.0, 2 * CV_PI));
  const auto period = static_cast<float>(rng.uniform(2.5, 6.0));
  const auto slope = static_cast<float>(rng.uniform(0.1, 0.25));
  const float step_x = std::cos(angle) * 2 * static_cast<float>(CV_PI) / period;
  const float step_y = std::sin(angle) * 2 * static_cast<float>(CV_PI) / period;
  const auto width = static_cast<float>(picture.cols);
  const auto height = static_cast<float>(picture.rows);
  cv::Mat copy(picture.size(), CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    const auto* in = picture.ptr<cv::Vec3b>(y);
    auto* out = copy.ptr<cv::Vec3b>(y);
    const auto fy = static_cast<float>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const auto fx = static_cast<float>(x);
      const float stripe = kStripes * std::sin(fx * step_x + fy * step_y);
      const float side = std::cos(light_angle) * (fx / width - 0.5F) +
                         std::sin(light_angle) * (fy / height - 0.5F);
      const float light = 1 + 2 * slope * side;
      for (int c = 0; c < 3; ++c) {
        out[x][c] = cv::saturate_cast<uchar>(
            static_cast<float>(in[x][c]) * light + stripe);
      }
    }
  }
  return copy;
}

}  // namespace

cv::Mat CroppedCentre(const cv::Mat& picture, double percent) {
  const int width = picture.cols - Share(picture.cols, percent);
  const int height = picture.rows - Share(picture.rows, percent);
  return picture({(picture.cols - width) / 2, (picture.rows - height) / 2,
                  width, height})
      .clone();
}

cv::Mat CroppedOneSide(const cv::Mat& picture, double percent, cv::RNG& rng) {
  cv::Rect kept(0, 0, picture.cols, picture.rows);
  const bool is_first = Coin(rng);  // the left or upper side
  if (Coin(rng)) {
    const int cut = Share(picture.cols, percent);
    kept.width -= cut;
    kept.x = is_first ? cut : 0;
  } else {
    const int cut = Share(picture.rows, percent);
    kept.height -= cut;
    kept.y = is_first ? cut : 0;
  }
  return picture(kept).clone();
}

cv::Mat Bordered(const cv::Mat& picture, double percent, const Colour& colour) {
  const int x = Share(picture.cols, percent);
  const int y = Share(picture.rows, percent);
  cv::Mat copy;
  cv::copyMakeBorder(picture, copy, y, y, x, x, cv::BORDER_CONSTANT, colour);
  return copy;
}

cv::Mat Letterboxed(const cv::Mat& picture, int aspect_width, int aspect_height,
                    const Colour& colour) {
  const double aspect = static_cast<double>(aspect_width) / aspect_height;
  const int width = std::max(
      picture.cols, static_cast<int>(std::lround(picture.rows * aspect)));
  const int height = std::max(
      picture.rows, static_cast<int>(std::lround(picture.cols / aspect)));
  const int x = width - picture.cols;
  const int y = height - picture.rows;
  cv::Mat copy;
  cv::copyMakeBorder(picture, copy, y / 2, y - y / 2, x / 2, x - x / 2,
                     cv::BORDER_CONSTANT, colour);
  return copy;
}

cv::Mat Mirrored(const cv::Mat& picture) {
  cv::Mat copy;
  cv::flip(picture, copy, 1);
  return copy;
}

cv::Mat TiltedCropped(const cv::Mat& picture, double degrees, cv::RNG& rng) {
  const double c = std::cos(degrees * CV_PI / 180);
  const double s = std::sin(degrees * CV_PI / 180);
  const double width = picture.cols;
  const double height = picture.rows;
  const double kept = std::min(width / (width * c + height * s),
                               height / (width * s + height * c));
  const cv::Mat turned = Turned(picture, EitherWay(degrees, rng), 1);
  return CroppedCentre(turned, 100 * (1 - kept));
}

cv::Mat TiltedBlackCorners(const cv::Mat& picture, double degrees,
                           cv::RNG& rng) {
  return Turned(picture, EitherWay(degrees, rng), 1);
}

cv::Mat InPerspective(const cv::Mat& picture, double percent, cv::RNG& rng) {
  return Warped(picture, DrawnIn(picture, 0, percent, rng), CornersOf(picture),
                kBlack);
}

cv::Mat Rephotographed(const cv::Mat& picture, bool edge_seen, cv::RNG& rng) {
  constexpr double kPerspectivePercent = 5;
  constexpr double kEdgePercent = 4;
  const double shade = rng.uniform(15, 60);
  const Colour ground(shade, shade * 0.95, shade * 0.9);
  const Corners whole = CornersOf(picture);
  const cv::Mat seen =
      edge_seen ? Warped(picture, whole,
                         DrawnIn(picture, kEdgePercent,
                                 kEdgePercent + kPerspectivePercent, rng),
                         ground)
                : Warped(picture, DrawnIn(picture, 0, kPerspectivePercent, rng),
                         whole, ground);
  return Noisy(Blurred(OffScreen(seen, rng), 0.8), 6, rng);
}

}  // namespace kenal::robustness
