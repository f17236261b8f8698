#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/img_hash.hpp>

#include "src/base/check.h"
#include "src/decode/parts.h"

namespace kenal::decode {

MarrHash MarrOf(const signal::ReducedLuma& luma) {
  const cv::Mat picture(luma.height, luma.width, CV_8U,
                        const_cast<uint8_t*>(luma.pixels.data()));
  cv::Mat hash;
  cv::img_hash::MarrHildrethHash::create()->compute(picture, hash);
  KENAL_CHECK(hash.total() * hash.elemSize() == MarrHash::kSizeBytes &&
              hash.isContinuous());
  MarrHash out;
  std::memcpy(out.bytes.data(), hash.data, MarrHash::kSizeBytes);
  return out;
}

}  // namespace kenal::decode
