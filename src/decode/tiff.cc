#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "src/decode/codecs.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint64_t kLibraryBytes = 16 * kMebibyte;  // codecs' state

// Compressions whose decoders are in wide use. Left out are those that are
// hardly ever met and have a history of faults (old JPEG, LERC, ThunderScan).
constexpr std::array<uint16_t, 12> kCompressions = {
    COMPRESSION_NONE,      COMPRESSION_CCITTRLE,      COMPRESSION_CCITTFAX3,
    COMPRESSION_CCITTFAX4, COMPRESSION_LZW,           COMPRESSION_JPEG,
    COMPRESSION_DEFLATE,   COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS,
    COMPRESSION_LZMA,      COMPRESSION_ZSTD,          COMPRESSION_WEBP};

struct Memory {
  Bytes bytes;
  uint64_t at = 0;
};

tmsize_t OnRead(thandle_t handle, void* out, tmsize_t size) {
  Memory& memory = *static_cast<Memory*>(handle);
  if (size <= 0 || memory.at >= memory.bytes.size()) return 0;
  size_t taken =
      std::min(static_cast<size_t>(size), memory.bytes.size() - memory.at);
  std::memcpy(out, memory.bytes.data() + memory.at, taken);
  memory.at += taken;
  return static_cast<tmsize_t>(taken);
}
tmsize_t OnWrite(thandle_t, void*, tmsize_t) { return 0; }
toff_t OnSeek(thandle_t handle, toff_t offset, int whence) {
  Memory& memory = *static_cast<Memory*>(handle);
  if (whence == SEEK_CUR) offset += memory.at;
  if (whence == SEEK_END) offset += memory.bytes.size();
  memory.at = offset;
  return offset;
}
int OnClose(thandle_t) { return 0; }
toff_t OnSize(thandle_t handle) {
  return static_cast<Memory*>(handle)->bytes.size();
}
int OnMessage(TIFF*, void*, const char*, const char*, va_list) { return 1; }

struct Closer {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffPtr = std::unique_ptr<TIFF, Closer>;

struct OptionsCloser {
  void operator()(TIFFOpenOptions* options) const {
    TIFFOpenOptionsFree(options);
  }
};

TiffPtr Open(Memory& memory) {
  std::unique_ptr<TIFFOpenOptions, OptionsCloser> options(
      TIFFOpenOptionsAlloc());
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kDecodeBytesMax);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), OnMessage, nullptr);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), OnMessage, nullptr);
  // "m": no memory mapping; the bytes are in memory already.
  return TiffPtr(TIFFClientOpenExt("picture", "rm", &memory, OnRead, OnWrite,
                                   OnSeek, OnClose, OnSize, nullptr, nullptr,
                                   options.get()));
}

template <typename T>
T Field(TIFF* tiff, uint32_t tag, T otherwise) {
  T value{};
  return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : otherwise;
}

struct Layout {
  uint32_t width = 0;
  uint32_t height = 0;
  uint16_t bits = 1;
  uint16_t samples = 1;
  uint16_t photometric = PHOTOMETRIC_MINISBLACK;
  bool is_tiled = false;
  bool is_planar = false;    // one plane a sample
  uint32_t block_width = 0;  // of a tile, or the width of a strip
  uint32_t block_height = 0;
  uint64_t block_bytes = 0;  // one tile or strip, unpacked
  int orientation = 1;

  uint16_t planes() const { return is_planar ? samples : uint16_t{1}; }
  uint16_t samples_in_plane() const {
    return is_planar ? uint16_t{1} : samples;
  }
};

// Colours of the first pixels of a sample group, by photometric.
std::optional<int> ColorSamples(uint16_t photometric) {
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_PALETTE:
      return 1;
    case PHOTOMETRIC_RGB:
      return 3;
    case PHOTOMETRIC_SEPARATED:
      return 4;
    default:
      return std::nullopt;
  }
}

bool IsKnownForm(TIFF* tiff, const Layout& layout) {
  uint16_t compression = Field<uint16_t>(tiff, TIFFTAG_COMPRESSION, 1);
  uint16_t format = Field<uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, 1);
  if (std::find(kCompressions.begin(), kCompressions.end(), compression) ==
      kCompressions.end()) {
    return false;
  }
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) return false;
  std::optional<int> colors = ColorSamples(layout.photometric);
  if (!colors || layout.samples < *colors || layout.samples > 8) return false;
  bool is_single = *colors == 1 && layout.samples == 1;
  switch (layout.bits) {
    case 8:
      return true;
    case 16:
      return layout.photometric != PHOTOMETRIC_PALETTE;
    case 1:
    case 2:
    case 4:
      return is_single;
    default:
      return false;
  }
}

