#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "tools/kenal/calibrate_report.h"
#include "tools/kenal/calibrate_statistics.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

constexpr int kWidth = 1180;
constexpr int kTop = 76;
constexpr int kRow = 22;
constexpr int kBarsLeft = 270;
constexpr int kBarsWidth = 330;
constexpr int kCurveLeft = 720;
constexpr int kCurveWidth = 420;
constexpr int kCurveHeight = 420;
constexpr int kReviewShown = 50;

constexpr const char* kInk = "#222222";
constexpr const char* kFaint = "#dddddd";
constexpr const char* kTight = "#1f6fb4";
constexpr const char* kWide = "#a9cbe8";
constexpr const char* kBound = "#d9730d";

template <typename... Values>
std::string Format(const char* format, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string Line(double x1, double y1, double x2, double y2, const char* colour,
                 double width) {
  return Format(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
      "stroke-width=\"%.1f\"/>\n",
      x1, y1, x2, y2, colour, width);
}

// `text` is ours and free of markup.
std::string Text(double x, double y, const char* anchor, int size,
                 const std::string& text, const char* colour = kInk) {
  return Format(
             "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" "
             "font-size=\"%d\" fill=\"%s\">",
             x, y, anchor, size, colour) +
         text + "</text>\n";
}

std::string Box(double x, double y, double width, double height,
                const char* colour) {
  return Format(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
      "fill=\"%s\"/>\n",
      x, y, width, height, colour);
}

double Share(uint64_t hits, uint64_t count) {
  return count == 0 ? 0
                    : static_cast<double>(hits) / static_cast<double>(count);
}

int BarsBottom() { return kTop + kRow * static_cast<int>(kAlterationCount); }

std::string Bar(const AlterationFigures& figures, double y) {
  const auto at = [&](int radius) {
    return figures.found[static_cast<size_t>(radius)];
  };
  const uint64_t tight = at(kDefaultRadius.bits);
  const Interval within = ShareWithin(tight, figures.copy_count);
  const double middle = y + kRow / 2.0;
  return Box(kBarsLeft, y + 4,
             kBarsWidth * Share(at(kReviewShown), figures.copy_count), kRow - 8,
             kWide) +
         Box(kBarsLeft, y + 4, kBarsWidth * Share(tight, figures.copy_count),
             kRow - 8, kTight) +
         Line(kBarsLeft + kBarsWidth * within.low, middle,
              kBarsLeft + kBarsWidth * within.high, middle, kInk, 1.6) +
         Text(kBarsLeft + kBarsWidth + 10, middle + 4, "start", 12,
              Percent(Share(tight, figures.copy_count)));
}

std::string Bars(const CopyFigures& copies) {
  std::string svg =
      Text(24, 30, "start", 16, "Altered copies found again") +
      Text(24, 50, "start", 12,
           "one copy each of " + Count(copies.picture_count) +
               " pictures; dark: within 31 bits, with its 95 % interval; "
               "light: within 50, for review");
  if (copies.picture_count == 0) {
    return svg + Text(24, kTop + 20, "start", 13, "none were made");
  }
  for (int percent = 0; percent <= 100; percent += 25) {
    const double x = kBarsLeft + kBarsWidth * percent / 100.0;
    svg += Line(x, kTop, x, BarsBottom(), kFaint, 1);
    svg += Text(x, BarsBottom() + 18, "middle", 12,
                std::to_string(percent) + " %");
  }
  svg += Text(kBarsLeft + kBarsWidth / 2.0, BarsBottom() + 38, "middle", 12,
              "share of copies found");
  std::string_view kind;
  for (size_t i = 0; i < kAlterationCount; ++i) {
    const int y = kTop + kRow * static_cast<int>(i);
    if (kAlterations[i].kind != kind) {
      kind = kAlterations[i].kind;
      svg += Line(24, y, kBarsLeft + kBarsWidth, y, kFaint, 1);
      svg +=
          Text(24, y + 15, "start", 12,
               "<tspan font-weight=\"bold\">" + std::string(kind) + "</tspan>");
    }
    svg += Text(kBarsLeft - 8, y + 15, "end", 12,
                std::string(kAlterations[i].name));
    svg += Bar(copies.alterations[i], y);
  }
  return svg;
}

// Shares on a scale of powers of ten, from `floor` to 1.
class Scale {
 public:
  explicit Scale(double smallest)
      : decades_(std::clamp(static_cast<int>(std::ceil(-std::log10(smallest))),
                            1, 7)) {}
  int decades() const { return decades_; }
  double Y(double share) const {
    const double low = -static_cast<double>(decades_);
    const double at = share <= 0 ? low : std::max(low, std::log10(share));
    return kTop + kCurveHeight * (-at / decades_);
  }

 private:
  int decades_;
};

double CurveX(double radius) {
  return kCurveLeft + kCurveWidth * radius / kRadiusBitsMax;
}

std::string Axes(const Scale& scale) {
  std::string svg;
  for (int i = 0; i <= scale.decades(); ++i) {
    const double share = std::pow(10.0, -i);
    svg += Line(kCurveLeft, scale.Y(share), kCurveLeft + kCurveWidth,
                scale.Y(share), kFaint, 1);
    svg += Text(kCurveLeft - 8, scale.Y(share) + 4, "end", 12,
                Format("%g %%", 100 * share));
  }
  for (int radius : {0, 10, 20, 31, 40, 50, 63}) {
    svg += Line(CurveX(radius), kTop + kCurveHeight, CurveX(radius),
                kTop + kCurveHeight + 5, kInk, 1);
    svg += Text(CurveX(radius), kTop + kCurveHeight + 20, "middle", 12,
                std::to_string(radius));
  }
  const double edge = CurveX(kDefaultRadius.bits + 0.5);
  svg += Line(edge, kTop, edge, kTop + kCurveHeight, "#999999", 1);
  svg += Text(edge - 6, kTop + 16, "end", 12, "match");
  svg += Text(edge + 6, kTop + 16, "start", 12, "review");
  return svg + Text(kCurveLeft + kCurveWidth / 2.0, kTop + kCurveHeight + 40,
                    "middle", 12, "radius, bits of 256");
}

std::string Steps(const Scale& scale, const ByRadius& found, uint64_t count,
                  bool bound, const char* colour, const char* dashes) {
  std::string points;
  for (int radius = 0; radius <= kRadiusBitsMax; ++radius) {
    const uint64_t hits = found[static_cast<size_t>(radius)];
    const double share = bound ? ShareAtMost(hits, count) : Share(hits, count);
    if (!bound && hits == 0) continue;  // No place on a scale of powers.
    points += Format("%.1f,%.1f ", CurveX(radius), scale.Y(share));
  }
  return Format(
             "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
             "stroke-dasharray=\"%s\" points=\"",
             colour, dashes) +
         points + "\"/>\n";
}

std::string Curve(const Calibration& calibration) {
  const PairFigures& pairs = calibration.pairs;
  const bool marks = calibration.has_marks;
  const ByRadius& found = marks ? pairs.found_different : pairs.found;
  const double least = ShareAtMost(0, pairs.picture_count);
  const Scale scale(std::max(
      std::min(least, Share(1, std::max<uint64_t>(1, pairs.picture_count))),
      1e-7));
  const int legend = kTop + kCurveHeight + 68;
  std::string svg =
      Text(kCurveLeft - 60, 30, "start", 16, "Pictures taken for another one") +
      Text(kCurveLeft - 60, 50, "start", 12,
           "each of " + Count(pairs.picture_count) + " asked of the others" +
               (marks ? ", without pairs marked as the same" : "")) +
      Axes(scale) +
      Steps(scale, found, pairs.picture_count, true, kBound, "6 4") +
      Steps(scale, found, pairs.picture_count, false, kTight, "none");
  svg += Line(kCurveLeft, legend - 4, kCurveLeft + 30, legend - 4, kTight, 2);
  svg += Text(kCurveLeft + 38, legend, "start", 12,
              "share that met another (no line: none did)");
  svg += Format(
      "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" "
      "stroke-width=\"2\" stroke-dasharray=\"6 4\"/>\n",
      kCurveLeft, legend + 18, kCurveLeft + 30, legend + 18, kBound);
  return svg +
         Text(kCurveLeft + 38, legend + 22, "start", 12,
              "at most so many, with 95 % confidence") +
         Text(kCurveLeft, legend + 48, "start", 12,
              "at " + std::to_string(kDefaultRadius.bits) + ": " +
                  CountAtMost(found[static_cast<size_t>(kDefaultRadius.bits)],
                              pairs.picture_count));
}

}  // namespace

std::string CalibrationSvg(const Calibration& calibration) {
  const int height = BarsBottom() + 56;
  return Format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
             "height=\"%d\" viewBox=\"0 0 %d %d\" "
             "font-family=\"sans-serif\">\n",
             kWidth, height, kWidth, height) +
         Box(0, 0, kWidth, height, "#ffffff") + Bars(calibration.copies) +
         Curve(calibration) + "</svg>\n";
}

}  // namespace kenal::cli
