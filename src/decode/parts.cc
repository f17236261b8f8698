#include "src/decode/parts.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "src/base/check.h"
#include "src/decode/rectangles.h"
#include "src/decode/straighten.h"
#include "src/signal/pdq.h"

namespace kenal::decode {
namespace {

using signal::ReducedLuma;

constexpr std::array kFrameViews = {View::kFrame, View::kFrame2, View::kFrame3,
                                    View::kFrame4};

struct CentralCrop {
  View view;
  int percent;
};
constexpr CentralCrop kCentralCrops[] = {{View::kCentral95, 95},
                                         {View::kCentral90, 90},
                                         {View::kCentral80, 80}};

struct AspectCrop {
  View view;
  int64_t across;
  int64_t down;
};
constexpr AspectCrop kAspectCrops[] = {{View::kAspect1x1, 1, 1},
                                       {View::kAspect4x5, 4, 5},
                                       {View::kAspect9x16, 9, 16},
                                       {View::kAspect16x9, 16, 9}};

// An aspect crop that takes off less, in percent of a side, is the picture.
constexpr int64_t kCutPercentMin = 2;

Region Whole(const ReducedLuma& luma) {
  return {0, 0, luma.width, luma.height};
}

ReducedLuma Cut(const ReducedLuma& from, const Region& region) {
  ReducedLuma out{.width = region.width,
                  .height = region.height,
                  .factor = from.factor};
  for (int y = region.y; y < region.y + region.height; ++y) {
    const uint8_t* row = from.Row(y) + region.x;
    out.pixels.insert(out.pixels.end(), row, row + region.width);
  }
  return out;
}

Region Central(const ReducedLuma& luma, int percent) {
  const int width = (luma.width * percent + 50) / 100;
  const int height = (luma.height * percent + 50) / 100;
  return {(luma.width - width) / 2, (luma.height - height) / 2, width, height};
}

std::optional<Region> OfAspect(const ReducedLuma& luma,
                               const AspectCrop& crop) {
  int64_t width = luma.width;
  int64_t height = luma.height;
  if (width * crop.down > height * crop.across) {
    width = (height * crop.across + crop.down / 2) / crop.down;
  } else {
    height = (width * crop.down + crop.across / 2) / crop.across;
  }
  if ((luma.width - width) * 100 < luma.width * kCutPercentMin &&
      (luma.height - height) * 100 < luma.height * kCutPercentMin) {
    return std::nullopt;
  }
  return Region{static_cast<int32_t>((luma.width - width) / 2),
                static_cast<int32_t>((luma.height - height) / 2),
                static_cast<int32_t>(width), static_cast<int32_t>(height)};
}

signal::PdqResult HashOf(const ReducedLuma& luma) {
  signal::PdqStream stream(luma.width, luma.height);
  for (int y = 0; y < luma.height; ++y) stream.AddGreyRow(luma.Row(y));
  return stream.Finish();
}

// The plain hash of each variant's own pixels. Transposing costs a hash
// nothing, so four passes make eight.
std::array<PdqHash, kVariantCount> TurnedHashes(const ReducedLuma& luma) {
  struct Pass {
    int orientation;  // EXIF: as is, mirrored either way, and both
    Variant plain;
    Variant transposed;
  };
  constexpr Pass kPasses[] = {
      {1, Variant::kOrig, Variant::kFlipPlus1},
      {2, Variant::kFlipY, Variant::kRot90},
      {4, Variant::kFlipX, Variant::kRot270},
      {3, Variant::kRot180, Variant::kFlipMinus1}};
  std::array<PdqHash, kVariantCount> hashes;
  for (const Pass& pass : kPasses) {
    const signal::PdqResult result =
        HashOf(TurnUpright(luma, pass.orientation));
    hashes[static_cast<size_t>(pass.plain)] = result.hash;
    hashes[static_cast<size_t>(pass.transposed)] =
        result.dihedral[static_cast<size_t>(Variant::kFlipPlus1)];
  }
  return hashes;
}

class PartHasher {
 public:
  PartHasher(const ReducedLuma& upright, int width, int height,
             const DecodeWork& work)
      : upright_(upright), width_(width), height_(height), work_(work) {}

