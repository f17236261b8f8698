#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tools/kenal-calibrate/alter.h"

namespace kenal::robustness {
namespace {

int Scaled(int pixels, double factor) {
  return std::max(1, static_cast<int>(std::lround(pixels * factor)));
}

}  // namespace

cv::Mat Resized(const cv::Mat& picture, double percent) {
  cv::Mat copy;
  const double factor = percent / 100;
  cv::resize(picture, copy,
             {Scaled(picture.cols, factor), Scaled(picture.rows, factor)}, 0, 0,
             cv::INTER_AREA);
  return copy;
}

cv::Mat ThereAndBack(const cv::Mat& picture, int side_pixels) {
  const int longest = std::max(picture.cols, picture.rows);
  if (longest <= side_pixels) return picture.clone();
  const cv::Mat small = Resized(picture, 100.0 * side_pixels / longest);
  cv::Mat copy;
  cv::resize(small, copy, picture.size(), 0, 0, cv::INTER_CUBIC);
  return copy;
}

cv::Mat Squeezed(const cv::Mat& picture, double percent) {
  cv::Mat copy;
  cv::resize(picture, copy, {Scaled(picture.cols, percent / 100), picture.rows},
             0, 0, cv::INTER_AREA);
  return copy;
}

cv::Mat Greyed(const cv::Mat& picture) {
  cv::Mat grey;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  cv::Mat copy;
  cv::cvtColor(grey, copy, cv::COLOR_GRAY2BGR);
  return copy;
}

cv::Mat Saturated(const cv::Mat& picture, double factor) {
  cv::Mat copy;
  cv::addWeighted(picture, factor, Greyed(picture), 1 - factor, 0, copy);
  return copy;
}

cv::Mat Brightened(const cv::Mat& picture, double factor) {
  cv::Mat copy;
  picture.convertTo(copy, -1, factor, 0);
  return copy;
}

cv::Mat Contrasted(const cv::Mat& picture, double factor) {
  const double middle = cv::mean(Greyed(picture))[0];
  cv::Mat copy;
  picture.convertTo(copy, -1, factor, middle * (1 - factor));
  return copy;
}

cv::Mat GammaCorrected(const cv::Mat& picture, double gamma) {
  cv::Mat table(1, 256, CV_8U);
  for (int i = 0; i < 256; ++i) {
    table.at<uchar>(i) =
        cv::saturate_cast<uchar>(255 * std::pow(i / 255.0, gamma));
  }
  cv::Mat copy;
  cv::LUT(picture, table, copy);
  return copy;
}

cv::Mat WarmFadedVignette(const cv::Mat& picture) {
  constexpr float kGain[] = {0.78F, 0.84F, 0.92F};  // blue, green, red
  constexpr float kLift = 26;
  constexpr float kDarkening = 0.35F;  // at the corners
  cv::Mat copy(picture.size(), CV_8UC3);
  const auto middle_x = static_cast<float>(picture.cols) / 2;
  const auto middle_y = static_cast<float>(picture.rows) / 2;
  for (int y = 0; y < picture.rows; ++y) {
    const auto* in = picture.ptr<cv::Vec3b>(y);
    auto* out = copy.ptr<cv::Vec3b>(y);
    const float dy = (static_cast<float>(y) - middle_y) / middle_y;
    for (int x = 0; x < picture.cols; ++x) {
      const float dx = (static_cast<float>(x) - middle_x) / middle_x;
      const float light = 1 - kDarkening * (dx * dx + dy * dy) / 2;
      for (int c = 0; c < 3; ++c) {
        out[x][c] = cv::saturate_cast<uchar>(
            (static_cast<float>(in[x][c]) * kGain[c] + kLift) * light);
      }
    }
  }
  return copy;
}

cv::Mat Blurred(const cv::Mat& picture, double sigma_pixels) {
  cv::Mat copy;
  cv::GaussianBlur(picture, copy, {}, sigma_pixels);
  return copy;
}

cv::Mat Noisy(const cv::Mat& picture, double sigma, cv::RNG& rng) {
  cv::Mat noise(picture.size(), CV_16SC3);
  rng.fill(noise, cv::RNG::NORMAL, 0, sigma);
  cv::Mat copy;
  cv::add(picture, noise, copy, cv::noArray(), CV_8U);
  return copy;
}

cv::Mat Sharpened(const cv::Mat& picture) {
  constexpr double kAmount = 1.5;
  cv::Mat copy;
  cv::addWeighted(picture, 1 + kAmount, Blurred(picture, 2), -kAmount, 0, copy);
  return copy;
}

}  // namespace kenal::robustness
