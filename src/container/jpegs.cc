// JPEGs one after the other.
#include <algorithm>
#include <string>

#include "src/container/limits.h"
#include "src/container/thumbnails.h"

namespace kenal::container {
namespace {

constexpr int kEndOfImage = 0xD9;
constexpr int kStartOfScan = 0xDA;

bool HasNoLength(int marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

// Behind the compressed data that begins at `at`: where the next marker's
// 0xFF is, or `end`.
uint64_t SkipScan(ByteWindow& window, uint64_t at, uint64_t end) {
  for (; at + 1 < end; ++at) {
    if (window.At(at) != 0xFF) continue;
    const int next = window.At(at + 1);
    const bool is_data = next == 0 || next == 0xFF || HasNoLength(next);
    if (!is_data) return at;
  }
  return end;
}

// Where the JPEG that begins at `begin` ends; 0 when it is none, or longer
// than kThumbnailBytesMax.
uint64_t EndOfJpeg(ByteWindow& window, uint64_t begin, uint64_t& budget) {
  const uint64_t end =
      std::min(window.size_bytes(), begin + kThumbnailBytesMax);
  uint64_t at = begin + 2;
  bool has_scan = false;
  while (at + 4 <= end) {
    if (window.At(at) != 0xFF) return 0;
    const int marker = window.At(at + 1);
    if (marker == 0xFF) {  // Filling.
      ++at;
      continue;
    }
    if (marker == kEndOfImage) break;
    if (marker == 0 || marker == 0xD8) return 0;
    if (HasNoLength(marker)) {
      at += 2;
      continue;
    }
    uint64_t length = 0;
    if (!window.Number(at + 2, 2, true, length) || length < 2) return 0;
    at += 2 + length;
    if (marker == kStartOfScan) {
      has_scan = true;
      const uint64_t scan_end = SkipScan(window, at, end);
      budget -= std::min(budget, scan_end - std::min(at, scan_end));
      if (budget == 0) return 0;
      at = scan_end;
    }
  }
  const bool is_whole = has_scan && at + 2 <= end && window.At(at) == 0xFF &&
                        window.At(at + 1) == kEndOfImage;
  return is_whole ? at + 2 : 0;
}

}  // namespace

Thumbnails FindJpegs(Source& source) {
  // What looks like a JPEG and is none is walked over again from within: so
  // much of that is put up with before the file is taken for hostile.
  constexpr uint64_t kBudgetBytes = uint64_t{256} << 20;
  Thumbnails thumbnails;
  ByteWindow window(source);
  uint64_t budget = kBudgetBytes + 2 * window.size_bytes();
  for (uint64_t at = 0; at + 4 <= window.size_bytes();) {
    if (window.At(at) != 0xFF || window.At(at + 1) != 0xD8 ||
        window.At(at + 2) != 0xFF) {
      ++at;
      continue;
    }
    const uint64_t end = EndOfJpeg(window, at, budget);
    if (end == 0) {
      ++at;
      if (budget > 0) continue;
      thumbnails.why = Reason::kDamaged;
      break;
    }
    if (thumbnails.found.size() >= kThumbnailsMax) {
      thumbnails.why = Reason::kTooManyMembers;
      break;
    }
    thumbnails.found.push_back(
        {"jpeg-at-" + std::to_string(at), {{at, end - at}}});
    at = end;
  }
  return thumbnails;
}

}  // namespace kenal::container
