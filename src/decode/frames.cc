#include <algorithm>
#include <cstdlib>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <vector>

#include "src/decode/rectangles.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

// Steps in tone are between two pixels and the next two, so that an edge that
// reducing has smeared over one pixel counts in full. A smaller one is none.
constexpr int kStepMin = 8;

// An edge is the largest step within so many pixels to both sides.
constexpr int kRidgeReach = 4;

// Lines of each direction that rectangles are made of, beside the border.
constexpr size_t kLinesMax = 14;

// The densest run of edge pixels on such a line is at least so long, percent
// of the axis, when an edge pixel counts 1 and a gap costs kGapCosts /
// kEdgeCounts.
constexpr int kRunPercentMin = 8;
constexpr int kEdgeCounts = 5;
constexpr int kGapCosts = 3;

// How much of a side is edge, per mille: the share of its edge pixels, and
// kTextureTenths / 10 times the share (of kTextureMax at most) in the lines
// beside it, since texture hides edges. So much is asked of each side and of
// each end of it, and a side speaks for a frame by what it has beyond kPivot.
constexpr int kTextureTenths = 13;
constexpr int kTextureMax = 300;
constexpr int kSideAsked = 550;
constexpr int kEndAsked = 400;
constexpr int kPivot = 750;
constexpr int kEndPercent = 12;  // of a side
constexpr int kEndPixelsMin = 6;

// Lines beside: so many, from this distance on, half of them on each side.
constexpr int kBesideFirst = 5;
constexpr int kBesideLines = 12;

constexpr int kSidePercentMin = 22;  // of the copy's side
constexpr int kAreaPercentMin = 12;  // of the copy
constexpr int kSidePixelsMin = 40;

// A pixel is busy when the next differs by more; of a frame, percent.
constexpr int kBusyStep = 2;
constexpr int kBusyPercentMin = 1;

// Frames whose sides are this near each other, per mille of their length, are
// one: a hash tolerates about 20.
constexpr int kSamePerMille = 15;

// Row y, column x: 255 when the step between columns x and x + 1 is an edge.
cv::Mat EdgesAcross(const cv::Mat& luma) {
  const cv::Mat kernel = (cv::Mat_<float>(1, 4) << -1, -1, 1, 1);
  cv::Mat steps;
  cv::filter2D(luma, steps, CV_16S, kernel, cv::Point(1, 0), 0,
               cv::BORDER_REPLICATE);
  steps = cv::abs(steps);
  cv::Mat largest;
  cv::dilate(steps, largest,
             cv::getStructuringElement(cv::MORPH_RECT,
                                       cv::Size(2 * kRidgeReach + 1, 1)));
  largest = cv::max(largest, kStepMin);
  return steps >= largest;
}

struct Line {
  int at = 0;  // between pixels at - 1 and at
  int score = 0;
};

// The densest run of each column, in edge pixels less what gaps cost. All
// columns go down together, so that compilers make vectors of it; a run of the
// longest column fits 16 bits.
std::vector<int16_t> DensestRuns(const cv::Mat& edges) {
  const size_t columns = static_cast<size_t>(edges.cols);
  std::vector<int16_t> run(columns);
  std::vector<int16_t> best(columns);
  for (int y = 0; y < edges.rows; ++y) {
    const uint8_t* row = edges.ptr(y);
    for (size_t x = 0; x < columns; ++x) {
      // An edge is 255: all bits of the sum's second term.
      const int16_t is_edge = static_cast<int8_t>(row[x]);
      const int16_t change = static_cast<int16_t>(
          (is_edge & (kEdgeCounts + kGapCosts)) - kGapCosts);
      const int16_t next = static_cast<int16_t>(run[x] + change);
      run[x] = std::max<int16_t>(next, 0);
      best[x] = std::max(best[x], run[x]);
    }
  }
  for (int16_t& value : best) {
    value = static_cast<int16_t>(value / kEdgeCounts);
  }
  return best;
}

// Running counts along one line.
struct LineEdges {
  std::vector<int> on;      // edge pixels in [0, at)
  std::vector<int> beside;  // and on kBesideLines lines beside it

