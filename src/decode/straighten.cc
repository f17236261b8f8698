#include "src/decode/straighten.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "src/decode/parts.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

// Ground is what is within this of the corners' tone, and the corners of each
// other.
constexpr int kTolerance = 16;
constexpr int kCornerPixels = 3;

// Ground is looked for so deep from each side, percent of the axis.
constexpr int kDepthPercentMax = 30;

// Slopes tried, in 1 / kSlopeSteps: to about 15 degrees.
constexpr int kSlopeSteps = 400;
constexpr int kSlopeMax = 108;
// Less than this, at every side, and it is no tilt (half a degree).
constexpr int kSlopeMin = 3;

// Of the lines of a side that begin with ground, percent that lie on the edge,
// and how many there have to be, percent of the axis.
constexpr int kOnEdgePercentMin = 60;
constexpr int kWithGroundPercentMin = 20;

constexpr int kAreaPercentMin = 35;

// Corners of the quad have at least this sine: 30 to 150 degrees.
constexpr double kCornerSineMin = 0.5;

struct Point {
  double x = 0;
  double y = 0;
};

// depth = offset + slope * position, seen from one side inwards.
struct Edge {
  double offset = 0;
  int slope = 0;  // 1 / kSlopeSteps
  double DepthAt(double position) const {
    return offset + slope * position / kSlopeSteps;
  }
};

// One side of the copy; position runs along it, depth inwards.
struct Side {
  const uint8_t* first = nullptr;
  ptrdiff_t to_next_position = 0;
  ptrdiff_t inwards = 0;
  int positions = 0;
  int depth_max = 0;
};

int CornerTone(const ReducedLuma& copy, bool is_right, bool is_bottom) {
  int sum = 0;
  for (int y = 0; y < kCornerPixels; ++y) {
    for (int x = 0; x < kCornerPixels; ++x) {
      sum += copy.Row(is_bottom ? copy.height - 1 - y : y)
          [is_right ? copy.width - 1 - x : x];
    }
  }
  return sum / (kCornerPixels * kCornerPixels);
}

std::optional<int> GroundOf(const ReducedLuma& copy) {
  std::array<int, 4> tones{
      CornerTone(copy, false, false), CornerTone(copy, true, false),
      CornerTone(copy, false, true), CornerTone(copy, true, true)};
  std::ranges::sort(tones);
  if (tones[3] - tones[0] > kTolerance) return std::nullopt;
  return (tones[1] + tones[2]) / 2;
}

// Leading pixels of ground, by position; depth_max where it does not end.
std::vector<int> DepthsOf(const Side& side, int ground) {
  std::vector<int> depths;
  for (int i = 0; i < side.positions; ++i) {
    const uint8_t* at = side.first + i * side.to_next_position;
    int depth = 0;
    while (depth < side.depth_max && std::abs(*at - ground) <= kTolerance) {
      ++depth;
      at += side.inwards;
    }
    depths.push_back(depth);
  }
  return depths;
}

// The line that most depths lie on, within a pixel.
std::optional<Edge> FindEdge(const Side& side, int ground) {
  const std::vector<int> depths = DepthsOf(side, ground);
  std::vector<std::array<int, 2>> points;  // position, depth
  for (int i = 0; i < side.positions; ++i) {
    const int depth = depths[static_cast<size_t>(i)];
    if (depth > 0 && depth < side.depth_max) points.push_back({i, depth});
  }
  const int with_ground = static_cast<int>(points.size());
  if (with_ground * 100 < side.positions * kWithGroundPercentMin) {
    return std::nullopt;
  }
  const int shift = side.positions * kSlopeMax / kSlopeSteps + 2;
  std::vector<int> counts(
      static_cast<size_t>(side.depth_max + 2 * shift + 2));
  int best = 0;
  Edge edge;
  for (int slope = -kSlopeMax; slope <= kSlopeMax; ++slope) {
    std::ranges::fill(counts, 0);
    for (const auto& [position, depth] : points) {
      const int offset =
          (depth * kSlopeSteps - slope * position) / kSlopeSteps + shift;
      ++counts[static_cast<size_t>(offset)];
    }
    for (size_t i = 0; i + 1 < counts.size(); ++i) {
      const int count = counts[i] + counts[i + 1];
      if (count <= best) continue;
      best = count;
      edge = {static_cast<double>(i) + 1.0 - shift, slope};
    }
  }
  if (best * 100 < with_ground * kOnEdgePercentMin) return std::nullopt;
  return edge;
}