  void Add(View view, const Region& region) {
    if (!work_.views.Contains(view)) return;
    Hash(view, Cut(upright_, region), region);
  }

  void Hash(View view, const ReducedLuma& luma, const Region& region) {
    if (std::min(luma.width, luma.height) < kPartSideMin) return;
    const signal::PdqResult result = HashOf(luma);
    PdqView out{.view = view,
                .profile = PdqProfile::kReduced,
                .hash = result.hash,
                .quality = result.quality,
                .dihedral = view == View::kTurned ? TurnedHashes(luma)
                                                  : result.dihedral,
                .template_like = IsTemplateLike(luma),
                .region = InPicture(region)};
    if (work_.second_opinion) out.marr = MarrOf(luma);
    views_.push_back(std::move(out));
  }

  std::vector<PdqView> Take() { return std::move(views_); }

 private:
  // What touches the copy's end touches the picture's, whose last pixels may
  // fill no box.
  Region InPicture(const Region& region) const {
    const int factor = upright_.factor;
    Region out{region.x * factor, region.y * factor, region.width * factor,
               region.height * factor};
    if (region.x + region.width == upright_.width) out.width = width_ - out.x;
    if (region.y + region.height == upright_.height) {
      out.height = height_ - out.y;
    }
    return out;
  }

  const ReducedLuma& upright_;
  int width_;
  int height_;
  const DecodeWork& work_;
  std::vector<PdqView> views_;
};

size_t FramesWanted(ViewSet views) {
  size_t count = 0;
  for (size_t i = 0; i < kFrameViews.size(); ++i) {
    if (views.Contains(kFrameViews[i])) count = i + 1;
  }
  return count;
}

}  // namespace

ReducedLuma TurnUpright(ReducedLuma copy, int orientation) {
  KENAL_CHECK(orientation >= 1 && orientation <= 8);
  if (orientation == 1) return copy;
  const bool swaps_sides = orientation >= 5;
  ReducedLuma out{.width = swaps_sides ? copy.height : copy.width,
                  .height = swaps_sides ? copy.width : copy.height,
                  .factor = copy.factor};
  // Where the stored column and row of an upright pixel are counted from.
  const bool x_from_end = orientation == 2 || orientation == 3 ||
                          orientation == 7 || orientation == 8;
  const bool y_from_end = orientation == 3 || orientation == 4 ||
                          orientation == 6 || orientation == 7;
  out.pixels.reserve(copy.pixels.size());
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int along = swaps_sides ? y : x;
      const int down = swaps_sides ? x : y;
      const int from_x = x_from_end ? copy.width - 1 - along : along;
      const int from_y = y_from_end ? copy.height - 1 - down : down;
      out.pixels.push_back(copy.Row(from_y)[from_x]);
    }
  }
  return out;
}

std::vector<PdqView> HashParts(const ReducedLuma& upright, int width,
                               int height, const DecodeWork& work) {
  if (work.views == ViewSet{}) return {};
  if (std::min(upright.width, upright.height) < kPartSideMin) return {};
  PartHasher hasher(upright, width, height, work);
  const Region whole = Whole(upright);
  const Region trimmed = TrimBorders(upright, whole);
  if (trimmed != whole) hasher.Add(View::kTrimmed, trimmed);
  if (const size_t wanted = FramesWanted(work.views); wanted > 0) {
    const std::vector<Region> frames = FindFrames(upright, trimmed, wanted);
    for (size_t i = 0; i < frames.size(); ++i) {
      hasher.Add(kFrameViews[i], frames[i]);
    }
  }
  if (work.views.Contains(View::kStraightened)) {
    if (const auto straight = Straighten(upright)) {
      hasher.Hash(View::kStraightened, straight->luma, straight->bounds);
    }
  }
  for (const CentralCrop& crop : kCentralCrops) {
    hasher.Add(crop.view, Central(upright, crop.percent));
  }
  for (const AspectCrop& crop : kAspectCrops) {
    if (auto region = OfAspect(upright, crop)) hasher.Add(crop.view, *region);
  }
  if (upright.factor == 1) hasher.Add(View::kTurned, whole);
  return hasher.Take();
}

}  // namespace kenal::decode