void ReadBlocks(TIFF* tiff, Layout& layout) {
  layout.is_tiled = TIFFIsTiled(tiff) != 0;
  layout.is_planar =
      layout.samples > 1 &&
      Field<uint16_t>(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) ==
          PLANARCONFIG_SEPARATE;
  if (layout.is_tiled) {
    layout.block_width = Field<uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0);
    layout.block_height = Field<uint32_t>(tiff, TIFFTAG_TILELENGTH, 0);
  } else {
    layout.block_width = layout.width;
    layout.block_height =
        std::min(Field<uint32_t>(tiff, TIFFTAG_ROWSPERSTRIP, 0), layout.height);
  }
}

Layout ReadLayout(TIFF* tiff) {
  Layout layout;
  layout.width = Field<uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
  layout.height = Field<uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
  layout.bits = Field<uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  layout.samples = Field<uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  layout.photometric =
      Field<uint16_t>(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  uint16_t compression = Field<uint16_t>(tiff, TIFFTAG_COMPRESSION, 1);
  if (layout.photometric == PHOTOMETRIC_YCBCR &&
      compression == COMPRESSION_JPEG) {
    // libjpeg turns it into RGB.
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    layout.photometric = PHOTOMETRIC_RGB;
  }
  uint16_t orientation = Field<uint16_t>(tiff, TIFFTAG_ORIENTATION, 1);
  if (orientation >= 1 && orientation <= 8) layout.orientation = orientation;
  return layout;
}

// Turns samples as the file packs them into grey or RGB bytes.
class Converter {
 public:
  Converter(TIFF* tiff, const Layout& layout) : layout_(layout) {
    if (layout.photometric != PHOTOMETRIC_PALETTE) return;
    uint16_t* tables[3] = {nullptr, nullptr, nullptr};
    if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &tables[0], &tables[1],
                     &tables[2]) != 1) {
      return;
    }
    size_t count = size_t{1} << layout.bits;
    for (size_t i = 0; i < count; ++i) {
      for (size_t c = 0; c < 3; ++c) {
        colors_[i][c] = To8Bits(tables[c][i]);
      }
    }
  }

  int channel_count() const {
    return layout_.photometric == PHOTOMETRIC_MINISBLACK ||
                   layout_.photometric == PHOTOMETRIC_MINISWHITE
               ? 1
               : 3;
  }

  // `planes[p]` is the row's start in plane p.
  void Row(const std::array<const uint8_t*, 8>& planes, uint32_t count,
           uint8_t* out) const {
    for (uint32_t x = 0; x < count; ++x) {
      switch (layout_.photometric) {
        case PHOTOMETRIC_MINISBLACK:
          *out++ = Sample(planes, x, 0);
          break;
        case PHOTOMETRIC_MINISWHITE:
          *out++ = static_cast<uint8_t>(255 - Sample(planes, x, 0));
          break;
        case PHOTOMETRIC_PALETTE:
          std::memcpy(out, colors_[Index(planes[0], x)].data(), 3);
          out += 3;
          break;
        case PHOTOMETRIC_SEPARATED: {
          unsigned black = Sample(planes, x, 3);
          for (int c = 0; c < 3; ++c) {
            *out++ = FromInk(Sample(planes, x, c), black);
          }
          break;
        }
        default:
          for (int c = 0; c < 3; ++c) *out++ = Sample(planes, x, c);
      }
    }
  }

 private:
  // Samples under 8 bits come one a pixel.
  unsigned Index(const uint8_t* row, uint32_t x) const {
    if (layout_.bits == 8) return row[size_t{x} * layout_.samples_in_plane()];
    unsigned per_byte = 8U / layout_.bits;
    unsigned shift = 8U - layout_.bits * (1 + x % per_byte);
    return (unsigned{row[x / per_byte]} >> shift) & ((1U << layout_.bits) - 1);
  }
  uint8_t Sample(const std::array<const uint8_t*, 8>& planes, uint32_t x,
                 int channel) const {
    size_t plane = layout_.is_planar ? static_cast<size_t>(channel) : 0;
    size_t at = layout_.is_planar ? x
                                  : size_t{x} * layout_.samples +
                                        static_cast<size_t>(channel);
    const uint8_t* row = planes[plane];
    if (layout_.bits == 8) return row[at];
    if (layout_.bits == 16) {
      uint16_t wide;  // libtiff has put it into our byte order.
      std::memcpy(&wide, row + 2 * at, 2);
      return To8Bits(wide);
    }
    unsigned top = (1U << layout_.bits) - 1;
    return static_cast<uint8_t>(Index(row, x) * 255 / top);
  }

  const Layout& layout_;
  std::array<std::array<uint8_t, 3>, 256> colors_{};
};

// Reads one row of blocks after another and hands out their rows.
class BlockReader {
 public:
  BlockReader(TIFF* tiff, const Layout& layout)
      : tiff_(tiff), layout_(layout), converter_(tiff, layout) {}

  int channel_count() const { return converter_.channel_count(); }

