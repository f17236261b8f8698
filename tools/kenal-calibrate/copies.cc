#include "tools/kenal-calibrate/copies.h"

#include <functional>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "src/base/check.h"
#include "src/decode/codecs.h"
#include "src/decode/views.h"
#include "tools/kenal-calibrate/alter.h"
#include "tools/kenal-calibrate/pixels.h"

namespace kenal::calibrate {
namespace {

using namespace robustness;  // NOLINT: the altering itself

// Of copies that are made to be posted.
constexpr int kPostedQuality = 85;

enum class Format : uint8_t { kPixels, kJpeg, kWebp };

struct Alteration {
  std::function<cv::Mat(const cv::Mat&, cv::RNG&)> apply;
  Format format = Format::kPixels;
  int quality = 0;
};

cv::Mat Same(const cv::Mat& picture, cv::RNG&) { return picture; }

cv::Mat Turned(const cv::Mat& picture, cv::RotateFlags how) {
  cv::Mat copy;
  cv::rotate(picture, copy, how);
  return copy;
}

template <typename Alter>
Alteration Plain(const Alter& alter) {
  return {[alter](const cv::Mat& p, cv::RNG&) { return alter(p); }};
}

template <typename Alter>
Alteration Random(const Alter& alter) {
  return {alter};
}

Alteration Encoded(Format format, int quality, Alteration alteration = {Same}) {
  return {std::move(alteration.apply), format, quality};
}

Alteration Posted(Alteration alteration) {
  return Encoded(Format::kJpeg, kPostedQuality, std::move(alteration));
}

using M = const cv::Mat&;

// In the order of kAlterations.
std::vector<Alteration> Alterations() {
  return {
      {Same},
      Encoded(Format::kJpeg, 90),
      Encoded(Format::kJpeg, 50),
      Encoded(Format::kJpeg, 20),
      Encoded(Format::kWebp, 50),
      Plain([](M p) { return Resized(p, 50); }),
      Plain([](M p) { return Resized(p, 25); }),
      Plain([](M p) { return Squeezed(p, 75); }),
      Plain([](M p) { return CroppedCentre(p, 2); }),
      Plain([](M p) { return CroppedCentre(p, 5); }),
      Plain([](M p) { return CroppedCentre(p, 10); }),
      Random([](M p, cv::RNG& rng) { return CroppedOneSide(p, 5, rng); }),
      Posted(Plain([](M p) { return Bordered(p, 2, kBlack); })),
      Posted(Plain([](M p) { return Bordered(p, 10, kBlack); })),
      Posted(Plain([](M p) { return Bordered(p, 5, kWhite); })),
      Posted(Plain([](M p) { return Letterboxed(p, 9, 16, kBlack); })),
      Posted(Random(PhoneScreenshot)),
      Posted(
          Random([](M p, cv::RNG& rng) { return MemeStripped(p, 15, rng); })),
      Random(CaptionedSmall),
      Random(TextAcross),
      Random(Watermarked),
      Plain(Greyed),
      Plain([](M p) { return Brightened(p, 1.2); }),
      Plain([](M p) { return Contrasted(p, 1.5); }),
      Plain([](M p) { return GammaCorrected(p, 0.6); }),
      Plain(WarmFadedVignette),
      Random([](M p, cv::RNG& rng) { return TiltedCropped(p, 1, rng); }),
      Random([](M p, cv::RNG& rng) { return TiltedBlackCorners(p, 5, rng); }),
      Plain([](M p) { return Turned(p, cv::ROTATE_90_CLOCKWISE); }),
      Plain([](M p) { return Turned(p, cv::ROTATE_180); }),
      Plain(Mirrored),
      Encoded(Format::kJpeg, 50,
              Plain([](M p) { return CroppedCentre(Mirrored(p), 5); })),
  };
}

decode::Outcome HashPixels(const cv::Mat& pixels,
                           const decode::DecodeWork& work) {
  cv::Mat rgb;
  cv::cvtColor(pixels, rgb, cv::COLOR_BGR2RGB);
  decode::ViewHasher hasher({.width = rgb.cols, .height = rgb.rows}, work,
                            /*turned_bytes_max=*/0);
  for (int y = 0; y < rgb.rows; ++y) hasher.AddRow(rgb.ptr(y));
  decode::Outcome outcome;
  outcome.kind = decode::Kind::kPng;  // As good as any without loss.
  outcome.width = rgb.cols;
  outcome.height = rgb.rows;
  outcome.views = hasher.Finish();
  return outcome;
}

}  // namespace

decode::Outcome HashCopy(const cv::Mat& picture, const cli::CopyOrder& order,
                         const decode::DecodeWork& work) {
  static const std::vector<Alteration> alterations = Alterations();
  KENAL_CHECK(alterations.size() == cli::kAlterationCount);
  const Alteration& alteration = alterations.at(order.alteration);
  cv::RNG rng(order.seed);
  const cv::Mat copy = alteration.apply(picture, rng);
  if (alteration.format == Format::kPixels) return HashPixels(copy, work);
  const std::vector<uint8_t> encoded = alteration.format == Format::kJpeg
                                           ? ToJpeg(copy, alteration.quality)
                                           : ToWebp(copy, alteration.quality);
  return decode::DecodeBytes(encoded, work);
}

}  // namespace kenal::calibrate
