// Altered copies, in this process, of drawn pictures.
#include "tools/kenal-calibrate/copies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <random>

#include "tools/kenal-calibrate/pixels.h"

namespace kenal::calibrate {
namespace {

using decode::Reason;

cv::Mat Drawn(int width, int height, uint64_t seed) {
  cv::RNG rng(seed);
  cv::Mat small(9, 9, CV_8UC3);
  rng.fill(small, cv::RNG::UNIFORM, 0, 255);
  cv::Mat picture;
  cv::resize(small, picture, {width, height}, 0, 0, cv::INTER_CUBIC);
  return picture;
}

const PdqView& Stored(const decode::Outcome& outcome) {
  return outcome.views.front();
}

Variant NearestVariant(const decode::Outcome& of, const decode::Outcome& to) {
  const auto& variants = *Stored(of).dihedral;
  const auto nearest =
      std::ranges::min_element(variants, {}, [&](const PdqHash& hash) {
        return HammingDistance(hash, Stored(to).hash);
      });
  return static_cast<Variant>(nearest - variants.begin());
}

TEST(CalibrateCopies, EveryAlterationIsMadeAndIsTheSameAgain) {
  const cv::Mat picture = Drawn(400, 300, 3);
  const decode::DecodeWork work{.views = QueryViews(Effort::kNormal)};
  for (uint32_t i = 0; i < cli::kAlterationCount; ++i) {
    SCOPED_TRACE(std::string(cli::kAlterations[i].name));
    const cv::Mat before = picture.clone();
    const auto first = HashCopy(picture, {.alteration = i, .seed = 5}, work);
    const auto again = HashCopy(picture, {.alteration = i, .seed = 5}, work);
    EXPECT_EQ(first.reason, Reason::kNone);
    ASSERT_FALSE(first.views.empty());
    EXPECT_EQ(first.views, again.views);
    EXPECT_EQ(cv::norm(before, picture, cv::NORM_INF), 0) << "was drawn upon";
  }
}

// Names and what is done lie in two tables; these would show a slip.
TEST(CalibrateCopies, NamesAreOfWhatIsDone) {
  const cv::Mat picture = Drawn(400, 300, 4);
  const auto copy = [&](std::string_view kind, std::string_view name) {
    const auto at = std::ranges::find_if(
        cli::kAlterations, [&](const cli::AlterationName& alteration) {
          return alteration.kind == kind && alteration.name == name;
        });
    EXPECT_NE(at, cli::kAlterations.end()) << name;
    return HashCopy(
        picture,
        {.alteration = static_cast<uint32_t>(at - cli::kAlterations.begin())},
        {});
  };
  const auto same = copy("recompress", "reduced, else unaltered");
  EXPECT_EQ(same.width, 400);
  EXPECT_EQ(copy("recompress", "webp q50").kind, decode::Kind::kWebp);
  EXPECT_EQ(copy("recompress", "jpeg q20").kind, decode::Kind::kJpeg);
  EXPECT_EQ(copy("resize", "to 25 %").width, 100);
  EXPECT_EQ(copy("resize", "width to 75 %").width, 300);
  EXPECT_EQ(copy("crop", "centre 10 %").width, 360);
  EXPECT_EQ(copy("border", "black 10 %").width, 480);
  EXPECT_EQ(copy("rotate", "quarter turn").width, 300);
  EXPECT_EQ(NearestVariant(same, copy("rotate", "half turn")),
            Variant::kRot180);
  EXPECT_EQ(NearestVariant(same, copy("mirror", "left to right")),
            Variant::kFlipY);
}

TEST(CalibratePixels, FilesComeBackAsTheyWereAndReduced) {
  const cv::Mat picture = Drawn(900, 600, 5);
  for (const auto& file : {ToJpeg(picture, 95), ToWebp(picture, 95)}) {
    cv::Mat whole;
    ASSERT_EQ(ReadPixels(file, 1000, whole), Reason::kNone);
    ASSERT_EQ(whole.size(), picture.size());
    EXPECT_LT(cv::norm(whole, picture, cv::NORM_L1) /
                  static_cast<double>(picture.total() * 3),
              4);
    cv::Mat small;
    ASSERT_EQ(ReadPixels(file, 300, small), Reason::kNone);
    EXPECT_EQ(small.size(), cv::Size(300, 200));
  }
  cv::Mat line;
  ASSERT_EQ(ReadPixels(ToJpeg(Drawn(2000, 1, 6), 90), 300, line),
            Reason::kNone);
  EXPECT_EQ(line.size(), cv::Size(300, 1));
}

// Cut off and flipped files end in a reason or in pixels of the right size.
TEST(CalibratePixels, DamagedFilesAreRefusedOrReadWithinTheirBounds) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const cv::Mat picture = Drawn(120, 90, 7);
  for (const auto& whole : {ToJpeg(picture, 80), ToWebp(picture, 80)}) {
    for (int i = 0; i < 400; ++i) {
      std::vector<uint8_t> file = whole;
      if (i % 2 == 0) file.resize(random() % file.size());
      for (int flips = 0; flips < 4 && !file.empty(); ++flips) {
        file[random() % file.size()] = static_cast<uint8_t>(random());
      }
      cv::Mat pixels;
      if (ReadPixels(file, 100, pixels) != Reason::kNone) {
        EXPECT_TRUE(pixels.empty());
      } else {
        EXPECT_LE(std::max(pixels.cols, pixels.rows), 100);
      }
    }
  }
}

TEST(CalibratePixels, WhatNoCopiesAreMadeOfIsSaid) {
  cv::Mat pixels;
  const std::string gif = "GIF89a\1\0\1\0";
  const std::vector<uint8_t> bytes(gif.begin(), gif.end());
  EXPECT_EQ(ReadPixels(bytes, 100, pixels), Reason::kFeatureNotDecoded);
  EXPECT_EQ(ReadPixels({}, 100, pixels), Reason::kFeatureNotDecoded);
}

}  // namespace
}  // namespace kenal::calibrate
