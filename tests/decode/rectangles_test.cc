// What is found in pictures of which one knows what is in them: borders,
// frames, tilted prints, flat drawings; and that odd pictures harm nothing.
#include "src/decode/rectangles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>
#include <vector>

#include "src/decode/codecs.h"
#include "src/decode/parts.h"
#include "src/decode/straighten.h"
#include "tests/decode/drawings.h"
#include "tests/decode/pictures.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

constexpr DecodeWork kAll{.views = *ViewSet::FromBits((1u << kViewCount) - 1),
                          .second_opinion = true};
constexpr View kFrames[] = {View::kFrame, View::kFrame2, View::kFrame3,
                            View::kFrame4};

std::vector<PdqView> ViewsOf(const Picture& picture,
                             const DecodeWork& work = kAll) {
  const Outcome outcome = DecodeBytes(EncodePnm(picture), work);
  EXPECT_EQ(outcome.reason, Reason::kNone);
  return outcome.views;
}

std::optional<PdqView> Find(const std::vector<PdqView>& views, View name) {
  const auto at = std::ranges::find(views, name, &PdqView::view);
  if (at == views.end()) return std::nullopt;
  return *at;
}

// Sides of `a` and `b` at most so far apart.
bool IsNear(const Region& a, const Region& b, double across, double down) {
  return std::abs(a.x - b.x) <= across &&
         std::abs(a.x + a.width - b.x - b.width) <= across &&
         std::abs(a.y - b.y) <= down &&
         std::abs(a.y + a.height - b.y - b.height) <= down;
}

void ExpectTrimmed(const Picture& photo, const Margins& margins,
                   Colour colour) {
  SCOPED_TRACE(testing::Message()
               << margins.left << ' ' << margins.top << ' ' << margins.right
               << ' ' << margins.bottom << ", tone " << int{colour[0]});
  const Picture picture = Bordered(photo, margins, colour);
  const auto trimmed = Find(ViewsOf(picture), View::kTrimmed);
  ASSERT_TRUE(trimmed);
  const Region whole{margins.left, margins.top, photo.width, photo.height};
  const int unit = CopyOf(picture).factor;
  EXPECT_TRUE(IsNear(*trimmed->region, whole, 2 * unit, 2 * unit))
      << trimmed->region->x << ' ' << trimmed->region->y << ' '
      << trimmed->region->width << ' ' << trimmed->region->height;
  EXPECT_LE(HammingDistance(trimmed->hash, PdqOf(photo).hash), 31);
}

TEST(Trimming, TakesOffBordersOfEveryColourAndWidth) {
  for (uint32_t seed = 1; seed <= 2; ++seed) {
    const int scale = seed == 1 ? 1 : 3;  // One is larger than its copy.
    const Picture photo = Clouds(400 * scale, 300 * scale, seed);
    for (const Colour colour :
         {kWhite, kBlack, kGrey, Colour{200, 30, 60}, Colour{240, 230, 20}}) {
      for (const Margins& margins :
           {Margins{20, 20, 20, 20}, Margins{0, 60, 0, 60},
            Margins{100, 0, 0, 0}, Margins{0, 0, 0, 33}, Margins{0, 50, 9, 0},
            Margins{140, 90, 40, 120}}) {
        ExpectTrimmed(photo,
                      {margins.left * scale, margins.top * scale,
                       margins.right * scale, margins.bottom * scale},
                      colour);
      }
    }
  }
}

TEST(Trimming, SurvivesJpeg) {
  const Picture photo = Clouds(500, 380, 3);
  const Margins margins{40, 25, 10, 60};
  for (const Colour colour : {kWhite, kBlack, Colour{30, 160, 90}}) {
    const Picture picture = Bordered(photo, margins, colour);
    const auto trimmed =
        Find(DecodeBytes(EncodeJpeg(picture, {.quality = 70}), kAll).views,
             View::kTrimmed);
    ASSERT_TRUE(trimmed);
    EXPECT_TRUE(IsNear(*trimmed->region, {40, 25, 500, 380}, 3, 3));
    EXPECT_LE(HammingDistance(trimmed->hash, PdqOf(photo).hash), 31);
  }
}

TEST(Trimming, LeavesAPictureWithoutBorderAlone) {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    const Picture picture =
        Clouds(300 + 90 * static_cast<int>(seed), 350, seed);
    EXPECT_FALSE(Find(ViewsOf(picture), View::kTrimmed)) << seed;
  }
  EXPECT_FALSE(Find(ViewsOf(Noise(300, 200, 1)), View::kTrimmed));
}

ReducedLuma MirrorOf(const ReducedLuma& copy) {
  ReducedLuma out = copy;
  for (int y = 0; y < copy.height; ++y) {
    std::reverse(out.pixels.begin() + static_cast<long>(y) * copy.width,
                 out.pixels.begin() + static_cast<long>(y + 1) * copy.width);
  }
  return out;
}

