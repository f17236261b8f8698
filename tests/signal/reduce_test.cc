// The reduced copy against its definition in plain loops, on every
// instruction set.
#include "src/signal/reduce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "src/signal/pdq.h"
#include "src/signal/simd.h"
#include "tests/support/support.h"

namespace kenal::signal {
namespace {

using Random = std::mt19937_64;

int Uniform(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

enum class Texture { kNoise, kWhite, kBlack, kEdges };

// Rows of grey or RGB, mixed as the reducer allows.
struct MixedRows {
  struct Row {
    bool is_rgb = false;
    // No byte behind the last sample, so that a sanitizer sees a read there.
    std::unique_ptr<uint8_t[]> samples;
  };
  int width = 0;
  std::vector<Row> rows;
};

MixedRows MakeRows(Random& random, int width, int height, Texture texture) {
  MixedRows out{.width = width};
  for (int y = 0; y < height; ++y) {
    MixedRows::Row row{.is_rgb = Uniform(random, 0, 1) == 1};
    const size_t count = static_cast<size_t>(width) * (row.is_rgb ? 3 : 1);
    row.samples = std::make_unique_for_overwrite<uint8_t[]>(count);
    for (size_t i = 0; i < count; ++i) {
      const auto noise = static_cast<uint8_t>(random());
      row.samples[i] = texture == Texture::kNoise   ? noise
                       : texture == Texture::kWhite ? 255
                       : texture == Texture::kBlack ? 0
                                                    : noise % 2 * 255;
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

ReducedLuma Reduce(const MixedRows& picture, int pixels_max) {
  LumaReducer reducer(picture.width, static_cast<int>(picture.rows.size()),
                      pixels_max);
  for (const MixedRows::Row& row : picture.rows) {
    if (row.is_rgb) {
      reducer.AddRgbRow(row.samples.get());
    } else {
      reducer.AddGreyRow(row.samples.get());
    }
  }
  return reducer.Finish();
}

int64_t LumaAt(const MixedRows& picture, int x, int y) {
  const MixedRows::Row& row = picture.rows[static_cast<size_t>(y)];
  if (!row.is_rgb) return row.samples[static_cast<size_t>(x)];
  const uint8_t* rgb = row.samples.get() + 3 * static_cast<size_t>(x);
  return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) / 256;
}

// What reduce.h says, word by word.
ReducedLuma ReducePlainly(const MixedRows& picture, int pixels_max) {
  const int height = static_cast<int>(picture.rows.size());
  ReducedLuma out;
  for (out.factor = 1;; ++out.factor) {
    out.width = picture.width / out.factor;
    out.height = height / out.factor;
    if (int64_t{out.width} * out.height <= pixels_max) break;
  }
  const int64_t box = int64_t{out.factor} * out.factor;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int64_t sum = 0;
      for (int i = 0; i < out.factor; ++i) {
        for (int j = 0; j < out.factor; ++j) {
          sum += LumaAt(picture, x * out.factor + i, y * out.factor + j);
        }
      }
      out.pixels.push_back(static_cast<uint8_t>((2 * sum + box) / (2 * box)));
    }
  }
  return out;
}

class LumaReducerTest : public ::testing::TestWithParam<std::string> {
 protected:
  LumaReducerTest() { UseSimdTargetForTest(GetParam()); }
  ~LumaReducerTest() override { UseSimdTargetForTest(""); }

  void ExpectAsDefined(int width, int height, int pixels_max, Texture texture) {
    SCOPED_TRACE(::testing::Message()
                 << width << " x " << height << ", at most " << pixels_max);
    const MixedRows picture = MakeRows(random_, width, height, texture);
    const ReducedLuma got = Reduce(picture, pixels_max);
    const ReducedLuma want = ReducePlainly(picture, pixels_max);
    ASSERT_EQ(got.factor, want.factor);
    ASSERT_EQ(got.width, want.width);
    ASSERT_EQ(got.height, want.height);
    ASSERT_TRUE(got.pixels == want.pixels);
    ASSERT_GE(std::min(got.width, got.height), 1);
  }

  const uint64_t seed_ = kenal::testing::TestSeed();
  Random random_{seed_};
};

constexpr int kLeast = 65'536;  // the smallest copy that may be asked for

TEST_P(LumaReducerTest, FollowsItsDefinitionForRandomSizes) {
  for (int round = 0; round < 60; ++round) {
    const int width = Uniform(random_, 1, 1200);
    const int height = Uniform(random_, 1, 900);
    const int pixels_max = Uniform(random_, kLeast, 300'000);
    ExpectAsDefined(width, height, pixels_max,
                    static_cast<Texture>(Uniform(random_, 0, 3)));
  }
}

// Every rest of a row that fills no vector.
TEST_P(LumaReducerTest, FollowsItsDefinitionForEveryNarrowWidth) {
  for (int width = 1; width <= 140; ++width) {
    ExpectAsDefined(width, 3, kLeast, Texture::kNoise);
  }
}

TEST_P(LumaReducerTest, FollowsItsDefinitionForThePictureOfOnePixel) {
  ExpectAsDefined(1, 1, kLeast, Texture::kNoise);
}

TEST_P(LumaReducerTest, FollowsItsDefinitionForTheLongestSides) {
  ExpectAsDefined(kSidePixelsMax, 1, kLeast, Texture::kNoise);
  ExpectAsDefined(1, kSidePixelsMax, kLeast, Texture::kNoise);
  ExpectAsDefined(kSidePixelsMax, 3, kLeast, Texture::kEdges);
  ExpectAsDefined(3, kSidePixelsMax, kLeast, Texture::kEdges);
  ExpectAsDefined(kSidePixelsMax, 300, kLeast, Texture::kWhite);
  ExpectAsDefined(301, kSidePixelsMax, 262'144, Texture::kNoise);
}

// The largest sums of a box that tall boxes allow.
TEST_P(LumaReducerTest, WhiteStaysWhiteAndBlackBlack) {
  for (const Texture texture : {Texture::kWhite, Texture::kBlack}) {
    for (const int height : {500, 2000, 4001}) {
      ExpectAsDefined(5000, height, kLeast, texture);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Simd, LumaReducerTest,
                         ::testing::ValuesIn(SimdTargets()),
                         [](const auto& test) { return test.param; });

// The largest picture: boxes of 128 x 128, whose sums are the largest. One
// row again and again, so a box is the mean of 128 of its columns.
TEST(LumaReducer, BoxesOfTheLargestPictureAreExact) {
  Random random(kenal::testing::TestSeed());
  std::vector<uint8_t> row(kSidePixelsMax);
  for (uint8_t& sample : row) {
    sample = static_cast<uint8_t>(255 - random() % 3);
  }
  LumaReducer reducer(kSidePixelsMax, kSidePixelsMax, kLeast);
  for (int y = 0; y < kSidePixelsMax; ++y) reducer.AddGreyRow(row.data());
  const ReducedLuma copy = reducer.Finish();
  ASSERT_EQ(copy.factor, 128);
  ASSERT_EQ(copy.width, 256);
  ASSERT_EQ(copy.pixels.size(), 65'536u);
  for (int y = 0; y < copy.height; ++y) {
    for (int x = 0; x < copy.width; ++x) {
      int sum = 0;
      for (int i = 0; i < 128; ++i)
        sum += row[static_cast<size_t>(128 * x + i)];
      ASSERT_EQ(copy.Row(y)[x], (2 * sum + 128) / 256) << x << ' ' << y;
    }
  }
}

}  // namespace
}  // namespace kenal::signal
