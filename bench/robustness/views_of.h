// The project's own view of a picture: what decoding it would give.
#ifndef KENAL_BENCH_ROBUSTNESS_VIEWS_OF_H_
#define KENAL_BENCH_ROBUSTNESS_VIEWS_OF_H_

#include <opencv2/core.hpp>
#include <vector>

#include "bench/robustness/copy.h"
#include "kenal/signal.h"
#include "src/decode/decoder_pool.h"

namespace kenal::robustness {

// Of BGR pixels in memory. Thread-safe.
std::vector<PdqView> ViewsOf(const cv::Mat& picture,
                             const decode::DecodeWork& work);

// Encoded copies go through the project's codecs, others straight in.
std::vector<PdqView> ViewsOf(const Copy& copy, const decode::DecodeWork& work);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_VIEWS_OF_H_