TEST(Trimming, OfAMirroredPictureIsMirrored) {
  std::mt19937 random(4);
  const auto below = [&random](int limit) {
    return static_cast<int>(random() % static_cast<uint32_t>(limit));
  };
  for (uint32_t round = 0; round < 40; ++round) {
    Picture picture = Bordered(
        Clouds(50 + below(200), 50 + below(200), round),
        {below(60), below(60), below(60), below(60)},
        {static_cast<uint8_t>(random()), static_cast<uint8_t>(random()),
         static_cast<uint8_t>(random())});
    // Dust, which may or may not stop the trimming.
    for (int i = below(30); i > 0; --i) {
      *picture.at(below(picture.width), below(picture.height)) ^= 0xFF;
    }
    const ReducedLuma copy = CopyOf(picture);
    const Region whole{0, 0, copy.width, copy.height};
    Region expected = TrimBorders(copy, whole);
    expected.x = copy.width - expected.x - expected.width;
    EXPECT_EQ(TrimBorders(MirrorOf(copy), whole), expected) << round;
  }
}

// One of the frames is `where`, each side within 1.5 % of its length.
void ExpectFramed(const Picture& picture, const Region& where) {
  bool is_found = false;
  std::string found;
  for (const PdqView& view : ViewsOf(picture)) {
    if (std::ranges::find(kFrames, view.view) == std::end(kFrames)) continue;
    const Region& region = *view.region;
    is_found = is_found ||
               IsNear(region, where, 0.015 * where.width, 0.015 * where.height);
    found += std::to_string(region.x) + ',' + std::to_string(region.y) + ' ' +
             std::to_string(region.width) + 'x' +
             std::to_string(region.height) + "; ";
  }
  EXPECT_TRUE(is_found) << "not at " << where.x << ',' << where.y << ' '
                        << where.width << 'x' << where.height << ": " << found;
}

TEST(Frames, HoldThePictureOfAScreenshot) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Region where;
    const int width = 300 + 130 * static_cast<int>(seed);
    const Picture picture =
        Screenshot(Clouds(width, width * 3 / 4, seed), seed, &where);
    ExpectFramed(picture, where);
  }
}

// White or black bands with words on one or both ends.
TEST(Frames, HoldThePictureOfAMemeStrip) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    const Picture photo = Clouds(560, 420, seed);
    const int below = seed % 2 == 0 ? 110 : 0;
    Picture picture = Bordered(photo, {0, 120, 0, below}, kWhite);
    WriteText(picture, {20, 20, 520, 90}, seed);
    if (below > 0) WriteText(picture, {20, 560, 520, 70}, seed + 9);
    ExpectFramed(picture, {0, 120, 560, 420});
  }
}

// Side by side or one above the other, with and without a line between.
TEST(Frames, HoldBothPicturesOfACollage) {
  for (const int gutter : {0, 12, 30}) {
    for (const bool is_across : {true, false}) {
      SCOPED_TRACE(testing::Message() << gutter << ' ' << is_across);
      const int w = 420;
      const int h = 380;
      const int x = is_across ? w + gutter : 0;
      const int y = is_across ? 0 : h + gutter;
      Picture picture = Plain(x + w, y + h, kWhite);
      Paste(picture, Clouds(w, h, 20), 0, 0);
      Paste(picture, Clouds(w, h, 21), x, y);
      ExpectFramed(picture, {0, 0, w, h});
      ExpectFramed(picture, {x, y, w, h});
    }
  }
}

TEST(Frames, AreFewestFirstAndUnlikeEachOther) {
  Region where;
  const ReducedLuma copy = CopyOf(Screenshot(Clouds(500, 400, 5), 5, &where));
  const Region whole{0, 0, copy.width, copy.height};
  const std::vector<Region> all = FindFrames(copy, whole, 4);
  ASSERT_FALSE(all.empty());
  for (size_t count = 0; count < all.size(); ++count) {
    const std::vector<Region> some = FindFrames(copy, whole, count);
    EXPECT_TRUE(std::ranges::equal(
        some,
        std::vector(all.begin(), all.begin() + static_cast<long>(count))));
  }
  for (const Region& region : all) {
    EXPECT_EQ(std::ranges::count(all, region), 1);
    EXPECT_NE(region, whole);
  }
}

TEST(Frames, AndTiltsAreNotSeenWhereThereAreNone) {
  const std::pair<const char*, Picture> plain[] = {
      {"across", Gradient(600, 400, true)}, {"down", Gradient(600, 400, false)},
      {"noise", Noise(600, 400, 1)},        {"white", Plain(600, 400, kWhite)},
      {"black", Plain(600, 400, kBlack)},   {"grey", Plain(700, 700, kGrey)}};
  for (const auto& [name, picture] : plain) {
    SCOPED_TRACE(name);
    for (const PdqView& view : ViewsOf(picture)) {
      EXPECT_EQ(std::ranges::find(kFrames, view.view), std::end(kFrames));
      EXPECT_NE(view.view, View::kStraightened);
    }
  }
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    EXPECT_FALSE(Straighten(CopyOf(Clouds(500, 400, seed))));
    EXPECT_FALSE(Straighten(
        CopyOf(Bordered(Clouds(500, 400, seed), {30, 30, 30, 30}, kBlack))));
  }
}

