// Made-up pictures and the files that hold them.
#ifndef KENAL_TESTS_DECODE_PICTURES_H_
#define KENAL_TESTS_DECODE_PICTURES_H_

#include <cstdint>
#include <vector>

#include "src/signal/pdq.h"

namespace kenal::decode {

using FileBytes = std::vector<uint8_t>;

// Pixels as a decoder gives them: rows from the top, R G B.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;

  uint8_t* at(int x, int y) {
    return rgb.data() +
           3 * (static_cast<size_t>(y) * static_cast<size_t>(width) +
                static_cast<size_t>(x));
  }
  const uint8_t* at(int x, int y) const {
    return const_cast<Picture*>(this)->at(x, y);
  }
};

// Clouds of all sizes with fine grain, so like a photograph in what it costs
// a codec. The same seed gives the same picture.
Picture Clouds(int width, int height, uint32_t seed);

// The picture as a viewer shows it that honours EXIF `orientation`, written
// down pixel by pixel.
Picture Turned(const Picture& stored, int orientation);

signal::PdqResult PdqOf(const Picture& picture);

struct JpegOptions {
  int quality = 90;
  bool is_progressive = false;
  int orientation = 0;    // 0: no EXIF block
  int chroma_halved = 1;  // 4:2:0, as phones write
};
FileBytes EncodeJpeg(const Picture& picture, const JpegOptions& options);
// A progressive file with its first scan `count` times.
FileBytes WithRepeatedScan(const FileBytes& file, int count);
// What libjpeg's defaults give for a file.
Picture DecodeJpegPlainly(const FileBytes& file);

struct PngOptions {
  bool is_interlaced = false;
  int orientation = 0;
};
FileBytes EncodePng(const Picture& picture, const PngOptions& options);

FileBytes EncodeWebpLossless(const Picture& picture);
// An animation whose first frame is `picture`, on a larger canvas.
FileBytes EncodeWebpAnimation(const Picture& picture, int orientation);

FileBytes EncodeTiff(const Picture& picture, int tile_side, bool is_planar,
                     int orientation);
FileBytes EncodeBmp(const Picture& picture, bool is_top_down);

enum class HeifKind { kHeic, kAvif };
FileBytes EncodeHeif(const Picture& picture, HeifKind kind);

// A header that promises `width` x `height`, and next to nothing behind it.
FileBytes PngHeader(uint32_t width, uint32_t height, bool is_interlaced);
FileBytes JpegHeader(int width, int height, bool is_progressive);
FileBytes GifHeader(int width, int height);
// LZW-packed RGB in strips of `rows_per_strip`; says it has `strip_count` of
// them, each of `strip_bytes`, all at one place.
FileBytes TiffHeader(uint32_t width, uint32_t height, uint32_t rows_per_strip,
                     uint32_t strip_count, uint32_t strip_bytes);
FileBytes BmpHeader(int32_t width, int32_t height, uint32_t compression);

}  // namespace kenal::decode

#endif  // KENAL_TESTS_DECODE_PICTURES_H_
