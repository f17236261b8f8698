// An altered copy of a picture, encoded where the alteration encodes.
#ifndef KENAL_BENCH_ROBUSTNESS_COPY_H_
#define KENAL_BENCH_ROBUSTNESS_COPY_H_

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace kenal::robustness {

// At least one of the two is set; `encoded` is what a stranger would send.
struct Copy {
  cv::Mat pixels;                // BGR, 8 bits
  std::vector<uint8_t> encoded;  // a whole file; empty: never encoded
};

Copy AsIs(cv::Mat pixels);
Copy AsJpeg(const cv::Mat& pixels, int quality);
Copy AsWebp(const cv::Mat& pixels, int quality);
Copy AsPng(const cv::Mat& pixels);
// A palette of 256 colours by median cut, dithered as Floyd and Steinberg do.
// Sets both members.
Copy AsGif(const cv::Mat& pixels);

// Of the copy, decoded when need be. GIF copies keep their pixels, since
// OpenCV reads no GIF.
cv::Mat PixelsOf(const Copy& copy);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_COPY_H_