TEST(Straightening, SetsATiltedPictureUpright) {
  const Picture photo = Clouds(640, 460, 30);
  const PdqHash expected = PdqOf(photo).hash;
  for (const Colour ground : {kBlack, kWhite, Colour{90, 90, 90}}) {
    for (const double degrees : {-11.0, -5.0, -2.0, 1.5, 4.0, 8.0, 12.0}) {
      SCOPED_TRACE(testing::Message() << degrees << " on " << int{ground[0]});
      const Picture picture = Tilted(photo, degrees, ground);
      const auto upright = Find(ViewsOf(picture), View::kStraightened);
      ASSERT_TRUE(upright);
      EXPECT_LE(HammingDistance(upright->hash, expected), 31);
      // Around the whole of it.
      EXPECT_GE(upright->region->width, picture.width * 9 / 10);
      EXPECT_GE(upright->region->height, picture.height * 9 / 10);
    }
  }
}

// Wedges, whose sides meet at a corner of the picture or beyond, have no four
// corners to set upright.
TEST(Straightening, OfWedgesNeverLeavesThePicture) {
  std::mt19937 random(5);
  for (int round = 0; round < 400; ++round) {
    const int width = 64 + static_cast<int>(random() % 500);
    const int height = 64 + static_cast<int>(random() % 200);
    double offset[4];
    double slope[4];
    for (int i = 0; i < 4; ++i) {
      offset[i] = static_cast<double>(random() % 40) - 10;
      slope[i] = (static_cast<double>(random() % 217) - 108) / 400;
    }
    ReducedLuma copy{.width = width, .height = height};
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool is_inside = y > offset[0] + slope[0] * x &&
                               height - y > offset[1] + slope[1] * x &&
                               x > offset[2] + slope[2] * y &&
                               width - x > offset[3] + slope[3] * y;
        copy.pixels.push_back(is_inside ? 255 : 0);
      }
    }
    const auto upright = Straighten(copy);
    if (!upright) continue;
    const Region& bounds = upright->bounds;
    EXPECT_GE(std::min(bounds.x, bounds.y), 0);
    EXPECT_GT(std::min(bounds.width, bounds.height), 0);
    EXPECT_LE(bounds.x + bounds.width, width);
    EXPECT_LE(bounds.y + bounds.height, height);
    EXPECT_GE(std::min(upright->luma.width, upright->luma.height), 1);
  }
}

TEST(TemplateLike, AreFlatDrawingsAndNotPhotographs) {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    EXPECT_TRUE(IsTemplateLike(CopyOf(Drawing(640, 480, seed)))) << seed;
    EXPECT_FALSE(IsTemplateLike(CopyOf(Clouds(640, 480, seed)))) << seed;
    EXPECT_FALSE(IsTemplateLike(CopyOf(Noise(640, 480, seed)))) << seed;
  }
  EXPECT_TRUE(IsTemplateLike(CopyOf(Plain(300, 300, kGrey))));
  EXPECT_FALSE(IsTemplateLike(CopyOf(Checkerboard(300, 300))));
}

// Every view with and without a second opinion; sanitizers see the rest.
TEST(OddPictures, HaveViewsWithinThemAndHarmNothing) {
  using Make = Picture (*)(int, int);
  const Make kinds[] = {[](int w, int h) { return Plain(w, h, kBlack); },
                        [](int w, int h) { return Noise(w, h, 3); },
                        [](int w, int h) { return Gradient(w, h, true); },
                        Checkerboard,
                        Stripes,
                        [](int w, int h) {
                          Picture picture = Plain(w, h, kWhite);
                          Fill(picture, {w / 4, h / 4, w / 2, h / 2}, kBlack);
                          return picture;
                        }};
  const std::pair<int, int> sizes[] = {
      {1, 1},   {2, 2},     {5, 5},      {39, 39},  {40, 40},    {41, 3000},
      {80, 80}, {3000, 41}, {32'768, 4}, {4, 9000}, {1, 32'768}, {32'768, 1},
      {64, 64}, {4096, 64}, {400, 300},  {900, 700}};
  for (const auto& [width, height] : sizes) {
    SCOPED_TRACE(testing::Message() << width << " x " << height);
    for (const Make make : kinds) {
      const Picture picture = make(width, height);
      const std::vector<PdqView> views = ViewsOf(picture);
      const std::vector<PdqView> once =
          ViewsOf(picture, {.views = kAll.views, .second_opinion = false});
      ASSERT_EQ(views.size(), once.size());
      for (size_t i = 0; i < views.size(); ++i) {
        PdqView without = views[i];
        ASSERT_TRUE(without.marr);
        without.marr.reset();
        EXPECT_EQ(without, once[i]);
        if (!without.region) continue;
        const Region& region = *without.region;
        EXPECT_GE(std::min(region.x, region.y), 0);
        EXPECT_LE(region.x + region.width, width);
        EXPECT_LE(region.y + region.height, height);
        EXPECT_GE(std::min(region.width, region.height), kPartSideMin);
      }
      if (std::min(width, height) < kPartSideMin) {
        EXPECT_EQ(views.size(), 1u);
      }
    }
  }
}

}  // namespace
}  // namespace kenal::decode