  int Value(int begin, int end) const {
    const size_t first = static_cast<size_t>(begin);
    const size_t last = static_cast<size_t>(end);
    const int length = end - begin;
    const int share = 1000 * (on[last] - on[first]) / length;
    // An edge shows in either of two lines, so beside counts twice.
    const int texture = 2000 * (beside[last] - beside[first]) /
                        (length * kBesideLines);
    return share + std::min(texture, kTextureMax) * kTextureTenths / 10;
  }
};

// The lines of one direction that may be sides, by position, from one border
// of the copy to the other.
struct Direction {
  std::vector<Line> lines;
  std::vector<LineEdges> edges;  // one for each of `lines`
};

LineEdges CountEdges(const cv::Mat& edges, const cv::Mat& either, int row) {
  LineEdges out;
  out.on.push_back(0);
  out.beside.push_back(0);
  for (int i = 0; i < edges.cols; ++i) {
    out.on.push_back(out.on.back() + (either.at<uint8_t>(row, i) != 0));
    out.beside.push_back(out.beside.back());
    for (int away = kBesideFirst; away < kBesideFirst + kBesideLines / 2;
         ++away) {
      if (row >= away) {
        out.beside.back() += edges.at<uint8_t>(row - away, i) != 0;
      }
      if (row + away < edges.rows) {
        out.beside.back() += edges.at<uint8_t>(row + away, i) != 0;
      }
    }
  }
  return out;
}

// runs: of each row of `edges` and the next together.
std::vector<Line> BestLines(const cv::Mat& edges,
                            std::span<const int16_t> runs) {
  std::vector<Line> found;
  const int run_min = edges.cols * kRunPercentMin / 100;
  for (int row = 2; row + 3 < edges.rows; ++row) {
    const int run = runs[static_cast<size_t>(row)];
    if (run < run_min) continue;
    // Of the two lines that show one edge, the one that has more of it.
    found.push_back({row + 1, 4 * run + cv::countNonZero(edges.row(row))});
  }
  std::ranges::stable_sort(found, std::greater(), &Line::score);
  std::vector<Line> best;
  for (const Line& line : found) {
    if (best.size() == kLinesMax) break;
    const bool is_new = std::ranges::none_of(best, [&](const Line& other) {
      return std::abs(other.at - line.at) <= kRidgeReach;
    });
    if (is_new) best.push_back(line);
  }
  return best;
}

// edges_across: column i says where there is an edge between lines i and i + 1.
Direction LinesOf(const cv::Mat& edges_across) {
  // An edge that lies between two lines shows in one here, in the other there.
  cv::Mat either_across;
  cv::dilate(edges_across, either_across,
             cv::getStructuringElement(cv::MORPH_RECT, cv::Size(2, 1)),
             cv::Point(0, 0));
  cv::Mat edges;
  cv::Mat either;
  cv::transpose(edges_across, edges);
  cv::transpose(either_across, either);
  Direction out{.lines = BestLines(edges, DensestRuns(either_across))};
  out.lines.push_back({.at = 0});
  out.lines.push_back({.at = edges.rows});
  std::ranges::sort(out.lines, {}, &Line::at);
  for (const Line& line : out.lines) {
    const bool is_border = line.at == 0 || line.at == edges.rows;
    out.edges.push_back(is_border ? LineEdges{}
                                  : CountEdges(edges, either, line.at - 1));
  }
  return out;
}

struct Candidate {
  Region region;
  int64_t score = 0;
};

// What the sides of a rectangle have for them, as far as they are not the
// border.
struct Support {
  int64_t score = 0;
  int sides = 0;
  bool is_good = true;

  void Add(const Direction& direction, size_t line, int begin, int end) {
    if (line == 0 || line + 1 == direction.lines.size()) return;
    const LineEdges& edges = direction.edges[line];
    const int length = end - begin;
    const int tip = std::max(kEndPixelsMin, length * kEndPercent / 100);
    const int value = edges.Value(begin, end);
    is_good = is_good && value >= kSideAsked &&
              edges.Value(begin, begin + tip) >= kEndAsked &&
              edges.Value(end - tip, end) >= kEndAsked;
    score += int64_t{value - kPivot} * length;
    ++sides;
  }
};

int64_t Area(const Region& region) {
  return int64_t{region.width} * region.height;
}

