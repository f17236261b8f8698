#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "tools/kenal-calibrate/alter.h"
#include "tools/kenal-calibrate/draw.h"

namespace kenal::robustness {
namespace {

struct Pair {
  Colour dark, light;
};

const std::array<Pair, 4> kInks = {{{{110, 20, 30}, {170, 200, 255}},
                                    {{70, 30, 90}, {90, 240, 250}},
                                    {{60, 60, 10}, {180, 150, 255}},
                                    {{40, 10, 120}, {225, 245, 200}}}};
const std::array<std::string, 4> kHeadlines = {
    "FIRST SNOW OF THE YEAR IN THE VALLEY", "TOWN FAIR DRAWS RECORD CROWD",
    "NEW BRIDGE OPENS A MONTH EARLY", "VILLAGE CHOIR WINS SECOND PRIZE"};
const std::array<std::string, 3> kTicker = {
    "Trains on time again   +++   Sunny until Friday   +++   Market on Sunday",
    "Library open late   +++   Mild and dry   +++   Bees counted in city park",
    "Ferry runs again   +++   Fog in the morning   +++   Museum free today"};

int Share(int pixels, double percent) {
  return std::max(1, static_cast<int>(std::lround(pixels * percent / 100)));
}

double Fitting(const std::string& text, double height, double width) {
  return std::min(height, 100 * width / std::max(1, TextWidth(text, 100)));
}

// One value for all three channels, in clumps of more than a pixel.
cv::Mat Grainy(const cv::Mat& picture, double sigma, cv::RNG& rng) {
  cv::Mat grain(picture.size(), CV_32F);
  rng.fill(grain, cv::RNG::NORMAL, 0, 2 * sigma);
  cv::GaussianBlur(grain, grain, {}, 0.6);
  cv::Mat copy(picture.size(), CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    const auto* in = picture.ptr<cv::Vec3b>(y);
    const auto* more = grain.ptr<float>(y);
    auto* out = copy.ptr<cv::Vec3b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      for (int c = 0; c < 3; ++c) {
        out[x][c] =
            cv::saturate_cast<uchar>(static_cast<float>(in[x][c]) + more[x]);
      }
    }
  }
  return copy;
}

// Orange light from one of the upright sides, strongest at one height of it.
void LeakLight(cv::Mat& picture, cv::RNG& rng) {
  constexpr double kStrength = 0.85;
  const bool is_right = rng.uniform(0, 2) == 1;
  const double height = rng.uniform(0.2, 0.8);
  const double reach = rng.uniform(0.25, 0.4);
  const Colour light(40, 120, 255);
  for (int y = 0; y < picture.rows; ++y) {
    auto* out = picture.ptr<cv::Vec3b>(y);
    const double up = (static_cast<double>(y) / picture.rows - height) / 0.5;
    for (int x = 0; x < picture.cols; ++x) {
      const double from = static_cast<double>(x) / picture.cols;
      const double in = (is_right ? 1 - from : from) / reach;
      const double share = kStrength * std::exp(-in * in - up * up);
      for (int c = 0; c < 3; ++c) {
        const double rest = (255.0 - out[x][c]) * (1 - share * light[c] / 255);
        out[x][c] = cv::saturate_cast<uchar>(255 - rest);
      }
    }
  }
}

}  // namespace

cv::Mat Duotoned(const cv::Mat& picture, cv::RNG& rng) {
  const Pair& inks = kInks[static_cast<size_t>(rng.uniform(0, 4))];
  cv::Mat table(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) {
    for (int c = 0; c < 3; ++c) {
      table.at<cv::Vec3b>(i)[c] = cv::saturate_cast<uchar>(
          inks.dark[c] + (inks.light[c] - inks.dark[c]) * i / 255);
    }
  }
  cv::Mat copy;
  cv::LUT(Greyed(picture), table, copy);
  return copy;
}

