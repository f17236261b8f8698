#include <algorithm>
#include <array>
#include <cstdlib>

#include "src/decode/rectangles.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

// A line belongs to a border when it is within kTolerance of the border's
// tone but for a few pixels: dust, a small logo, ringing of JPEG.
constexpr int kTolerance = 14;
constexpr int kOddPercentMax = 2;

// What is left of an axis is at least this much of it; less and the picture
// is mostly ground.
constexpr int kLeftPercentMin = 25;

// Borders inside borders that are taken off.
constexpr int kRoundsMax = 1;

// One side of a region, as lines from the outside in.
struct Side {
  const uint8_t* first = nullptr;
  ptrdiff_t to_next_line = 0;
  ptrdiff_t to_next_pixel = 0;
  int line_count = 0;
  int pixel_count = 0;
};

int MedianOf(const Side& side, const uint8_t* line) {
  std::array<int, 256> counts{};
  for (int i = 0; i < side.pixel_count; ++i) {
    ++counts[line[i * side.to_next_pixel]];
  }
  int before = 0;
  int tone = 0;
  while ((before += counts[static_cast<size_t>(tone)]) * 2 < side.pixel_count) {
    ++tone;
  }
  return tone;
}

bool IsOfTone(const Side& side, const uint8_t* line, int tone) {
  int odd = side.pixel_count * kOddPercentMax / 100;
  for (int i = 0; i < side.pixel_count; ++i) {
    if (std::abs(line[i * side.to_next_pixel] - tone) > kTolerance &&
        --odd < 0) {
      return false;
    }
  }
  return true;
}

int UniformLines(const Side& side) {
  const int tone = MedianOf(side, side.first);
  const int most = side.line_count * (100 - kLeftPercentMin) / 100;
  int lines = 0;
  const uint8_t* line = side.first;
  while (lines < most && IsOfTone(side, line, tone)) {
    ++lines;
    line += side.to_next_line;
  }
  return lines;
}

// One round: each side by itself.
Region TrimOnce(const ReducedLuma& copy, const Region& from) {
  const ptrdiff_t pitch = copy.width;
  const uint8_t* top_left = copy.Row(from.y) + from.x;
  const uint8_t* bottom_left = copy.Row(from.y + from.height - 1) + from.x;
  const uint8_t* top_right = top_left + from.width - 1;
  const int top =
      UniformLines({top_left, pitch, 1, from.height, from.width});
  const int bottom =
      UniformLines({bottom_left, -pitch, 1, from.height, from.width});
  if (top + bottom >= from.height) return from;
  const int height = from.height - top - bottom;
  const int left = UniformLines(
      {top_left + top * pitch, 1, pitch, from.width, height});
  const int right = UniformLines(
      {top_right + top * pitch, -1, pitch, from.width, height});
  if (left + right >= from.width) return from;
  return {from.x + left, from.y + top, from.width - left - right, height};
}

}  // namespace

Region TrimBorders(const ReducedLuma& copy, const Region& within) {
  Region region = within;
  for (int round = 0; round < kRoundsMax; ++round) {
    const Region next = TrimOnce(copy, region);
    const bool is_too_small =
        next.width * 100 < within.width * kLeftPercentMin ||
        next.height * 100 < within.height * kLeftPercentMin;
    if (is_too_small || next == region) break;
    region = next;
  }
  return region;
}

}  // namespace kenal::decode
