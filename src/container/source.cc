#include "src/container/source.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace kenal::container {
namespace {

// A sign of life for each so many bytes; a call counts as some thousand.
constexpr uint64_t kSignBytes = uint64_t{32} << 20;
constexpr uint64_t kCallBytes = 8192;

}  // namespace

int64_t MemorySource::ReadAt(uint64_t offset, std::span<uint8_t> out) {
  if (offset >= bytes_.size()) return 0;
  const size_t count = std::min<size_t>(out.size(), bytes_.size() - offset);
  std::copy_n(bytes_.begin() + static_cast<long>(offset), count, out.begin());
  return static_cast<int64_t>(count);
}

SegmentSource::SegmentSource(std::vector<Segment> segments,
                             std::function<void()> sign_of_life)
    : segments_(std::move(segments)), sign_of_life_(std::move(sign_of_life)) {
  uint64_t end = 0;
  for (const Segment& segment : segments_) {
    ends_.push_back(end += segment.size_bytes);
  }
  if (ends_.empty()) ends_.push_back(0);
}

int64_t SegmentSource::ReadSegment(size_t segment, uint64_t offset,
                                   std::span<uint8_t> out) {
  read_bytes_ += kCallBytes + out.size();
  if (read_bytes_ >= kSignBytes) {
    read_bytes_ = 0;
    sign_of_life_();
  }
  const Segment& from = segments_[segment];
  if (offset >= from.size_bytes) return 0;
  out = out.first(std::min<uint64_t>(out.size(), from.size_bytes - offset));
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        pread(from.descriptor, out.data() + done, out.size() - done,
              static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return done > 0 ? static_cast<int64_t>(done) : -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<int64_t>(done);
}

int64_t SegmentSource::ReadAt(uint64_t offset, std::span<uint8_t> out) {
  size_t done = 0;
  auto at = std::upper_bound(ends_.begin(), ends_.end(), offset);
  for (; at != ends_.end() && done < out.size(); ++at) {
    const auto segment = static_cast<size_t>(at - ends_.begin());
    const uint64_t begin = *at - segments_[segment].size_bytes;
    const uint64_t within = offset + done - begin;
    const std::span<uint8_t> part = out.subspan(done);
    const uint64_t wanted =
        std::min<uint64_t>(part.size(), segments_[segment].size_bytes - within);
    const int64_t got = ReadSegment(segment, within, part);
    if (got < 0) return done > 0 ? static_cast<int64_t>(done) : -1;
    done += static_cast<size_t>(got);
    if (static_cast<uint64_t>(got) < wanted) break;  // Cut short since.
  }
  return static_cast<int64_t>(done);
}

}  // namespace kenal::container
