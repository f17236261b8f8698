// Pictures within caches of thumbnails and within other pictures: where they
// lie. Worker's side; parsers of our own, which never copy what they find.
#ifndef KENAL_SRC_CONTAINER_THUMBNAILS_H_
#define KENAL_SRC_CONTAINER_THUMBNAILS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/container/reason.h"
#include "src/container/source.h"

namespace kenal::container {

// A run of bytes of the source.
struct Extent {
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

struct Thumbnail {
  std::string name;
  std::vector<Extent> extents;  // in order, at least one
  bool is_text = false;         // kCameraSerial rather than a picture
};

struct Thumbnails {
  std::vector<Thumbnail> found;  // at most kThumbnailsMax
  // kDamaged or kTooManyMembers when there may be more.
  Reason why = Reason::kNone;
};

// Any compound file (OLE2) whose streams are pictures, with or without the
// header that Thumbs.db puts before them.
Thumbnails FindInCompoundFile(Source& source);

// thumbcache_*.db of Windows Vista to 11.
Thumbnails FindInThumbcache(Source& source);

// JPEGs one after the other with anything in between, as in .thumbdata of
// Android.
Thumbnails FindJpegs(Source& source);

// The thumbnail in the Exif of a JPEG; previews in a TIFF or a camera's raw
// file built like one. And the serial number of the camera, as text, when it
// is told.
Thumbnails FindInExif(Source& source);

// Looks at a source byte by byte, reading ahead.
class ByteWindow {
 public:
  explicit ByteWindow(Source& source) : source_(source), bytes_(64 * 1024) {}
  // -1 beyond the end, and where it cannot be read.
  int At(uint64_t offset) {
    if (offset < begin_ || offset - begin_ >= count_) {
      if (!Fill(offset)) return -1;
    }
    return bytes_[static_cast<size_t>(offset - begin_)];
  }
  // Big- or little-endian; false beyond the end.
  bool Number(uint64_t offset, size_t size_bytes, bool is_big, uint64_t& out);
  bool Has(uint64_t offset, std::string_view magic);
  uint64_t size_bytes() const { return source_.size_bytes(); }

 private:
  bool Fill(uint64_t offset);

  Source& source_;
  std::vector<uint8_t> bytes_;
  uint64_t begin_ = 0;
  size_t count_ = 0;
};

// Whether a picture of a format that is decoded begins there.
bool IsPictureAt(ByteWindow& window, uint64_t offset);

// UTF-8 of UTF-16LE; what is neither becomes U+FFFD.
std::string FromUtf16(std::string_view bytes);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_THUMBNAILS_H_
