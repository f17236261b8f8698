#include "src/decode/exif.h"

#include <cstring>

#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kShort = 3;
constexpr size_t kEntryBytes = 12;

class Block {
 public:
  Block(Bytes bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}
  bool Holds(size_t offset, size_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }
  uint16_t Short(size_t offset) const {
    unsigned a = bytes_[offset];
    unsigned b = bytes_[offset + 1];
    return static_cast<uint16_t>(big_endian_ ? (a << 8) | b : (b << 8) | a);
  }
  uint32_t Long(size_t offset) const {
    uint32_t a = Short(offset);
    uint32_t b = Short(offset + 2);
    return big_endian_ ? (a << 16) | b : (b << 16) | a;
  }

 private:
  Bytes bytes_;
  bool big_endian_;
};

int OrientationIn(const Block& block) {
  if (!block.Holds(0, 8) || block.Short(2) != 42) return 1;
  size_t directory = block.Long(4);
  if (!block.Holds(directory, 2)) return 1;
  size_t entry_count = block.Short(directory);
  for (size_t i = 0; i < entry_count; ++i) {
    size_t entry = directory + 2 + i * kEntryBytes;
    if (!block.Holds(entry, kEntryBytes)) return 1;
    if (block.Short(entry) != kOrientationTag) continue;
    if (block.Short(entry + 2) != kShort || block.Long(entry + 4) != 1) {
      return 1;
    }
    int value = block.Short(entry + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

bool StartsWith(Bytes bytes, const char* text, size_t size) {
  return bytes.size() >= size && std::memcmp(bytes.data(), text, size) == 0;
}

}  // namespace

int ExifOrientation(Bytes tiff) {
  if (StartsWith(tiff, "II", 2)) return OrientationIn(Block(tiff, false));
  if (StartsWith(tiff, "MM", 2)) return OrientationIn(Block(tiff, true));
  return 1;
}

Bytes WithoutExifMark(Bytes block) {
  return StartsWith(block, "Exif\0\0", 6) ? block.subspan(6) : block;
}

int JpegOrientation(Bytes file) {
  size_t at = 2;  // Behind the start-of-image marker.
  for (int marker_count = 0; marker_count < kHeaderBlocksMax; ++marker_count) {
    while (at < file.size() && file[at] != 0xFF) ++at;  // As libjpeg does.
    while (at < file.size() && file[at] == 0xFF) ++at;  // Fill bytes.
    if (at >= file.size()) return 1;
    uint8_t marker = file[at++];
    if (marker == 0xDA || marker == 0xD9) return 1;  // Scan, end of image.
    bool is_bare =
        marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (is_bare) continue;
    if (file.size() - at < 2) return 1;
    size_t size = (size_t{file[at]} << 8) | file[at + 1];
    if (size < 2 || size > file.size() - at) return 1;
    Bytes body = file.subspan(at + 2, size - 2);
    if (marker == 0xE1 && StartsWith(body, "Exif\0\0", 6)) {
      return ExifOrientation(body.subspan(6));
    }
    at += size;
  }
  return 1;
}

}  // namespace kenal::decode
