// The averages of PDQ's filter against division, over every mantissa.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

#include "src/signal/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/signal/average_test.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "src/signal/average-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kenal::signal::HWY_NAMESPACE {
namespace {

// How many of the floats [first, last) times `sign` have an average other than
// the machine's own quotient.
template <class Average>
uint64_t Wrong(Average average, int count, float first, float last,
               float sign) {
  const Vec divisor = hn::Set(kFloats, static_cast<float>(count));
  const Vec signs = hn::Set(kFloats, sign);
  const auto begin = std::bit_cast<uint32_t>(first);
  const auto end = std::bit_cast<uint32_t>(last);
  uint64_t wrong = 0;
  for (uint32_t bits = begin; bits < end; bits += kLanes) {
    const IntVec some = hn::Iota(kInts, static_cast<int32_t>(bits));
    const Wide<1> sum{hn::Mul(hn::BitCast(kFloats, some), signs), {}};
    const Vec got = average(sum).first;
    const Vec want = hn::Div(sum.first, divisor);
    const auto same = hn::Eq(hn::BitCast(kInts, got), hn::BitCast(kInts, want));
    wrong += kLanes - hn::CountTrue(kInts, same);
  }
  return wrong;
}

uint64_t WrongAverages(int count, float first, float last, float sign) {
  if (std::has_single_bit(static_cast<unsigned>(count))) {
    return Wrong(PowerOfTwoAverage(count), count, first, last, sign);
  }
  return Wrong(AnyAverage(count), count, first, last, sign);
}

}  // namespace
}  // namespace kenal::signal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kenal::signal {
namespace {

HWY_EXPORT(WrongAverages);

constexpr int kCountMax = 256;  // the window of the longest side

class AverageTest : public ::testing::TestWithParam<std::string> {
 protected:
  AverageTest() { UseSimdTargetForTest(GetParam()); }
  ~AverageTest() override { UseSimdTargetForTest(""); }
};

// A count times a power of two and a sum times a power of two divide alike,
// so odd counts and one binade stand for all of them.
TEST_P(AverageTest, EqualsDivisionForEveryMantissaAndOddCount) {
  // Where there is nothing but division to compare with division, a few do.
  const int step = GetParam().starts_with("AVX") ? 2 : 50;
  for (int count = 3; count < kCountMax; count += step) {
    ASSERT_EQ(HWY_DYNAMIC_DISPATCH(WrongAverages)(count, 1, 2, 1), 0u) << count;
  }
}

TEST_P(AverageTest, EqualsDivisionForEveryCountAndBothSigns) {
  for (int count = 1; count <= kCountMax; ++count) {
    for (const float sign : {1.0f, -1.0f}) {
      ASSERT_EQ(HWY_DYNAMIC_DISPATCH(WrongAverages)(count, 200, 201, sign), 0u)
          << count;
    }
  }
}

// Rounding leaves sums as small as this behind where a picture turns black.
TEST_P(AverageTest, EqualsDivisionForTheSmallestSums) {
  for (int count = 1; count <= kCountMax; ++count) {
    ASSERT_EQ(
        HWY_DYNAMIC_DISPATCH(WrongAverages)(count, 0x1p-100f, 0x1.01p-100f, -1),
        0u)
        << count;
  }
}

INSTANTIATE_TEST_SUITE_P(Simd, AverageTest, ::testing::ValuesIn(SimdTargets()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace kenal::signal
#endif  // HWY_ONCE
