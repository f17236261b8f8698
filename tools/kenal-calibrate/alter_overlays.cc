#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tools/kenal-calibrate/alter.h"
#include "tools/kenal-calibrate/draw.h"

namespace kenal::robustness {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_DUPLEX;
constexpr double kCapitalPixels = 22;  // of this font at scale 1

const std::array<std::string, 6> kCaptions = {
    "seen at example.org", "@holiday.pictures", "shared by a friend",
    "summer 2024",         "more on my page",   "example.com/p/2291"};
const std::array<std::string, 6> kShouts = {"WAIT FOR IT",   "SHARE THIS NOW",
                                            "BEST DAY EVER", "LOOK AT ME",
                                            "LINK IN BIO",   "WEEKEND!"};
const std::array<std::string, 4> kMarks = {"example stock", "PREVIEW",
                                           "sample.org", "(c) example"};

}  // namespace

int TextWidth(const std::string& text, double height_pixels) {
  int base = 0;
  return cv::getTextSize(text, kFont, height_pixels / kCapitalPixels, 1, &base)
      .width;
}

void DrawText(cv::Mat& canvas, const std::string& text, cv::Point at,
              double height_pixels, const Colour& colour,
              double weight_percent) {
  const int thickness = std::max(
      1, static_cast<int>(std::lround(height_pixels * weight_percent / 100)));
  cv::putText(canvas, text, at, kFont, height_pixels / kCapitalPixels, colour,
              thickness, cv::LINE_AA);
}

cv::Mat CaptionedSmall(const cv::Mat& picture, cv::RNG& rng) {
  constexpr double kHeightPercent = 3;
  cv::Mat copy = picture.clone();
  const double height = std::max(6.0, picture.rows * kHeightPercent / 100);
  const std::string& text = OneOf(kCaptions, rng);
  const int room = std::max(1, picture.cols - TextWidth(text, height));
  const cv::Point at(rng.uniform(0, room),
                     picture.rows - static_cast<int>(height));
  DrawText(copy, text, at, height, kBlack, 25);
  DrawText(copy, text, at, height, kWhite, 9);
  return copy;
}

cv::Mat TextAcross(const cv::Mat& picture, cv::RNG& rng) {
  constexpr double kWidthShare = 0.86;
  cv::Mat copy = picture.clone();
  const std::string& text = OneOf(kShouts, rng);
  const double height = kCapitalPixels * kWidthShare * picture.cols /
                        std::max(1, TextWidth(text, kCapitalPixels));
  const int y =
      static_cast<int>(picture.rows * rng.uniform(0.35, 0.65) + height / 2);
  const cv::Point at((picture.cols - TextWidth(text, height)) / 2, y);
  DrawText(copy, text, at, height, kBlack, 22);
  DrawText(copy, text, at, height, kWhite, 13);
  return copy;
}

cv::Mat WithEmoji(const cv::Mat& picture, double area_percent, cv::RNG& rng) {
  constexpr int kShift = 4;  // sixteenths of a pixel
  cv::Mat copy = picture.clone();
  const double area = 1.0 * picture.cols * picture.rows * area_percent / 100;
  const double radius = std::min(std::sqrt(area / CV_PI),
                                 std::min(picture.cols, picture.rows) / 2.0);
  const double x = rng.uniform(radius, picture.cols - radius + 1e-6);
  const double y = rng.uniform(radius, picture.rows - radius + 1e-6);
  const auto disc = [&](double dx, double dy, double size,
                        const Colour& colour) {
    const cv::Point middle(static_cast<int>((x + dx * radius) * 16),
                           static_cast<int>((y + dy * radius) * 16));
    cv::circle(copy, middle, static_cast<int>(size * radius * 16), colour,
               cv::FILLED, cv::LINE_AA, kShift);
  };
  const Colour rim(20, 150, 235);
  const Colour skin(60, 205, 255);
  const Colour dark(25, 45, 80);
  disc(0, 0, 1, rim);
  disc(0, 0, 0.95, skin);
  disc(-0.35, -0.25, 0.14, dark);
  disc(0.35, -0.25, 0.14, dark);
  const int side = static_cast<int>(radius * 0.55);
  cv::ellipse(copy, {static_cast<int>(x), static_cast<int>(y + radius * 0.1)},
              {side, side}, 0, 15, 165, dark,
              std::max(1, static_cast<int>(radius * 0.12)), cv::LINE_AA);
  return copy;
}

cv::Mat Watermarked(const cv::Mat& picture, cv::RNG& rng) {
  constexpr double kOpacity = 0.25;
  constexpr double kDegrees = 30;
  const std::string& text = OneOf(kMarks, rng);
  const int longest = std::max(picture.cols, picture.rows);
  const double height = longest * 0.03;
  const int step_x = TextWidth(text, height) + static_cast<int>(longest * 0.06);
  const int step_y = static_cast<int>(longest * 0.12);
  const int side = longest * 2;
  cv::Mat tiles(side, side, CV_8UC3, kBlack);
  int row = 0;
  for (int y = rng.uniform(0, step_y); y < side; y += step_y, ++row) {
    const int start = (row % 2) * step_x / 2 - step_x;
    for (int x = start; x < side; x += step_x) {
      DrawText(tiles, text, {x, y}, height, kWhite, 12);
    }
  }
  const auto middle = static_cast<float>(side) / 2;
  cv::Mat matrix = cv::getRotationMatrix2D({middle, middle}, kDegrees, 1);
  matrix.at<double>(0, 2) -= (side - picture.cols) / 2.0;
  matrix.at<double>(1, 2) -= (side - picture.rows) / 2.0;
  cv::Mat mask;
  cv::warpAffine(tiles, mask, matrix, picture.size(), cv::INTER_LINEAR);
  cv::Mat copy(picture.size(), CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    const uchar* in = picture.ptr(y);
    const uchar* ink = mask.ptr(y);
    uchar* out = copy.ptr(y);
    for (int i = 0; i < picture.cols * 3; ++i) {
      out[i] = cv::saturate_cast<uchar>(in[i] + (255 - in[i]) * kOpacity *
                                                    ink[i] / 255);
    }
  }
  return copy;
}

}  // namespace kenal::robustness
