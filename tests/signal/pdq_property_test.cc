// Every vector kernel against the plain twin, bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "src/signal/pdq_plain.h"
#include "src/signal/simd.h"
#include "tests/support/support.h"

namespace kenal::signal {
namespace {

using ::kenal::testing::TestSeed;
using Random = std::mt19937_64;

int Uniform(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

// A picture whose rows are of mixed kinds, and the luma that they mean.
class MixedPicture {
 public:
  MixedPicture(int width, int height, Random& random)
      : width_(width), height_(height) {
    // Noise, gradients and flat areas have different rounding to get wrong.
    const int texture = Uniform(random, 0, 2);
    const int flat = Uniform(random, 0, 255);
    for (int y = 0; y < height; ++y) {
      const auto kind = static_cast<Kind>(Uniform(random, 0, 2));
      const int channels = kind == Kind::kRgb ? 3 : 1;
      Row row{kind, {}, {}};
      for (int x = 0; x < channels * width; ++x) {
        const int sample = texture == 0   ? Uniform(random, 0, 255)
                           : texture == 1 ? (x * 3 + y * 2) % 256
                                          : flat;
        row.bytes.push_back(static_cast<uint8_t>(sample));
      }
      row.luma = LumaOf(row, random);
      rows_.push_back(std::move(row));
    }
  }

  std::vector<float> Luma() const {
    std::vector<float> luma;
    for (const Row& row : rows_) {
      luma.insert(luma.end(), row.luma.begin(), row.luma.end());
    }
    return luma;
  }

  PdqResult Stream() const {
    PdqStream stream(width_, height_);
    for (const Row& row : rows_) {
      switch (row.kind) {
        case Kind::kGrey:
          stream.AddGreyRow(row.bytes.data());
          break;
        case Kind::kRgb:
          stream.AddRgbRow(row.bytes.data());
          break;
        case Kind::kLuma:
          stream.AddLumaRow(row.luma.data());
          break;
      }
    }
    return stream.Finish();
  }

  int width() const { return width_; }
  int height() const { return height_; }

 private:
  enum class Kind { kGrey, kRgb, kLuma };
  struct Row {
    Kind kind;
    std::vector<uint8_t> bytes;  // exactly as long as the row
    std::vector<float> luma;
  };

  static std::vector<float> LumaOf(const Row& row, Random& random) {
    std::vector<float> luma;
    const std::vector<uint8_t>& bytes = row.bytes;
    if (row.kind == Kind::kRgb) {
      for (size_t at = 0; at < bytes.size(); at += 3) {
        luma.push_back(PlainLuma(bytes[at], bytes[at + 1], bytes[at + 2]));
      }
      return luma;
    }
    luma.assign(bytes.begin(), bytes.end());
    if (row.kind == Kind::kLuma) {
      std::uniform_real_distribution<float> less(0.9f, 1.0f);
      for (float& value : luma) value *= less(random);
    }
    return luma;
  }

  int width_;
  int height_;
  std::vector<Row> rows_;
};

void ExpectSame(const PdqResult& got, const PdqResult& want) {
  EXPECT_EQ(got.quality, want.quality);
  // Equality only: a failure must not print hashes bit by bit for each variant.
  EXPECT_EQ(HammingDistance(got.hash, want.hash), 0);
  for (size_t v = 0; v < kVariantCount; ++v) {
    EXPECT_EQ(HammingDistance(got.dihedral[v], want.dihedral[v]), 0)
        << VariantName(static_cast<Variant>(v));
  }
}

class PdqProperty : public ::testing::TestWithParam<std::string> {
 protected:
  PdqProperty() : random_(TestSeed()) { UseSimdTargetForTest(GetParam()); }
  ~PdqProperty() override { UseSimdTargetForTest(""); }

  void ExpectTwins(int width, int height) {
    SCOPED_TRACE(std::to_string(width) + " x " + std::to_string(height));
    const MixedPicture picture(width, height, random_);
    ExpectSame(picture.Stream(), PlainPdq(picture.Luma(), width, height));
  }

  Random random_;
};

TEST_P(PdqProperty, AgreesWithThePlainTwinAtAnySize) {
  constexpr int kPictures = 60;
  for (int i = 0; i < kPictures && !HasFailure(); ++i) {
    const int width = Uniform(random_, 5, 700);
    ExpectTwins(width, Uniform(random_, 5, 700));
  }
}

// Around the sizes where windows grow, blocks fill and strips end.
TEST_P(PdqProperty, AgreesWithThePlainTwinAtTheEdgesOfBlocksAndWindows) {
  const std::vector<int> sides = {5,  6,   15,  16,  17,  63, 64,
                                  65, 127, 128, 129, 256, 257};
  for (const int width : sides) {
    for (const int height : sides) {
      ExpectTwins(width, height);
      if (HasFailure()) return;
    }
  }
}

TEST_P(PdqProperty, AgreesWithThePlainTwinOnTheLongestLines) {
  for (const auto& [width, height] :
       std::vector<std::pair<int, int>>{{kSidePixelsMax, 6},
                                        {6, kSidePixelsMax},
                                        {20'001, 5},
                                        {5, 20'001},
                                        {kSidePixelsMax, 1},
                                        {1, kSidePixelsMax},
                                        {3, 300},
                                        {300, 3}}) {
    ExpectTwins(width, height);
  }
}

// Windows on both sides of a power of two: some averages are multiplications.
TEST_P(PdqProperty, AgreesWithThePlainTwinAtWindowsOfEverySize) {
  for (const int side : {511, 512, 513, 1024, 1025, 1151, 2048}) {
    ExpectTwins(side, Uniform(random_, 5, 200));
    ExpectTwins(Uniform(random_, 5, 200), side);
  }
}

// Exactly this size skips the filter in the plain path only.
TEST_P(PdqProperty, HashesA64x64PictureBothWays) {
  for (int i = 0; i < 20; ++i) ExpectTwins(64, 64);
}

INSTANTIATE_TEST_SUITE_P(Simd, PdqProperty, ::testing::ValuesIn(SimdTargets()),
                         [](const auto& test) { return test.param; });

// All kernels that x86-64 machines with AVX2 must have; a build that lost one
// would pass every other test and be slow.
TEST(PdqSimd, HasTheFastKernelsOfThisMachine) {
  const std::vector<std::string> targets = SimdTargets();
  ASSERT_FALSE(targets.empty());
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    EXPECT_THAT(targets, ::testing::Contains("AVX2"));
  }
  if (__builtin_cpu_supports("avx512bw")) {
    EXPECT_THAT(targets, ::testing::Contains("AVX3"));
  }
#endif
}

// LumaFromRgb writes count values and not one more, whatever the count.
TEST(PdqLuma, IsThatOfThePlainTwinAndStaysWithinItsArray) {
  Random random(TestSeed());
  constexpr float kGuard = -1;
  for (const std::string& target : SimdTargets()) {
    SCOPED_TRACE(target);
    UseSimdTargetForTest(target);
    for (int count = 0; count < 200; ++count) {
      std::vector<uint8_t> rgb(static_cast<size_t>(3 * count));
      for (uint8_t& sample : rgb) {
        sample = static_cast<uint8_t>(Uniform(random, 0, 255));
      }
      std::vector<float> want;
      for (size_t at = 0; at < rgb.size(); at += 3) {
        want.push_back(PlainLuma(rgb[at], rgb[at + 1], rgb[at + 2]));
      }
      want.push_back(kGuard);
      std::vector<float> got(want.size(), kGuard);
      LumaFromRgb(rgb.data(), count, got.data());
      EXPECT_EQ(got, want);
    }
  }
  UseSimdTargetForTest("");
}

}  // namespace
}  // namespace kenal::signal