cv::Mat CornerTornOff(const cv::Mat& picture, double area_percent,
                      cv::RNG& rng) {
  constexpr int kTeeth = 40;
  constexpr double kRaggedness = 0.012;  // of the longest side
  constexpr double kFibreShare = 0.015;
  const double slant = rng.uniform(0.75, 1.33);
  const double product = 2 * area_percent / 100;
  const double along_x = picture.cols * std::sqrt(product * slant);
  const double along_y = picture.rows * std::sqrt(product / slant);
  const double longest = std::max(picture.cols, picture.rows);
  const bool is_right = rng.uniform(0, 2) == 1;
  const bool is_bottom = rng.uniform(0, 2) == 1;
  const auto torn = [&](double further, const std::vector<double>& teeth) {
    std::vector<cv::Point> outline = {{0, 0}};
    for (int i = 0; i <= kTeeth; ++i) {
      const double at = static_cast<double>(i) / kTeeth;
      const double off = teeth[static_cast<size_t>(i)] + further;
      outline.emplace_back(static_cast<int>(along_x * (1 - at) + off),
                           static_cast<int>(along_y * at + off));
    }
    for (cv::Point& point : outline) {
      if (is_right) point.x = picture.cols - 1 - point.x;
      if (is_bottom) point.y = picture.rows - 1 - point.y;
    }
    return outline;
  };
  std::vector<double> outer;
  std::vector<double> inner;
  for (int i = 0; i <= kTeeth; ++i) {
    outer.push_back(longest * rng.uniform(-kRaggedness, kRaggedness));
    inner.push_back(outer.back() -
                    longest * rng.uniform(0.3, 1.0) * kFibreShare);
  }
  cv::Mat copy = picture.clone();
  cv::fillPoly(copy, std::vector{torn(0, outer)}, {235, 240, 242}, cv::LINE_AA);
  cv::fillPoly(copy, std::vector{torn(0, inner)}, {70, 105, 150}, cv::LINE_AA);
  return copy;
}

cv::Mat OnTheNews(const cv::Mat& picture, cv::RNG& rng) {
  cv::Mat copy = picture.clone();
  const Colour accent =
      rng.uniform(0, 2) == 1 ? Colour(30, 20, 190) : Colour(140, 60, 10);
  const int width = copy.cols;
  const int height = copy.rows;
  const int headline = Share(height, 12);
  const int ticker = Share(height, 7);
  const int tag = Share(height, 6);
  const int top = height - ticker - headline - Share(height, 2);
  Box(copy, {0, top, width, headline}, {245, 245, 245});
  Box(copy, {0, top, Share(width, 2), headline}, accent);
  const std::string& text = OneOf(kHeadlines, rng);
  const double letters = Fitting(text, headline * 0.4, width * 0.9);
  DrawText(copy, text,
           {Share(width, 4), top + static_cast<int>((headline + letters) / 2)},
           letters, {40, 30, 30}, 16);
  Box(copy, {0, top - tag, Share(width, 22), tag}, accent);
  const double small = Fitting("BREAKING NEWS", tag * 0.5, width * 0.17);
  DrawText(copy, "BREAKING NEWS",
           {Share(width, 2), top - static_cast<int>((tag - small) / 2)}, small,
           kWhite, 14);
  Box(copy, {0, height - ticker, width, ticker}, {50, 30, 25});
  DrawText(copy, OneOf(kTicker, rng),
           {Share(width, 2), height - ticker * 3 / 10}, ticker * 0.4, kWhite,
           9);
  const int side = Share(std::min(width, height), 12);
  const cv::Rect logo(width - side - side / 3, side / 3, side, side);
  RoundedBox(copy, logo, side / 6, accent);
  DrawText(copy, "N7", {logo.x + side / 5, logo.y + side * 7 / 10},
           Fitting("N7", side * 0.45, side * 0.65), kWhite, 18);
  return copy;
}

cv::Mat AsOldFilm(const cv::Mat& picture, cv::RNG& rng) {
  constexpr double kGrain = 14;
  constexpr double kStampPercent = 4;
  cv::Mat copy = Grainy(WarmFadedVignette(picture), kGrain, rng);
  LeakLight(copy, rng);
  const std::string stamp = "'" + std::to_string(rng.uniform(84, 100)) + "  " +
                            std::to_string(rng.uniform(1, 13)) + "  " +
                            std::to_string(rng.uniform(1, 29));
  const double height =
      std::max(6, Share(std::min(copy.cols, copy.rows), kStampPercent));
  const cv::Point at(copy.cols - TextWidth(stamp, height) - Share(copy.cols, 5),
                     copy.rows - Share(copy.rows, 6));
  cv::Mat glow = copy.clone();
  DrawText(glow, stamp, at, height, {20, 90, 255}, 30);
  cv::addWeighted(copy, 0.5, glow, 0.5, 0, copy);
  DrawText(copy, stamp, at, height, {90, 170, 255}, 12);
  return copy;
}

}  // namespace kenal::robustness
