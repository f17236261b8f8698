// Views that are parts of a picture, held against the pixels that they must
// have been made from.
#include "src/decode/parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <vector>

#include "src/decode/codecs.h"
#include "tests/decode/drawings.h"
#include "tests/decode/pictures.h"
#include "tests/decode/vectors.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

constexpr DecodeWork kAll{.views = *ViewSet::FromBits((1u << kViewCount) - 1),
                          .second_opinion = true};

std::vector<PdqView> ViewsOf(const FileBytes& file, const DecodeWork& work) {
  const Outcome outcome = DecodeBytes(file, work);
  EXPECT_EQ(outcome.reason, Reason::kNone);
  return outcome.views;
}

std::vector<PdqView> ViewsOf(const Picture& picture, const DecodeWork& work) {
  return ViewsOf(EncodePnm(picture), work);
}

const PdqView* Find(const std::vector<PdqView>& views, View name) {
  const auto at = std::ranges::find(views, name, &PdqView::view);
  return at == views.end() ? nullptr : &*at;
}

// A region of the picture back in pixels of the copy.
Region InCopy(const Region& region, const ReducedLuma& copy,
              const Picture& picture) {
  const auto side = [&](int at, int size, int copy_size, int picture_size) {
    return at + size == picture_size ? copy_size - at / copy.factor
                                     : size / copy.factor;
  };
  return {region.x / copy.factor, region.y / copy.factor,
          side(region.x, region.width, copy.width, picture.width),
          side(region.y, region.height, copy.height, picture.height)};
}

ReducedLuma Cut(const ReducedLuma& copy, const Region& region) {
  ReducedLuma out{.width = region.width, .height = region.height};
  for (int y = 0; y < region.height; ++y) {
    for (int x = 0; x < region.width; ++x) {
      out.pixels.push_back(copy.Row(region.y + y)[region.x + x]);
    }
  }
  return out;
}

signal::PdqResult PdqOfLuma(const ReducedLuma& luma) {
  signal::PdqStream stream(luma.width, luma.height);
  for (int y = 0; y < luma.height; ++y) stream.AddGreyRow(luma.Row(y));
  return stream.Finish();
}

// The plain hash of each variant's own pixels.
std::array<PdqHash, kVariantCount> TurnedPixelByPixel(const ReducedLuma& luma) {
  constexpr std::pair<Variant, int> kOrientations[] = {
      {Variant::kOrig, 1},      {Variant::kRot90, 8},     {Variant::kRot180, 3},
      {Variant::kRot270, 6},    {Variant::kFlipX, 4},     {Variant::kFlipY, 2},
      {Variant::kFlipPlus1, 5}, {Variant::kFlipMinus1, 7}};
  std::array<PdqHash, kVariantCount> out;
  for (const auto& [variant, orientation] : kOrientations) {
    out[static_cast<size_t>(variant)] =
        PdqOfLuma(TurnUpright(luma, orientation)).hash;
  }
  return out;
}

void ExpectPart(const PdqView& view, const ReducedLuma& pixels) {
  const signal::PdqResult expected = PdqOfLuma(pixels);
  EXPECT_EQ(view.hash, expected.hash);
  EXPECT_EQ(view.quality, expected.quality);
  EXPECT_EQ(view.dihedral, view.view == View::kTurned
                               ? TurnedPixelByPixel(pixels)
                               : expected.dihedral);
  EXPECT_EQ(view.template_like, IsTemplateLike(pixels));
  EXPECT_EQ(view.marr, MarrOf(pixels));
  EXPECT_GE(std::min(pixels.width, pixels.height), kPartSideMin);
}

// All views of an upright picture; says which there are.
std::vector<View> ExpectEveryPart(const Picture& picture) {
  SCOPED_TRACE(testing::Message() << picture.width << " x " << picture.height);
  const std::vector<PdqView> views = ViewsOf(picture, kAll);
  const ReducedLuma copy = CopyOf(picture);
  std::vector<View> names;
  for (const PdqView& view : views) {
    SCOPED_TRACE(ViewName(view.view));
    names.push_back(view.view);
    if (view.view == View::kStored) {
      EXPECT_EQ(view.hash, PdqOf(picture).hash);
      EXPECT_EQ(view.profile, PdqProfile::kNative);
      EXPECT_FALSE(view.region);
      EXPECT_EQ(view.marr, MarrOf(copy));
      EXPECT_EQ(view.template_like, IsTemplateLike(copy));
      continue;
    }
    EXPECT_EQ(view.profile, PdqProfile::kReduced);
    EXPECT_TRUE(view.region);
    if (!view.region) continue;
    const Region& region = *view.region;
    EXPECT_GE(std::min(region.x, region.y), 0);
    EXPECT_GT(std::min(region.width, region.height), 0);
    EXPECT_LE(region.x + region.width, picture.width);
    EXPECT_LE(region.y + region.height, picture.height);
    if (view.view == View::kStraightened) continue;  // Resampled.
    ExpectPart(view, Cut(copy, InCopy(region, copy, picture)));
  }
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  return names;
}

