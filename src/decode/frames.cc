#include <algorithm>
#include <array>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "src/decode/rectangles.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

// A step in tone smaller than this between two pairs of pixels is no edge.

constexpr int kStepMin = 8;

// An edge is the largest step within so many pixels to both sides.
constexpr int kRidgeReach = 4;

// Lines of each direction that rectangles are made of, beside the border.
constexpr size_t kLinesMax = 14;

// What is asked of a side and of each of its ends, per mille: the share of
// edge pixels, and kTexture times the share in the lines beside, since edges
// hide in texture.
constexpr int kAsked = 550;
constexpr int kScoreMin = 0;
constexpr int kPivot = 750;
constexpr int kCornerAsked = 400;
constexpr int kTexture10 = 13;
constexpr int kTextureMax = 300;
constexpr int kCornerPercent = 12;

// Lines beside: so many, from this distance, half of them on each side.
constexpr int kAroundFirst = 5;
constexpr int kAroundLines = 12;

constexpr int kSideMinPercent = 22;  // of the copy's side
constexpr int kAreaMinPercent = 12;
constexpr int kSideMin = 40;  // pixels of the copy

constexpr int kEdgeCounts = 5;
constexpr int kGapCosts = 3;

// A dense run of edge pixels is at least this long, percent of the axis.
constexpr int kRunMinPercent = 8;

// Frames whose sides are this near each other, per mille of their length, are
// one: a hash tolerates about 20.
constexpr int kSamePerMille = 15;

// Edge pixels of one direction. Element (line, at): the line between pixels
// line and line + 1 has an edge at `at`, itself or in a neighbour line.
struct LineEdges {
  std::vector<int> edges;   // edge pixels of the line in [0, at)
  std::vector<int> around;  // and of kAroundLines lines beside it
};

// Steps across vertical lines when `luma` is as seen, across horizontal ones
// when it is transposed. Row y, column x of the result: the step between
// columns x and x + 1 is an edge.
cv::Mat RidgesOf(const cv::Mat& luma) {
  const cv::Mat kernel = (cv::Mat_<float>(1, 4) << -1, -1, 1, 1);
  cv::Mat steps;
  cv::filter2D(luma, steps, CV_16S, kernel, cv::Point(1, 0), 0,
               cv::BORDER_REPLICATE);
  steps = cv::abs(steps);
  cv::Mat largest;
  cv::dilate(steps, largest,
             cv::getStructuringElement(cv::MORPH_RECT,
                                       cv::Size(2 * kRidgeReach + 1, 1)));
  cv::Mat is_ridge = steps >= largest;
  cv::Mat is_step = steps >= kStepMin;
  is_ridge &= is_step;
  return is_ridge;
}

struct Line {
  int at = 0;     // between pixels at - 1 and at
  int score = 0;  // edge pixels of its densest run, less the gaps
};

// The densest run along one line, in edge pixels less what gaps cost.
int DensestRun(const uint8_t* edges, int length) {
  int best = 0;
  int run = 0;
  for (int i = 0; i < length; ++i) {
    run = std::max(0, run + (edges[i] != 0 ? kEdgeCounts : -kGapCosts));
    best = std::max(best, run);
  }
  return best / kEdgeCounts;
}

struct Direction {
  std::vector<Line> lines;  // by position, with the borders of the copy
  std::vector<LineEdges> edges;  // one for each of `lines`
};

LineEdges EdgesOf(const cv::Mat& ridges, const cv::Mat& wide, int at) {
  LineEdges out;
  if (at == 0 || at == ridges.rows) return out;
  const int line = at - 1;
  out.edges.assign(1, 0);
  out.around.assign(1, 0);
  for (int i = 0; i < ridges.cols; ++i) {
    out.edges.push_back(out.edges.back() + (wide.at<uint8_t>(line, i) != 0));
    int around = 0;
    for (int away = kAroundFirst; away < kAroundFirst + kAroundLines / 2; ++away) {
      if (line - away >= 0) around += ridges.at<uint8_t>(line - away, i) != 0;
      if (line + away < ridges.rows) around += ridges.at<uint8_t>(line + away, i) != 0;
    }
    out.around.push_back(out.around.back() + around);
  }
  return out;
}

// ridges: one row a candidate line.
Direction LinesOf(const cv::Mat& ridges) {
  const int count = ridges.rows;
  const int length = ridges.cols;
  // An edge between two lines shows in either.
  cv::Mat wide;
  cv::dilate(ridges, wide,
             cv::getStructuringElement(cv::MORPH_RECT, cv::Size(1, 2)),
             cv::Point(0, 0));
  std::vector<Line> found;
  const int run_min = length * kRunMinPercent / 100;
  for (int i = 2; i + 3 < count; ++i) {
    const int score = DensestRun(wide.ptr(i), length);
    if (score >= run_min) found.push_back({i + 1, score * 2 + std::max(DensestRun(ridges.ptr(i), length), DensestRun(ridges.ptr(i+1), length))});
  }
  std::ranges::stable_sort(found, std::greater(), &Line::score);
  Direction out;
  for (const Line& line : found) {
    const bool is_new = std::ranges::none_of(out.lines, [&](const Line& other) {
      return std::abs(other.at - line.at) <= kRidgeReach;
    });
    if (is_new) out.lines.push_back(line);
    if (out.lines.size() == kLinesMax) break;
  }
  out.lines.push_back({0, 0});
  out.lines.push_back({count, 0});
  std::ranges::sort(out.lines, {}, &Line::at);
  for (const Line& line : out.lines) out.edges.push_back(EdgesOf(ridges, wide, line.at));
  return out;
}

