// EXIF orientation, and nothing else of EXIF.
#ifndef KENAL_SRC_DECODE_EXIF_H_
#define KENAL_SRC_DECODE_EXIF_H_

#include <cstdint>
#include <span>

namespace kenal::decode {

// Orientation tag (0x0112) of the first directory of an EXIF block that
// starts with its byte order mark: 1..8. 1 when there is none or the block is
// broken. Reads at most one directory.
int ExifOrientation(std::span<const uint8_t> tiff);

// The same for a JPEG file: the first APP1 "Exif" segment before the first
// scan.
int JpegOrientation(std::span<const uint8_t> file);

// Some writers put "Exif\0\0" in front of the block also outside JPEG.
std::span<const uint8_t> WithoutExifMark(std::span<const uint8_t> block);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_EXIF_H_
