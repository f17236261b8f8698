#include "bench/robustness/views_of.h"

#include <opencv2/imgproc.hpp>

#include "src/base/check.h"
#include "src/signal/pdq.h"

namespace kenal::robustness {

std::vector<PdqView> ViewsOf(const cv::Mat& picture,
                             const decode::DecodeWork&) {
  KENAL_CHECK(picture.type() == CV_8UC3);
  cv::Mat rgb;
  cv::cvtColor(picture, rgb, cv::COLOR_BGR2RGB);
  signal::PdqStream stream(rgb.cols, rgb.rows);
  for (int y = 0; y < rgb.rows; ++y) stream.AddRgbRow(rgb.ptr(y));
  const signal::PdqResult result = stream.Finish();
  return {PdqView{.view = View::kStored,
                  .hash = result.hash,
                  .quality = result.quality,
                  .dihedral = result.dihedral}};
}

std::vector<PdqView> ViewsOf(const Copy& copy, const decode::DecodeWork& work) {
  return ViewsOf(PixelsOf(copy), work);
}

}  // namespace kenal::robustness
