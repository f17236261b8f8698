// Pixels of a picture file, and files of pixels, for altered copies. Called
// only behind the lock (src/sandbox/lock.h).
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_PIXELS_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_PIXELS_H_

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "src/decode/outcome.h"

namespace kenal::calibrate {

// Reads a JPEG, PNG or WebP as it is stored (8 bits, BGR, transparency
// ignored), reduced by area average to at most `side_max` pixels a side.
// Memory is held against the limits of src/decode/limits.h before it is asked
// for. Not kNone: `pixels` is as it was.
decode::Reason ReadPixels(std::span<const uint8_t> bytes, int side_max,
                          cv::Mat& pixels);

// Of BGR pixels. Empty when the codec refuses.
std::vector<uint8_t> ToJpeg(const cv::Mat& pixels, int quality);
std::vector<uint8_t> ToWebp(const cv::Mat& pixels, int quality);

}  // namespace kenal::calibrate

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_PIXELS_H_
