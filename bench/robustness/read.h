// Files to pixels: the formats that the project's decoder reads. Unsandboxed,
// so for one's own pictures only.
#ifndef KENAL_BENCH_ROBUSTNESS_READ_H_
#define KENAL_BENCH_ROBUSTNESS_READ_H_

#include <opencv2/core.hpp>
#include <string>

#include "kenal/status.h"

namespace kenal::robustness {

// The picture, or the first frame, upright, as BGR; reduced by area average
// when a side is longer.
// Errors: kNotFound         it is no picture at all, by its content
//         kInvalidArgument  a picture that cannot be read
//         kUnavailable      the file cannot be read
StatusOr<cv::Mat> ReadPicture(const std::string& path, int side_pixels_max);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_READ_H_
