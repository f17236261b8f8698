#include "bench/robustness/copy.h"

#include <opencv2/imgcodecs.hpp>
#include <string>

#include "src/base/check.h"

namespace kenal::robustness {
namespace {

Copy Encoded(const cv::Mat& pixels, const std::string& format,
             const std::vector<int>& options) {
  Copy copy;
  KENAL_CHECK(cv::imencode(format, pixels, copy.encoded, options));
  return copy;
}

}  // namespace

Copy AsIs(cv::Mat pixels) { return {.pixels = std::move(pixels)}; }

Copy AsJpeg(const cv::Mat& pixels, int quality) {
  return Encoded(pixels, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}

Copy AsWebp(const cv::Mat& pixels, int quality) {
  return Encoded(pixels, ".webp", {cv::IMWRITE_WEBP_QUALITY, quality});
}

Copy AsPng(const cv::Mat& pixels) {
  return Encoded(pixels, ".png", {cv::IMWRITE_PNG_COMPRESSION, 1});
}

cv::Mat PixelsOf(const Copy& copy) {
  if (!copy.pixels.empty()) return copy.pixels;
  return cv::imdecode(copy.encoded, cv::IMREAD_COLOR);
}

}  // namespace kenal::robustness
