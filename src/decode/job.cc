#include "src/decode/job.h"

#include <algorithm>
#include <limits>

#include "src/decode/limits.h"

namespace kenal::decode {

bool Job::Fail(Reason reason, uint64_t a, uint64_t b) {
  outcome_.reason = reason;
  outcome_.a = a;
  outcome_.b = b;
  outcome_.views.clear();
  return false;
}

bool Job::Admit(uint64_t width, uint64_t height, uint64_t need_bytes) {
  if (width == 0 || height == 0) return Fail(Reason::kDamagedHeader);
  constexpr uint64_t kSideShown = std::numeric_limits<int32_t>::max();
  outcome_.width = static_cast<int32_t>(std::min(width, kSideShown));
  outcome_.height = static_cast<int32_t>(std::min(height, kSideShown));
  if (width > kSideMax || height > kSideMax) {
    return Fail(Reason::kSideTooLong, 0, kSideMax);
  }
  if (width * height > kStreamedPixelsMax) {
    return Fail(Reason::kTooManyPixels, 0, kStreamedPixelsMax);
  }
  uint64_t need = need_bytes + HashBytes(width, height);
  uint64_t beside_input = kWorkerBytesMax - kProgramBytes - kWorkerSlackBytes;
  beside_input -= std::min<uint64_t>(beside_input, bytes_.size());
  uint64_t allowed = std::min(kDecodeBytesMax, beside_input);
  if (need > allowed) return Fail(Reason::kNeedsTooMuchMemory, need, allowed);
  spare_bytes_ = allowed - need;
  return true;
}

}  // namespace kenal::decode
