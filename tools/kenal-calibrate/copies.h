// Altered copies of one picture, and what the decoder would see of them.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_COPIES_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_COPIES_H_

#include <opencv2/core.hpp>

#include "src/decode/outcome.h"
#include "tools/kenal/calibrate_order.h"

namespace kenal::calibrate {

// The views of one copy of BGR pixels. Copies that are encoded go through the
// decoder's own codecs, others straight into its hashes. The same pixels and
// order give the same views.
decode::Outcome HashCopy(const cv::Mat& picture, const cli::CopyOrder& order,
                         const decode::DecodeWork& work);

}  // namespace kenal::calibrate

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_COPIES_H_