  bool Read(ViewHasher& hasher) {
    size_t channels = static_cast<size_t>(channel_count());
    row_bytes_ = layout_.width * channels;
    rows_.resize(row_bytes_ * std::min(layout_.block_height, layout_.height));
    blocks_.resize(layout_.block_bytes * layout_.planes());
    for (uint32_t top = 0; top < layout_.height; top += layout_.block_height) {
      uint32_t count = std::min(layout_.block_height, layout_.height - top);
      for (uint32_t left = 0; left < layout_.width;
           left += layout_.block_width) {
        if (!ReadBlock(left, top, count)) return false;
      }
      for (uint32_t y = 0; y < count; ++y) {
        hasher.AddRow(rows_.data() + y * row_bytes_);
      }
    }
    return true;
  }

 private:
  bool ReadBlock(uint32_t left, uint32_t top, uint32_t row_count) {
    uint64_t line_bytes = (uint64_t{layout_.block_width} * layout_.bits *
                               layout_.samples_in_plane() +
                           7) /
                          8;
    for (uint16_t plane = 0; plane < layout_.planes(); ++plane) {
      uint8_t* out = blocks_.data() + plane * layout_.block_bytes;
      tmsize_t size = static_cast<tmsize_t>(layout_.block_bytes);
      tmsize_t got =
          layout_.is_tiled
              ? TIFFReadEncodedTile(tiff_,
                                    TIFFComputeTile(tiff_, left, top, 0, plane),
                                    out, size)
              : TIFFReadEncodedStrip(tiff_, TIFFComputeStrip(tiff_, top, plane),
                                     out, size);
      if (got < static_cast<tmsize_t>(line_bytes * row_count)) return false;
    }
    uint32_t count = std::min(layout_.block_width, layout_.width - left);
    size_t channels = static_cast<size_t>(channel_count());
    std::array<const uint8_t*, 8> planes{};
    for (uint32_t y = 0; y < row_count; ++y) {
      for (size_t plane = 0; plane < layout_.planes(); ++plane) {
        planes[plane] =
            blocks_.data() + plane * layout_.block_bytes + y * line_bytes;
      }
      converter_.Row(planes, count,
                     rows_.data() + y * row_bytes_ + left * channels);
    }
    return true;
  }

  TIFF* tiff_;
  const Layout& layout_;
  Converter converter_;
  size_t row_bytes_ = 0;
  std::vector<uint8_t> rows_;
  std::vector<uint8_t> blocks_;
};

// What a row of blocks needs: packed and unpacked blocks, and its rows.
// 0 when the header makes no sense.
uint64_t NeedBytes(const Layout& layout) {
  if (layout.block_width == 0 || layout.block_height == 0 ||
      layout.block_width > 2 * kSideMax || layout.block_height > 2 * kSideMax) {
    return 0;
  }
  uint64_t rows = uint64_t{layout.block_height} * layout.width * 3;
  return kLibraryBytes + rows +
         layout.block_bytes * (uint64_t{layout.planes()} + 2);
}

}  // namespace

// The first picture of the file. Its orientation tag is EXIF's.
void DecodeTiff(Job& job) {
  Memory memory{.bytes = job.bytes()};
  TiffPtr tiff = Open(memory);
  if (tiff == nullptr) {
    job.Fail(Reason::kDamagedHeader);
    return;
  }
  Layout layout = ReadLayout(tiff.get());
  Shape shape{.width = static_cast<int>(std::min(layout.width, kSideMax)),
              .height = static_cast<int>(std::min(layout.height, kSideMax)),
              .channel_count = 3,
              .orientation = layout.orientation};
  if (!job.Admit(layout.width, layout.height, kLibraryBytes)) return;
  if (!IsKnownForm(tiff.get(), layout)) {
    job.Fail(Reason::kFeatureNotDecoded);
    return;
  }
  ReadBlocks(tiff.get(), layout);
  layout.block_bytes = U64(std::max<tmsize_t>(
      layout.is_tiled ? TIFFTileSize(tiff.get()) : TIFFStripSize(tiff.get()),
      0));
  uint64_t need = NeedBytes(layout);
  if (need == 0 || layout.block_bytes == 0) {
    job.Fail(Reason::kDamagedHeader);
    return;
  }
  uint64_t turned = TurnedBytes(shape);
  if (shape.orientation > 1) {
    need += turned + HashBytes(layout.height, layout.width);
  }
  if (!job.Admit(layout.width, layout.height, need)) return;
  BlockReader reader(tiff.get(), layout);
  shape.channel_count = reader.channel_count();
  ViewHasher hasher(shape, job.work(), std::max<uint64_t>(turned, 1));
  if (!reader.Read(hasher)) {
    job.Fail(Reason::kDamaged);
    return;
  }
  job.Succeed(hasher.Finish());
}

}  // namespace kenal::decode