TEST(Parts, AreHashesOfTheSamePixelsOfAnIndependentCopy) {
  Region where;
  const Picture photo = Clouds(611, 407, 1);
  ExpectEveryPart(photo);
  ExpectEveryPart(Clouds(1999, 1201, 2));
  ExpectEveryPart(Screenshot(photo, 3, &where));
  ExpectEveryPart(Bordered(photo, {31, 77, 12, 5}, kWhite));
  ExpectEveryPart(Bordered(Clouds(1411, 905, 4), {301, 7, 12, 250}, kBlack));
  ExpectEveryPart(Tilted(photo, 5, kBlack));
  ExpectEveryPart(Drawing(640, 480, 5));
}

TEST(Parts, OfRandomSizesAreHashesOfTheSamePixels) {
  std::mt19937 random(7);
  for (uint32_t round = 0; round < 12; ++round) {
    const auto side = [&random] {
      return 60 + static_cast<int>(random() % 1200);
    };
    const Margins margins{static_cast<int>(random() % 90),
                          static_cast<int>(random() % 90), 0,
                          static_cast<int>(random() % 90)};
    ExpectEveryPart(Bordered(Clouds(side(), side(), round), margins, kGrey));
  }
}

TEST(Parts, ComeOnlyWhenAskedForAndAreThenTheSame) {
  Region where;
  const Picture picture = Bordered(Screenshot(Clouds(500, 400, 6), 6, &where),
                                   {40, 90, 40, 30}, kBlack);
  const std::vector<PdqView> all = ViewsOf(picture, kAll);
  ASSERT_GE(all.size(), 8u);
  for (int i = 0; i < kViewCount; ++i) {
    const View name{static_cast<uint8_t>(i)};
    const std::vector<PdqView> views =
        ViewsOf(picture, {.views = ViewSet{View::kTrimmed} | ViewSet{name}});
    for (const PdqView& view : views) {
      SCOPED_TRACE(ViewName(view.view));
      EXPECT_TRUE(view.view == View::kStored || view.view == View::kTrimmed ||
                  view.view == name);
      EXPECT_FALSE(view.marr);
      PdqView expected = *Find(all, view.view);
      expected.marr.reset();
      EXPECT_EQ(view, expected);
    }
    EXPECT_EQ(Find(views, name) != nullptr, Find(all, name) != nullptr)
        << ViewName(name);
  }
  EXPECT_EQ(ViewsOf(picture, {}).size(), 1u);
}

TEST(Parts, CentralAndAspectCropsAreOfTheirShapeAndInTheMiddle) {
  const std::pair<View, int> centrals[] = {
      {View::kCentral95, 95}, {View::kCentral90, 90}, {View::kCentral80, 80}};
  const std::pair<View, double> aspects[] = {{View::kAspect1x1, 1.0},
                                             {View::kAspect4x5, 4.0 / 5},
                                             {View::kAspect9x16, 9.0 / 16},
                                             {View::kAspect16x9, 16.0 / 9}};
  for (auto [width, height] : {std::pair{500, 500}, {1900, 700}, {480, 1500}}) {
    const Picture picture = Clouds(width, height, 8);
    const std::vector<PdqView> views = ViewsOf(picture, kAll);
    const int unit = CopyOf(picture).factor;
    const auto expect_middle = [&](const Region& region) {
      EXPECT_NEAR(2 * region.x + region.width, width, 3 * unit);
      EXPECT_NEAR(2 * region.y + region.height, height, 3 * unit);
    };
    for (const auto& [name, percent] : centrals) {
      const PdqView* view = Find(views, name);
      ASSERT_NE(view, nullptr);
      EXPECT_NEAR(view->region->width, width * percent / 100, unit + 1);
      EXPECT_NEAR(view->region->height, height * percent / 100, unit + 1);
      expect_middle(*view->region);
    }
    for (const auto& [name, aspect] : aspects) {
      const double own = static_cast<double>(width) / height;
      const PdqView* view = Find(views, name);
      ASSERT_EQ(view == nullptr, own == aspect) << ViewName(name);
      if (view == nullptr) continue;
      const Region& region = *view->region;
      EXPECT_NEAR(region.width, region.height * aspect, 3 * unit);
      // As large as it can be: all of one side.
      EXPECT_LE(std::min(width - region.width, height - region.height), unit);
      expect_middle(region);
    }
  }
}

