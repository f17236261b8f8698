// Views of made-up pictures, one line each, for another process to compare:
//
//   print_views [SIMD TARGET]
//
//   NUMBER VIEW QUALITY TEMPLATE-LIKE REGION HASH VARIANTS... MARR
//
// The first line says whether OpenCV may use AVX2 here.
#include <cstdio>
#include <string>
#include <vector>

#include <opencv2/core/utility.hpp>

#include "src/decode/codecs.h"
#include "src/signal/simd.h"
#include "tests/decode/drawings.h"

namespace kenal::decode {
namespace {

constexpr DecodeWork kAll{.views = *ViewSet::FromBits((1u << kViewCount) - 1),
                          .second_opinion = true};

std::vector<Picture> Pictures() {
  Region where;
  std::vector<Picture> pictures = {Noise(333, 222, 1), Drawing(500, 400, 2),
                                   Gradient(700, 500, true)};
  for (uint32_t seed = 3; seed < 5; ++seed) {
    const int width = 301 + 157 * static_cast<int>(seed);
    const Picture photo = Clouds(width, width * 2 / 3 + 1, seed);
    pictures.push_back(photo);
    pictures.push_back(Screenshot(photo, seed, &where));
    pictures.push_back(Tilted(photo, 1.5 * seed - 8, kBlack));
    pictures.push_back(Bordered(photo, {30, 50, 0, 70}, kWhite));
  }
  return pictures;
}

void Print(size_t number, const PdqView& view) {
  const Region region = view.region.value_or(Region{});
  std::printf("%zu %d %d %d %d,%d,%d,%d %s", number,
              static_cast<int>(view.view), *view.quality, *view.template_like,
              region.x, region.y, region.width, region.height,
              view.hash.ToHex().c_str());
  for (const PdqHash& hash : *view.dihedral) {
    std::printf(" %s", hash.ToHex().c_str());
  }
  std::printf(" %s\n", view.marr->ToHex().c_str());
}

}  // namespace
}  // namespace kenal::decode

int main(int argc, char** argv) {
  using namespace kenal::decode;
  if (argc > 1) kenal::signal::UseSimdTargetForTest(argv[1]);
  cv::setNumThreads(1);
  std::printf("%d\n", cv::checkHardwareSupport(CV_CPU_AVX2));
  const std::vector<Picture> pictures = Pictures();
  for (size_t i = 0; i < pictures.size(); ++i) {
    for (const kenal::PdqView& view :
         DecodeBytes(EncodePnm(pictures[i]), kAll).views) {
      Print(i, view);
    }
  }
  return 0;
}
