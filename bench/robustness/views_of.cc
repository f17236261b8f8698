#include "bench/robustness/views_of.h"

#include <opencv2/imgproc.hpp>

#include "src/base/check.h"
#include "src/decode/codecs.h"
#include "src/decode/views.h"

namespace kenal::robustness {

std::vector<PdqView> ViewsOf(const cv::Mat& picture,
                             const decode::DecodeWork& work) {
  KENAL_CHECK(picture.type() == CV_8UC3);
  cv::Mat rgb;
  cv::cvtColor(picture, rgb, cv::COLOR_BGR2RGB);
  decode::ViewHasher hasher({.width = rgb.cols, .height = rgb.rows}, work,
                            /*turned_bytes_max=*/0);
  for (int y = 0; y < rgb.rows; ++y) hasher.AddRow(rgb.ptr(y));
  return hasher.Finish();
}

std::vector<PdqView> ViewsOf(const Copy& copy, const decode::DecodeWork& work) {
  if (copy.encoded.empty()) return ViewsOf(copy.pixels, work);
  decode::Outcome outcome = decode::DecodeBytes(copy.encoded, work);
  KENAL_CHECK(outcome.reason == decode::Reason::kNone);
  return std::move(outcome.views);
}

}  // namespace kenal::robustness