TEST(Parts, TurningACopyIsTurningItsPicture) {
  for (auto [width, height] :
       {std::pair{1, 1}, {7, 1}, {1, 9}, {13, 5}, {64, 99}}) {
    const Picture picture = Noise(width, height, 9);
    const ReducedLuma copy = CopyOf(picture);
    for (int orientation = 1; orientation <= 8; ++orientation) {
      SCOPED_TRACE(orientation);
      const ReducedLuma got = TurnUpright(copy, orientation);
      const ReducedLuma want = CopyOf(Turned(picture, orientation));
      EXPECT_EQ(got.width, want.width);
      EXPECT_EQ(got.height, want.height);
      EXPECT_EQ(got.pixels, want.pixels);
    }
  }
}

// Everything but `stored` is of the upright picture.
void ExpectViewsOfTheUprightPicture(const std::vector<PdqView>& turned,
                                    const Picture& upright_picture,
                                    const Picture& stored_picture) {
  const std::vector<PdqView> upright = ViewsOf(upright_picture, kAll);
  EXPECT_EQ(turned.size(), upright.size() + 1);
  EXPECT_EQ(turned[0].hash, PdqOf(stored_picture).hash);
  EXPECT_EQ(turned[0].marr, MarrOf(CopyOf(stored_picture)));
  for (size_t i = 0; i < upright.size() && i + 1 < turned.size(); ++i) {
    PdqView expected = upright[i];
    if (i == 0) expected.view = View::kUpright;
    EXPECT_EQ(turned[i + 1], expected) << ViewName(expected.view);
  }
}

TEST(Parts, OfATurnedFileAreThoseOfTheUprightPicture) {
  Region where;
  // Smaller than the copy may be, and larger with sides that boxes fill.
  for (const Picture& picture :
       {Bordered(Clouds(301, 203, 10), {20, 30, 25, 0}, kBlack),
        Bordered(Clouds(880, 640, 11), {80, 40, 0, 20}, kWhite),
        Screenshot(Clouds(300, 260, 12), 12, &where)}) {
    for (int orientation = 2; orientation <= 8; ++orientation) {
      SCOPED_TRACE(orientation);
      const FileBytes file = EncodeJpeg(picture, {.orientation = orientation});
      const Picture stored = DecodeJpegPlainly(file);
      ExpectViewsOfTheUprightPicture(ViewsOf(file, kAll),
                                     Turned(stored, orientation), stored);
    }
  }
}

TEST(Parts, AreTheSameFromEveryLosslessFormat) {
  Region where;
  const Picture picture = Screenshot(Clouds(640, 500, 13), 13, &where);
  const std::vector<PdqView> expected = ViewsOf(picture, kAll);
  EXPECT_EQ(ViewsOf(EncodePng(picture, {}), kAll), expected);
  EXPECT_EQ(ViewsOf(EncodePng(picture, {.is_interlaced = true}), kAll),
            expected);
  EXPECT_EQ(ViewsOf(EncodeBmp(picture, false), kAll), expected);
  EXPECT_EQ(ViewsOf(EncodeBmp(picture, true), kAll), expected);
  EXPECT_EQ(ViewsOf(EncodeTiff(picture, 0, false, 1), kAll), expected);
  EXPECT_EQ(ViewsOf(EncodeTiff(picture, 48, true, 1), kAll), expected);
  EXPECT_EQ(ViewsOf(EncodeWebpLossless(picture), kAll), expected);
}

TEST(Parts, ComeThroughTheSandboxUnchanged) {
  Region where;
  const std::unique_ptr<DecoderPool> pool = StartPool(1);
  for (const Picture& picture :
       {Screenshot(Clouds(640, 500, 14), 14, &where),
        Tilted(Clouds(600, 400, 15), 4, kWhite),
        Bordered(Clouds(1200, 800, 16), {90, 0, 90, 0}, kBlack)}) {
    const FileBytes file = EncodeJpeg(picture, {.orientation = 6});
    for (const DecodeWork& work :
         {kAll, DecodeWork{}, DecodeWork{.second_opinion = true},
          DecodeWork{.views = QueryViews(Effort::kNormal)}}) {
      const Decoded decoded = pool->Decode(file, work);
      ASSERT_FALSE(decoded.failure) << decoded.failure->message;
      EXPECT_EQ(decoded.views, ViewsOf(file, work));
    }
  }
}

}  // namespace
}  // namespace kenal::decode