struct Candidate {
  Region region;
  int64_t score = 0;
};

// How well the sides of a rectangle are edges, as far as they are not the
// border. Texture hides edges, so what is asked for falls with the share of
// edge pixels in the lines beside.
struct Support {
  int64_t score = 0;
  int sides = 0;
  bool is_good = true;

  static int64_t ValueOf(const LineEdges& edges, int begin, int end) {
    const size_t first = static_cast<size_t>(begin);
    const size_t last = static_cast<size_t>(end);
    const int64_t length = end - begin;
    const int64_t share = 1000 * (edges.edges[last] - edges.edges[first]) / length;
    int64_t around = 2000 * (edges.around[last] - edges.around[first]) / (length * kAroundLines);
    around = std::min<int64_t>(around, kTextureMax);
    return share + around * kTexture10 / 10;
  }

  void Add(const Direction& direction, size_t line, int begin, int end) {
    if (line == 0 || line + 1 == direction.lines.size()) return;
    const LineEdges& edges = direction.edges[line];
    const int length = end - begin;
    const int corner = std::max(6, length * kCornerPercent / 100);
    const int64_t value = ValueOf(edges, begin, end);
    is_good = is_good && value >= kAsked &&
              ValueOf(edges, begin, begin + corner) >= kCornerAsked &&
              ValueOf(edges, end - corner, end) >= kCornerAsked;
    score += (value - kPivot) * length;
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
  explicit FrameFinder(const ReducedLuma& copy)
      : copy_(copy),
        luma_(copy.height, copy.width, CV_8U,
              const_cast<uint8_t*>(copy.pixels.data())) {
    cv::Mat turned;
    cv::transpose(luma_, turned);
    cv::Mat vertical;
    cv::Mat ridges = RidgesOf(luma_);
    cv::transpose(ridges, vertical);  // One row a column of the copy.
    across_ = LinesOf(vertical);
    ridges = RidgesOf(turned);
    cv::transpose(ridges, vertical);
    down_ = LinesOf(vertical);
    cv::Mat horizontal_steps;
    cv::absdiff(luma_(cv::Rect(1, 0, copy.width - 1, copy.height)),
                luma_(cv::Rect(0, 0, copy.width - 1, copy.height)),
                horizontal_steps);
    horizontal_steps = horizontal_steps > 2;
    cv::integral(horizontal_steps / 255, busy_, CV_32S);
  }

  std::vector<Candidate> Candidates() {
    std::vector<Candidate> out;
    for (size_t left = 0; left + 1 < across_.lines.size(); ++left) {
      for (size_t right = left + 1; right < across_.lines.size(); ++right) {
        AddBetween(left, right, out);
      }
    }
    std::ranges::stable_sort(out, std::greater(), &Candidate::score);
    return out;
  }

 private:
  void AddBetween(size_t left, size_t right, std::vector<Candidate>& out) {
    const int x = across_.lines[left].at;
    const int width = across_.lines[right].at - x;
    if (width < kSideMin || width * 100 < copy_.width * kSideMinPercent) return;
    for (size_t top = 0; top + 1 < down_.lines.size(); ++top) {
      for (size_t bottom = top + 1; bottom < down_.lines.size(); ++bottom) {
        const int y = down_.lines[top].at;
        const int height = down_.lines[bottom].at - y;
        if (height < kSideMin ||
            height * 100 < copy_.height * kSideMinPercent) {
          continue;
        }
        const Region region{x, y, width, height};
        if (Area(region) * 100 <
            int64_t{copy_.width} * copy_.height * kAreaMinPercent) {
          continue;
        }
        Support support;
        support.Add(across_, left, y, y + height);
        support.Add(across_, right, y, y + height);
        support.Add(down_, top, x, x + width);
        support.Add(down_, bottom, x, x + width);
        if (support.sides == 0 || !support.is_good) continue;
        const int64_t busy = BusyPercent(region);
        if (busy < 1) continue;
        // The parts of the sides beyond half of them, and a busy inside.
        const int64_t score = support.score;
        if (score * 100 < int64_t{kScoreMin} * 1000 * (copy_.width + copy_.height)) continue;
        out.push_back({region, score});
      }
    }
  }

  int64_t BusyPercent(const Region& region) const {
    const int x1 = std::min(region.x + region.width, copy_.width - 1);
    const int y1 = region.y + region.height;
    const int64_t busy =
        busy_.at<int>(y1, x1) - busy_.at<int>(region.y, x1) -
        busy_.at<int>(y1, region.x) + busy_.at<int>(region.y, region.x);
    return busy * 100 / Area(region);
  }

  const ReducedLuma& copy_;
  cv::Mat luma_;
  Direction across_;  // vertical lines, by x
  Direction down_;    // horizontal lines, by y
  cv::Mat busy_;
};

}  // namespace

std::vector<Region> FindFrames(const ReducedLuma& copy, const Region& within,
                               size_t count_max) {
  std::vector<Region> frames;
  if (copy.width < 2 * kSideMin || copy.height < 2 * kSideMin) return frames;
  const Region whole{0, 0, copy.width, copy.height};
  for (const Candidate& candidate : FrameFinder(copy).Candidates()) {
    if (frames.size() == count_max) break;
    const Region region = candidate.region;
    if (region.width < kSideMin || region.height < kSideMin) continue;
    if (IsSame(region, whole) || IsSame(region, within)) continue;
    const bool is_new = std::ranges::none_of(
        frames, [&](const Region& other) { return IsSame(region, other); });
    if (is_new) frames.push_back(region);
  }
  return frames;
}

}  // namespace kenal::decode