// Where a nearly horizontal line y = a + b x and a nearly vertical one
// x = c + d y meet.
Point Meet(double a, double b, double c, double d) {
  const double y = (a + b * c) / (1 - b * d);
  return {c + d * y, y};
}

double Slope(const Edge& edge) {
  return static_cast<double>(edge.slope) / kSlopeSteps;
}

double Distance(const Point& a, const Point& b) {
  const double x = a.x - b.x;
  const double y = a.y - b.y;
  return std::sqrt(x * x + y * y);
}

// Corners clockwise from the top left.
using Quad = std::array<Point, 4>;

// Maps the unit square onto a quad (Heckbert, Fundamentals of Texture Mapping
// and Image Warping, 1989, section 2.2.3).
class SquareToQuad {
 public:
  explicit SquareToQuad(const Quad& q) {
    const double x1 = q[1].x - q[2].x;
    const double x2 = q[3].x - q[2].x;
    const double x3 = q[0].x - q[1].x + q[2].x - q[3].x;
    const double y1 = q[1].y - q[2].y;
    const double y2 = q[3].y - q[2].y;
    const double y3 = q[0].y - q[1].y + q[2].y - q[3].y;
    const double all = x1 * y2 - x2 * y1;
    g_ = (x3 * y2 - x2 * y3) / all;
    h_ = (x1 * y3 - x3 * y1) / all;
    a_ = q[1].x - q[0].x + g_ * q[1].x;
    b_ = q[3].x - q[0].x + h_ * q[3].x;
    c_ = q[0].x;
    d_ = q[1].y - q[0].y + g_ * q[1].y;
    e_ = q[3].y - q[0].y + h_ * q[3].y;
    f_ = q[0].y;
  }
  Point At(double u, double v) const {
    const double w = g_ * u + h_ * v + 1;
    return {(a_ * u + b_ * v + c_) / w, (d_ * u + e_ * v + f_) / w};
  }

 private:
  double a_, b_, c_, d_, e_, f_, g_, h_;
};