bool IsSame(const Region& a, const Region& b) {
  const auto is_near = [](int p, int q, int size) {
    return std::abs(p - q) * 1000 <= size * kSamePerMille;
  };
  const int width = std::min(a.width, b.width);
  const int height = std::min(a.height, b.height);
  return is_near(a.x, b.x, width) && is_near(a.y, b.y, height) &&
         is_near(a.x + a.width, b.x + b.width, width) &&
         is_near(a.y + a.height, b.y + b.height, height);
}

class FrameFinder {
 public:
  explicit FrameFinder(const ReducedLuma& copy) : copy_(copy) {
    const cv::Mat luma(copy.height, copy.width, CV_8U,
                       const_cast<uint8_t*>(copy.pixels.data()));
    across_ = LinesOf(EdgesAcross(luma));
    cv::Mat turned;
    cv::transpose(luma, turned);
    down_ = LinesOf(EdgesAcross(turned));
    cv::Mat steps;
    cv::absdiff(luma.colRange(1, copy.width), luma.colRange(0, copy.width - 1),
                steps);
    cv::threshold(steps, steps, kBusyStep, 1, cv::THRESH_BINARY);
    cv::integral(steps, busy_, CV_32S);
  }

  // Best first.
  std::vector<Candidate> Candidates() {
    for (size_t left = 0; left + 1 < across_.lines.size(); ++left) {
      for (size_t right = left + 1; right < across_.lines.size(); ++right) {
        for (size_t top = 0; top + 1 < down_.lines.size(); ++top) {
          for (size_t bottom = top + 1; bottom < down_.lines.size(); ++bottom) {
            Consider(left, right, top, bottom);
          }
        }
      }
    }
    std::ranges::stable_sort(candidates_, std::greater(), &Candidate::score);
    return std::move(candidates_);
  }

 private:
  void Consider(size_t left, size_t right, size_t top, size_t bottom) {
    const int x = across_.lines[left].at;
    const int y = down_.lines[top].at;
    const Region region{x, y, across_.lines[right].at - x,
                        down_.lines[bottom].at - y};
    if (IsTooSmall(region)) return;
    Support support;
    support.Add(across_, left, y, y + region.height);
    support.Add(across_, right, y, y + region.height);
    support.Add(down_, top, x, x + region.width);
    support.Add(down_, bottom, x, x + region.width);
    if (support.sides == 0 || !support.is_good || support.score < 0) return;
    if (BusyPercent(region) < kBusyPercentMin) return;
    candidates_.push_back({region, support.score});
  }

  bool IsTooSmall(const Region& region) const {
    return std::min(region.width, region.height) < kSidePixelsMin ||
           region.width * 100 < copy_.width * kSidePercentMin ||
           region.height * 100 < copy_.height * kSidePercentMin ||
           Area(region) * 100 <
               int64_t{copy_.width} * copy_.height * kAreaPercentMin;
  }

  int64_t BusyPercent(const Region& region) const {
    const int right = std::min(region.x + region.width, busy_.cols - 1);
    const int bottom = region.y + region.height;
    const int64_t busy =
        busy_.at<int>(bottom, right) - busy_.at<int>(region.y, right) -
        busy_.at<int>(bottom, region.x) + busy_.at<int>(region.y, region.x);
    return busy * 100 / Area(region);
  }

  const ReducedLuma& copy_;
  Direction across_;  // vertical lines, by x
  Direction down_;    // horizontal lines, by y
  cv::Mat busy_;      // integral: busy pixels above and to the left
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<Region> FindFrames(const ReducedLuma& copy, const Region& within,
                               size_t count_max) {
  std::vector<Region> frames;
  if (std::min(copy.width, copy.height) < 2 * kSidePixelsMin) return frames;
  const Region whole{0, 0, copy.width, copy.height};
  for (const Candidate& candidate : FrameFinder(copy).Candidates()) {
    if (frames.size() == count_max) break;
    const Region& region = candidate.region;
    if (IsSame(region, whole) || IsSame(region, within)) continue;
    const bool is_new = std::ranges::none_of(
        frames, [&](const Region& other) { return IsSame(region, other); });
    if (is_new) frames.push_back(region);
  }
  return frames;
}

}  // namespace kenal::decode
