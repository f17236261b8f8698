// Thumbnails and previews that a picture carries: Exif in a JPEG, and files
// that are built as TIFF is, such as camera raw files.
#include <algorithm>
#include <set>
#include <string>

#include "src/container/limits.h"
#include "src/container/thumbnails.h"

namespace kenal::container {
namespace {

using namespace std::string_view_literals;

// Directories of a file, and entries of one. Real ones have 3 and 60.
constexpr size_t kDirectoriesMax = 64;
constexpr uint64_t kTagsMax = 1'000;
constexpr int kSegmentsBeforeExifMax = 64;

// A preview may be as large as the picture.
constexpr uint64_t kPreviewBytesMax = uint64_t{64} << 20;

enum Tag : uint64_t {
  kStripOffsets = 0x111,
  kStripByteCounts = 0x117,
  kSubDirectories = 0x14A,
  kJpegOffset = 0x201,
  kJpegBytes = 0x202,
  kExifDirectory = 0x8769,
  kBodySerialNumber = 0xA431,
};

// Real ones have 6 to 12 characters.
constexpr uint64_t kSerialBytesMax = 64;

// The first JPEG that a directory tells of.
struct Preview {
  uint64_t jpeg_offset = 0;
  uint64_t jpeg_bytes = 0;
  uint64_t strip_offset = 0;
  uint64_t strip_bytes = 0;
};

class TiffReader {
 public:
  // `base`: where the TIFF header is; offsets count from there, up to `end`.
  TiffReader(ByteWindow& window, uint64_t base, uint64_t end)
      : window_(window), base_(base), end_(end) {}

  Thumbnails Find() {
    is_big_ = window_.At(base_) == 'M';
    uint64_t first = 0;
    if (!Number(4, 4, first)) {
      thumbnails_.why = Reason::kDamaged;
      return std::move(thumbnails_);
    }
    waiting_.push_back(first);
    while (!waiting_.empty() && seen_.size() < kDirectoriesMax) {
      const uint64_t at = waiting_.back();
      waiting_.pop_back();
      if (at != 0 && seen_.insert(at).second) ReadDirectory(at);
    }
    return std::move(thumbnails_);
  }

 private:
  bool Number(uint64_t offset, size_t size_bytes, uint64_t& out) {
    return offset + size_bytes <= end_ - base_ &&
           window_.Number(base_ + offset, size_bytes, is_big_, out);
  }

  void ReadDirectory(uint64_t at) {
    uint64_t count = 0;
    if (!Number(at, 2, count) || count > kTagsMax) {
      thumbnails_.why = Reason::kDamaged;
      return;
    }
    Preview preview;
    for (uint64_t i = 0; i < count; ++i) ReadTag(at + 2 + 12 * i, preview);
    uint64_t next = 0;
    if (Number(at + 2 + 12 * count, 4, next)) waiting_.push_back(next);
    Add(preview.jpeg_offset, preview.jpeg_bytes);
    if (preview.strip_offset != preview.jpeg_offset) {
      Add(preview.strip_offset, preview.strip_bytes);
    }
  }

  void ReadTag(uint64_t at, Preview& preview) {
    uint64_t tag = 0;
    uint64_t type = 0;
    uint64_t count = 0;
    uint64_t value = 0;
    constexpr uint64_t kText = 2;
    constexpr uint64_t kShort = 3;
    if (!Number(at, 2, tag) || !Number(at + 2, 2, type) ||
        !Number(at + 4, 4, count) ||
        !Number(at + 8, type == kShort ? 2 : 4, value)) {
      return;
    }
    if (tag == kJpegOffset) preview.jpeg_offset = value;
    if (tag == kJpegBytes) preview.jpeg_bytes = value;
    if (tag == kStripOffsets && count == 1) preview.strip_offset = value;
    if (tag == kStripByteCounts && count == 1) preview.strip_bytes = value;
    if (tag == kExifDirectory) waiting_.push_back(value);
    if (tag == kBodySerialNumber && type == kText) {
      AddSerial(count > 4 ? value : at + 8, count);
    }
    if (tag != kSubDirectories) return;
    if (count == 1) waiting_.push_back(value);
    for (uint64_t i = 0; count > 1 && i < std::min(count, kTagsMax); ++i) {
      uint64_t sub = 0;
      if (Number(value + 4 * i, 4, sub)) waiting_.push_back(sub);
    }
  }

  void Add(uint64_t offset, uint64_t size_bytes) {
    if (offset == 0 || size_bytes < 4 || size_bytes > kPreviewBytesMax ||
        offset > end_ - base_ ||
        !window_.Has(base_ + offset, "\xFF\xD8\xFF"sv)) {
      return;
    }
    size_bytes = std::min(size_bytes, end_ - base_ - offset);
    thumbnails_.found.push_back(
        {"thumbnail-" + std::to_string(++thumbnail_count_),
         {{base_ + offset, size_bytes}}});
  }

  void AddSerial(uint64_t offset, uint64_t size_bytes) {
    if (size_bytes == 0 || size_bytes > kSerialBytesMax ||
        offset > end_ - base_ || size_bytes > end_ - base_ - offset) {
      return;
    }
    thumbnails_.found.push_back({.name = std::string(kCameraSerial),
                                 .extents = {{base_ + offset, size_bytes}},
                                 .is_text = true});
  }

  ByteWindow& window_;
  const uint64_t base_;
  const uint64_t end_;
  bool is_big_ = false;
  std::vector<uint64_t> waiting_;
  std::set<uint64_t> seen_;
  int thumbnail_count_ = 0;
  Thumbnails thumbnails_;
};

}  // namespace

Thumbnails FindInExif(Source& source) {
  ByteWindow window(source);
  if (!window.Has(0, "\xFF\xD8"sv)) {
    return TiffReader(window, 0, window.size_bytes()).Find();
  }
  uint64_t at = 2;
  for (int i = 0; i < kSegmentsBeforeExifMax; ++i) {
    uint64_t length = 0;
    if (window.At(at) != 0xFF || !window.Number(at + 2, 2, true, length) ||
        length < 2) {
      break;
    }
    const int marker = window.At(at + 1);
    if (marker == 0xDA || marker == 0xD9) break;
    if (marker == 0xE1 && window.Has(at + 4, "Exif\0\0"sv)) {
      const uint64_t end = std::min(at + 2 + length, window.size_bytes());
      const uint64_t base = std::min(at + 10, end);
      return TiffReader(window, base, end).Find();
    }
    at += 2 + length;
  }
  return {};
}

}  // namespace kenal::container