// The tone between four pixels, in 1/256 of a pixel; the border goes on
// outside.
uint8_t ToneAt(const ReducedLuma& copy, const Point& at) {
  const double x = std::clamp(at.x - 0.5, 0.0, copy.width - 1.0);
  const double y = std::clamp(at.y - 0.5, 0.0, copy.height - 1.0);
  const int x0 = static_cast<int>(x);
  const int y0 = static_cast<int>(y);
  const int x1 = std::min(x0 + 1, copy.width - 1);
  const int y1 = std::min(y0 + 1, copy.height - 1);
  const int across = static_cast<int>((x - x0) * 256);
  const int down = static_cast<int>((y - y0) * 256);
  const uint8_t* above = copy.Row(y0);
  const uint8_t* below = copy.Row(y1);
  const int top = above[x0] * (256 - across) + above[x1] * across;
  const int bottom = below[x0] * (256 - across) + below[x1] * across;
  return static_cast<uint8_t>(
      (top * (256 - down) + bottom * down + 32'768) >> 16);
}

Straightened Sample(const ReducedLuma& copy, const Quad& quad) {
  const double across =
      (Distance(quad[0], quad[1]) + Distance(quad[3], quad[2])) / 2;
  const double down =
      (Distance(quad[0], quad[3]) + Distance(quad[1], quad[2])) / 2;
  Straightened out;
  out.luma = {.width = static_cast<int>(across),
              .height = static_cast<int>(down),
              .factor = copy.factor};
  const SquareToQuad map(quad);
  for (int y = 0; y < out.luma.height; ++y) {
    for (int x = 0; x < out.luma.width; ++x) {
      const Point at = map.At((x + 0.5) / out.luma.width,
                              (y + 0.5) / out.luma.height);
      out.luma.pixels.push_back(ToneAt(copy, at));
    }
  }
  const auto [left, right] =
      std::minmax({quad[0].x, quad[1].x, quad[2].x, quad[3].x});
  const auto [top, bottom] =
      std::minmax({quad[0].y, quad[1].y, quad[2].y, quad[3].y});
  const int x = std::max(0, static_cast<int>(left));
  const int y = std::max(0, static_cast<int>(top));
  out.bounds = {x, y, std::min(copy.width, static_cast<int>(right) + 1) - x,
                std::min(copy.height, static_cast<int>(bottom) + 1) - y};
  return out;
}

// Convex, with every side a picture's and no corner far outside the copy.
bool IsSound(const ReducedLuma& copy, const Quad& quad) {
  double doubled_area = 0;
  for (size_t i = 0; i < quad.size(); ++i) {
    const Point& a = quad[i];
    const Point& b = quad[(i + 1) % quad.size()];
    const Point& c = quad[(i + 2) % quad.size()];
    doubled_area += a.x * b.y - b.x * a.y;
    const double turn =
        (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
    const double sides = Distance(a, b) * Distance(b, c);
    // Written so that a NaN is refused.
    const bool is_corner = Distance(a, b) >= kPartSideMin &&
                           turn >= kCornerSineMin * sides;
    const bool is_near = a.x >= -0.2 * copy.width && a.x <= 1.2 * copy.width &&
                         a.y >= -0.2 * copy.height && a.y <= 1.2 * copy.height;
    if (!is_corner || !is_near) return false;
  }
  return doubled_area * 50 >=
         double{kAreaPercentMin} * copy.width * copy.height;
}

}  // namespace

std::optional<Straightened> Straighten(const ReducedLuma& copy) {
  if (std::min(copy.width, copy.height) < 64) return std::nullopt;
  const std::optional<int> ground = GroundOf(copy);
  if (!ground) return std::nullopt;
  const ptrdiff_t pitch = copy.width;
  const uint8_t* top_left = copy.Row(0);
  const uint8_t* bottom_left = copy.Row(copy.height - 1);
  const uint8_t* top_right = top_left + copy.width - 1;
  const int down = copy.height * kDepthPercentMax / 100;
  const int across = copy.width * kDepthPercentMax / 100;
  const Side sides[] = {{top_left, 1, pitch, copy.width, down},
                        {top_right, pitch, -1, copy.height, across},
                        {bottom_left, 1, -pitch, copy.width, down},
                        {top_left, pitch, 1, copy.height, across}};
  std::array<Edge, 4> edges;
  int steepest = 0;
  for (size_t i = 0; i < edges.size(); ++i) {
    const std::optional<Edge> edge = FindEdge(sides[i], *ground);
    if (!edge) return std::nullopt;
    edges[i] = *edge;
    steepest = std::max(steepest, std::abs(edge->slope));
  }
  if (steepest < kSlopeMin) return std::nullopt;
  const auto& [top, right, bottom, left] = edges;
  const double x_end = copy.width;
  const double y_end = copy.height;
  const double right_at = x_end - right.offset;
  const double bottom_at = y_end - bottom.offset;
  const Quad quad{
      Meet(top.offset, Slope(top), left.offset, Slope(left)),
      Meet(top.offset, Slope(top), right_at, -Slope(right)),
      Meet(bottom_at, -Slope(bottom), right_at, -Slope(right)),
      Meet(bottom_at, -Slope(bottom), left.offset, Slope(left))};
  if (!IsSound(copy, quad)) return std::nullopt;
  return Sample(copy, quad);
}

}  // namespace kenal::decode
