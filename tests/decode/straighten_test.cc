// Outlines that are no picture's edges: whatever a stranger draws, a quad that
// crosses itself or has lines in one point is left alone.
#include "src/decode/straighten.h"

#include <gtest/gtest.h>

#include <random>

#include "src/decode/parts.h"
#include "tests/support/support.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

ReducedLuma Ground(int width, int height, uint8_t tone) {
  ReducedLuma copy{.width = width, .height = height, .factor = 1};
  copy.pixels.assign(
      static_cast<size_t>(width) * static_cast<size_t>(height), tone);
  return copy;
}

void Draw(ReducedLuma& copy, int x, int y) {
  if (x < 0 || y < 0 || x >= copy.width || y >= copy.height) return;
  copy.pixels[static_cast<size_t>(y) * static_cast<size_t>(copy.width) +
              static_cast<size_t>(x)] = 0;
}

void ExpectSound(const ReducedLuma& copy,
                 const std::optional<Straightened>& s) {
  if (!s) return;
  EXPECT_GE(std::min(s->luma.width, s->luma.height), kPartSideMin);
  EXPECT_EQ(s->luma.pixels.size(), static_cast<size_t>(s->luma.width) *
                                       static_cast<size_t>(s->luma.height));
  EXPECT_GE(std::min(s->bounds.x, s->bounds.y), 0);
  EXPECT_GT(std::min(s->bounds.width, s->bounds.height), 0);
  EXPECT_LE(s->bounds.x + s->bounds.width, copy.width);
  EXPECT_LE(s->bounds.y + s->bounds.height, copy.height);
}

// Top, bottom and right sides that meet in one point.
TEST(Straighten, LeavesSidesThatMeetInOnePoint) {
  constexpr int kHeight = 160;
  constexpr int kMeet = 311;
  ReducedLuma copy = Ground(390, kHeight, 255);
  for (int x = 4; x < kMeet - 6; ++x) {
    const int depth = 1 + (x + 3) / 4 + ((x / 3) & 1);
    for (int i = 0; i < 3; ++i) {
      Draw(copy, x, depth + i);
      Draw(copy, x, kHeight - 1 - depth - i);
    }
  }
  for (int y = 6; y < kHeight - 6; ++y) Draw(copy, 4, y);
  for (int y = 46; y < 80; ++y) Draw(copy, kMeet - (y & 1), y);
  EXPECT_FALSE(Straighten(copy));
}

TEST(Straighten, AnyOutlineGivesAPictureOrNone) {
  std::mt19937_64 random(testing::TestSeed());
  int straightened = 0;
  for (int round = 0; round < 1000; ++round) {
    const auto below = [&](int limit) {
      return static_cast<int>(random() % static_cast<uint64_t>(limit));
    };
    ReducedLuma copy = Ground(64 + below(160), 64 + below(160), 200);
    // A line near each side, of any slope, from one end to the other.
    const int across = copy.width;
    const int down = copy.height;
    const int top = below(down / 4);
    const int bottom = below(down / 4);
    const int left = below(across / 4);
    const int right = below(across / 4);
    const int slopes[] = {below(61) - 30, below(61) - 30, below(61) - 30,
                          below(61) - 30};
    for (int x = 0; x < across; ++x) {
      for (int i = 0; i < 2; ++i) {
        Draw(copy, x, 1 + top + x * slopes[0] / 100 + i);
        Draw(copy, x, down - 2 - bottom - x * slopes[1] / 100 - i);
      }
    }
    for (int y = 0; y < down; ++y) {
      for (int i = 0; i < 2; ++i) {
        Draw(copy, 1 + left + y * slopes[2] / 100 + i, y);
        Draw(copy, across - 2 - right - y * slopes[3] / 100 - i, y);
      }
    }
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 4; ++x) {
        for (int corner = 0; corner < 4; ++corner) {
          const int cx = (corner & 1) != 0 ? across - 1 - x : x;
          const int cy = (corner & 2) != 0 ? down - 1 - y : y;
          copy.pixels[static_cast<size_t>(cy) * static_cast<size_t>(across) +
                      static_cast<size_t>(cx)] = 200;
        }
      }
    }
    const std::optional<Straightened> result = Straighten(copy);
    straightened += result.has_value();
    ExpectSound(copy, result);
  }
  EXPECT_GT(straightened, 10);
}

}  // namespace
}  // namespace kenal::decode
