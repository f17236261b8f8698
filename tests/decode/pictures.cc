#include "tests/decode/pictures.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include <jpeglib.h>
#include <libheif/heif.h>
#include <png.h>
#include <tiffio.h>
#include <webp/encode.h>

#include "src/base/check.h"

// What the HEVC encoder of these tests leaks is not ours.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libx265.so";
}

namespace kenal::decode {
namespace {

size_t Size(int value) { return static_cast<size_t>(value); }

void Put(FileBytes& out, std::initializer_list<int> bytes) {
  for (int byte : bytes) out.push_back(static_cast<uint8_t>(byte));
}
void PutText(FileBytes& out, const char* text, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<uint8_t>(text[i]));
  }
}
void Append(FileBytes& out, const FileBytes& bytes) {
  for (uint8_t byte : bytes) out.push_back(byte);
}
void PutLittle(FileBytes& out, uint32_t value, int size) {
  for (int i = 0; i < size; ++i) {
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}
void PutBig(FileBytes& out, uint32_t value, int size) {
  for (int i = size - 1; i >= 0; --i) {
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}

// One directory with one entry: the orientation.
FileBytes ExifBlock(int orientation) {
  FileBytes exif;
  PutText(exif, "MM\0*\0\0\0\x08", 8);
  PutBig(exif, 1, 2);
  PutBig(exif, 0x0112, 2);
  PutBig(exif, 3, 2);
  PutBig(exif, 1, 4);
  PutBig(exif, static_cast<uint32_t>(orientation), 2);
  PutBig(exif, 0, 2);
  PutBig(exif, 0, 4);
  return exif;
}

// A lattice of random values, smoothly read between its points.
class Lattice {
 public:
  explicit Lattice(uint32_t seed) : values_(kSide * kSide) {
    std::mt19937 random(seed);
    for (float& value : values_) {
      value = static_cast<float>(random() % 1024) / 1024;
    }
  }
  float At(float x, float y) const {
    int left = static_cast<int>(std::floor(x));
    int top = static_cast<int>(std::floor(y));
    float u = x - static_cast<float>(left);
    float v = y - static_cast<float>(top);
    float upper = Value(left, top) * (1 - u) + Value(left + 1, top) * u;
    float lower = Value(left, top + 1) * (1 - u) + Value(left + 1, top + 1) * u;
    return upper * (1 - v) + lower * v;
  }

 private:
  static constexpr int kSide = 256;
  float Value(int x, int y) const {
    return values_[Size(y & (kSide - 1)) * kSide + Size(x & (kSide - 1))];
  }
  std::vector<float> values_;
};

}  // namespace

Picture Clouds(int width, int height, uint32_t seed) {
  Picture picture{width, height,
                  std::vector<uint8_t>(3 * Size(width) * Size(height))};
  Lattice lattice(seed);
  std::mt19937 random(seed);
  float unit = 4.0F / static_cast<float>(std::max(width, height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = picture.at(x, y);
      float value = 0;
      float weight = 0.5F;
      float scale = unit;
      for (int octave = 0; octave < 4; ++octave) {
        value += weight * lattice.At(static_cast<float>(x) * scale + 37,
                                     static_cast<float>(y) * scale);
        weight /= 2;
        scale *= 3;
      }
      int grain = static_cast<int>(random() % 9) - 4;
      int level = static_cast<int>(value * 260) + grain;
      pixel[0] = static_cast<uint8_t>(std::clamp(level + 20, 0, 255));
      pixel[1] = static_cast<uint8_t>(std::clamp(level, 0, 255));
      pixel[2] = static_cast<uint8_t>(std::clamp(230 - level, 0, 255));
    }
  }
  return picture;
}

Picture Turned(const Picture& stored, int orientation) {
  bool swaps = orientation >= 5;
  Picture upright{swaps ? stored.height : stored.width,
                  swaps ? stored.width : stored.height,
                  std::vector<uint8_t>(stored.rgb.size())};
  int right = stored.width - 1;
  int bottom = stored.height - 1;
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const uint8_t* from = nullptr;
      switch (orientation) {
        case 2:
          from = stored.at(right - x, y);
          break;
        case 3:
          from = stored.at(right - x, bottom - y);
          break;
        case 4:
          from = stored.at(x, bottom - y);
          break;
        case 5:
          from = stored.at(y, x);
          break;
        case 6:
          from = stored.at(y, bottom - x);
          break;
        case 7:
          from = stored.at(right - y, bottom - x);
          break;
        case 8:
          from = stored.at(right - y, x);
          break;
        default:
          from = stored.at(x, y);
      }
      std::memcpy(upright.at(x, y), from, 3);
    }
  }
  return upright;
}

signal::PdqResult PdqOf(const Picture& picture) {
  signal::PdqStream stream(picture.width, picture.height);
  for (int y = 0; y < picture.height; ++y) stream.AddRgbRow(picture.at(0, y));
  return stream.Finish();
}

FileBytes EncodeJpeg(const Picture& picture, const JpegOptions& options) {
  jpeg_compress_struct info{};
  jpeg_error_mgr error{};
  info.err = jpeg_std_error(&error);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, options.quality, TRUE);
  info.comp_info[0].h_samp_factor = 1 + options.chroma_halved;
  info.comp_info[0].v_samp_factor = 1 + options.chroma_halved;
  if (options.is_progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (options.orientation != 0) {
    FileBytes exif;
    PutText(exif, "Exif\0\0", 6);
    FileBytes block = ExifBlock(options.orientation);
    Append(exif, block);
    jpeg_write_marker(&info, JPEG_APP0 + 1, exif.data(),
                      static_cast<unsigned>(exif.size()));
  }
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = const_cast<uint8_t*>(
        picture.at(0, static_cast<int>(info.next_scanline)));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  FileBytes file(memory, memory + size);
  std::free(memory);
  return file;
}

FileBytes WithRepeatedScan(const FileBytes& file, int count) {
  // From the first start of scan to the next marker that is no part of it.
  size_t first = 2;
  while (file[first] != 0xFF || file[first + 1] != 0xDA) ++first;
  size_t last = first + 2;
  while (file[last] != 0xFF || file[last + 1] == 0) ++last;
  FileBytes repeated(file.begin(), file.begin() + static_cast<long>(first));
  for (int i = 0; i < count; ++i) {
    for (size_t at = first; at < last; ++at) repeated.push_back(file[at]);
  }
  for (size_t at = last; at < file.size(); ++at) repeated.push_back(file[at]);
  return repeated;
}

Picture DecodeJpegPlainly(const FileBytes& file) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr error{};
  info.err = jpeg_std_error(&error);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  Picture picture{static_cast<int>(info.output_width),
                  static_cast<int>(info.output_height),
                  {}};
  picture.rgb.resize(3 * size_t{info.output_width} * info.output_height);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = picture.at(0, static_cast<int>(info.output_scanline));
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return picture;
}

FileBytes EncodePng(const Picture& picture, const PngOptions& options) {
  FileBytes file;
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &file,
      [](png_structp p, png_bytep bytes, size_t count) {
        auto* out = static_cast<FileBytes*>(png_get_io_ptr(p));
        out->insert(out->end(), bytes, bytes + count);
      },
      nullptr);
  png_set_compression_level(png, 1);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), 8, PNG_COLOR_TYPE_RGB,
               options.is_interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (options.orientation != 0) {
    FileBytes exif = ExifBlock(options.orientation);
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()),
                   exif.data());
  }
  std::vector<png_bytep> rows;
  for (int y = 0; y < picture.height; ++y) {
    rows.push_back(const_cast<uint8_t*>(picture.at(0, y)));
  }
  png_set_rows(png, info, rows.data());
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

FileBytes EncodeWebpLossless(const Picture& picture) {
  uint8_t* memory = nullptr;
  size_t size =
      WebPEncodeLosslessRGB(picture.rgb.data(), picture.width, picture.height,
                            3 * picture.width, &memory);
  KENAL_CHECK(size > 0);
  FileBytes file(memory, memory + size);
  WebPFree(memory);
  return file;
}

FileBytes EncodeWebpAnimation(const Picture& picture, int orientation) {
  FileBytes still = EncodeWebpLossless(picture);
  FileBytes frame(still.begin() + 12, still.end());  // Its "VP8L" chunk.
  FileBytes body;
  PutText(body, "WEBP", 4);
  PutText(body, "VP8X", 4);
  PutLittle(body, 10, 4);
  PutLittle(body, 0x0A, 4);  // Animation, EXIF.
  PutLittle(body, static_cast<uint32_t>(picture.width + 9), 3);
  PutLittle(body, static_cast<uint32_t>(picture.height + 9), 3);
  PutText(body, "ANIM", 4);
  PutLittle(body, 6, 4);
  PutLittle(body, 0, 4);
  PutLittle(body, 0, 2);
  PutText(body, "ANMF", 4);
  PutLittle(body, static_cast<uint32_t>(16 + frame.size()), 4);
  PutLittle(body, 1, 3);
  PutLittle(body, 1, 3);
  PutLittle(body, static_cast<uint32_t>(picture.width - 1), 3);
  PutLittle(body, static_cast<uint32_t>(picture.height - 1), 3);
  PutLittle(body, 100, 3);
  PutLittle(body, 0, 1);
  Append(body, frame);
  FileBytes exif = ExifBlock(orientation);
  PutText(body, "EXIF", 4);
  PutLittle(body, static_cast<uint32_t>(exif.size()), 4);
  Append(body, exif);
  FileBytes file;
  PutText(file, "RIFF", 4);
  PutLittle(file, static_cast<uint32_t>(body.size()), 4);
  Append(file, body);
  return file;
}

namespace {

// A file in memory for libtiff.
struct Store {
  FileBytes bytes;
  size_t at = 0;
};
tmsize_t ReadStore(thandle_t handle, void* out, tmsize_t size) {
  auto* store = static_cast<Store*>(handle);
  size_t taken =
      std::min(static_cast<size_t>(size),
               store->bytes.size() - std::min(store->at, store->bytes.size()));
  std::memcpy(out, store->bytes.data() + store->at, taken);
  store->at += taken;
  return static_cast<tmsize_t>(taken);
}
tmsize_t WriteStore(thandle_t handle, void* in, tmsize_t size) {
  auto* store = static_cast<Store*>(handle);
  size_t end = store->at + static_cast<size_t>(size);
  if (store->bytes.size() < end) store->bytes.resize(end);
  std::memcpy(store->bytes.data() + store->at, in, static_cast<size_t>(size));
  store->at = end;
  return size;
}
toff_t SeekStore(thandle_t handle, toff_t offset, int whence) {
  auto* store = static_cast<Store*>(handle);
  if (whence == SEEK_CUR) offset += store->at;
  if (whence == SEEK_END) offset += store->bytes.size();
  store->at = offset;
  return offset;
}
int CloseStore(thandle_t) { return 0; }
toff_t SizeOfStore(thandle_t handle) {
  return static_cast<Store*>(handle)->bytes.size();
}

// Part of the picture from (left, top), its edge pixels black beyond the end;
// one channel, or all three.
FileBytes Block(const Picture& picture, int left, int top, int width,
                int height, int channel) {
  FileBytes block;
  for (int y = top; y < top + height; ++y) {
    for (int x = left; x < left + width; ++x) {
      bool is_inside = x < picture.width && y < picture.height;
      for (int c = 0; c < 3; ++c) {
        if (channel >= 0 && c != channel) continue;
        block.push_back(is_inside ? picture.at(x, y)[c] : uint8_t{0});
      }
    }
  }
  return block;
}

}  // namespace

FileBytes EncodeTiff(const Picture& picture, int tile_side, bool is_planar,
                     int orientation) {
  Store store;
  TIFF* tiff =
      TIFFClientOpen("picture", "wm", &store, ReadStore, WriteStore, SeekStore,
                     CloseStore, SizeOfStore, nullptr, nullptr);
  KENAL_CHECK(tiff != nullptr);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, picture.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, picture.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, orientation);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
               is_planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  int width = tile_side > 0 ? tile_side : picture.width;
  int height = tile_side > 0 ? tile_side : 16;
  if (tile_side > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile_side);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile_side);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, height);
  }
  uint32_t index = 0;
  for (int channel = is_planar ? 0 : -1; channel < (is_planar ? 3 : 0);
       ++channel) {
    for (int top = 0; top < picture.height; top += height) {
      for (int left = 0; left < picture.width; left += width) {
        int rows =
            tile_side > 0 ? height : std::min(height, picture.height - top);
        FileBytes block = Block(picture, left, top, width, rows, channel);
        auto size = static_cast<tmsize_t>(block.size());
        if (tile_side > 0) {
          TIFFWriteEncodedTile(tiff, index++, block.data(), size);
        } else {
          TIFFWriteEncodedStrip(tiff, index++, block.data(), size);
        }
      }
    }
  }
  TIFFClose(tiff);
  return store.bytes;
}

FileBytes BmpHeader(int32_t width, int32_t height, uint32_t compression) {
  FileBytes file;
  PutText(file, "BM", 2);
  PutLittle(file, 0, 4);
  PutLittle(file, 0, 4);
  PutLittle(file, 54, 4);
  PutLittle(file, 40, 4);
  PutLittle(file, static_cast<uint32_t>(width), 4);
  PutLittle(file, static_cast<uint32_t>(height), 4);
  PutLittle(file, 1, 2);
  PutLittle(file, compression == 1 ? 8 : 24, 2);
  PutLittle(file, compression, 4);
  for (int i = 0; i < 5; ++i) PutLittle(file, 0, 4);
  return file;
}

FileBytes EncodeBmp(const Picture& picture, bool is_top_down) {
  FileBytes file = BmpHeader(picture.width,
                             is_top_down ? -picture.height : picture.height, 0);
  for (int line = 0; line < picture.height; ++line) {
    int y = is_top_down ? line : picture.height - 1 - line;
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t* pixel = picture.at(x, y);
      Put(file, {pixel[2], pixel[1], pixel[0]});
    }
    while ((file.size() - 54) % 4 != 0) file.push_back(0);
  }
  return file;
}

FileBytes EncodeHeif(const Picture& picture, HeifKind kind) {
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  heif_compression_format format =
      kind == HeifKind::kHeic ? heif_compression_HEVC : heif_compression_AV1;
  heif_error error =
      heif_context_get_encoder_for_format(context, format, &encoder);
  KENAL_CHECK(error.code == heif_error_Ok);
  heif_encoder_set_lossy_quality(encoder, 90);
  if (kind == HeifKind::kAvif) {
    heif_encoder_set_parameter_integer(encoder, "speed", 9);
  } else {
    heif_encoder_set_parameter_string(encoder, "preset", "ultrafast");
  }
  heif_image* image = nullptr;
  heif_image_create(picture.width, picture.height, heif_colorspace_RGB,
                    heif_chroma_interleaved_RGB, &image);
  heif_image_add_plane(image, heif_channel_interleaved, picture.width,
                       picture.height, 8);
  int stride = 0;
  uint8_t* plane =
      heif_image_get_plane(image, heif_channel_interleaved, &stride);
  for (int y = 0; y < picture.height; ++y) {
    std::memcpy(plane + Size(y) * Size(stride), picture.at(0, y),
                3 * Size(picture.width));
  }
  error = heif_context_encode_image(context, image, encoder, nullptr, nullptr);
  KENAL_CHECK(error.code == heif_error_Ok);
  FileBytes file;
  heif_writer writer{};
  writer.writer_api_version = 1;
  writer.write = [](heif_context*, const void* data, size_t size, void* out) {
    auto* bytes = static_cast<const uint8_t*>(data);
    static_cast<FileBytes*>(out)->assign(bytes, bytes + size);
    return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
  };
  heif_context_write(context, &writer, &file);
  heif_image_release(image);
  heif_encoder_release(encoder);
  heif_context_free(context);
  return file;
}

FileBytes PngHeader(uint32_t width, uint32_t height, bool is_interlaced) {
  // Made by libpng for a small picture, then resized and summed again.
  FileBytes file = EncodePng(Clouds(8, 8, 1), {.is_interlaced = is_interlaced});
  FileBytes ihdr;
  PutText(ihdr, "IHDR", 4);
  PutBig(ihdr, width, 4);
  PutBig(ihdr, height, 4);
  ihdr.insert(ihdr.end(), file.begin() + 24, file.begin() + 29);
  uint32_t sum = 0xFFFFFFFF;
  for (uint8_t byte : ihdr) {
    sum ^= byte;
    for (int i = 0; i < 8; ++i) sum = (sum >> 1) ^ (0xEDB88320 & -(sum & 1));
  }
  PutBig(ihdr, ~sum, 4);
  std::copy(ihdr.begin(), ihdr.end(), file.begin() + 12);
  return file;
}

FileBytes JpegHeader(int width, int height, bool is_progressive) {
  FileBytes file =
      EncodeJpeg(Clouds(16, 16, 1), {.is_progressive = is_progressive});
  for (size_t i = 2; i + 9 < file.size(); ++i) {
    bool is_frame =
        file[i] == 0xFF && file[i + 1] == (is_progressive ? 0xC2 : 0xC0);
    if (!is_frame) continue;
    file[i + 5] = static_cast<uint8_t>(height >> 8);
    file[i + 6] = static_cast<uint8_t>(height);
    file[i + 7] = static_cast<uint8_t>(width >> 8);
    file[i + 8] = static_cast<uint8_t>(width);
    return file;
  }
  KENAL_CHECK(false);
}

FileBytes GifHeader(int width, int height) {
  FileBytes file;
  PutText(file, "GIF89a", 6);
  PutLittle(file, static_cast<uint32_t>(width), 2);
  PutLittle(file, static_cast<uint32_t>(height), 2);
  Put(file, {0x80, 0, 0});
  Put(file, {0, 0, 0, 255, 255, 255});
  Put(file, {0x2C, 0, 0, 0, 0});
  PutLittle(file, static_cast<uint32_t>(width), 2);
  PutLittle(file, static_cast<uint32_t>(height), 2);
  Put(file, {0x40, 2, 2, 0x44, 1, 0, 0x3B});
  return file;
}

FileBytes TiffHeader(uint32_t width, uint32_t height, uint32_t rows_per_strip,
                     uint32_t strip_count, uint32_t strip_bytes) {
  constexpr uint32_t kShort = 3;
  constexpr uint32_t kLong = 4;
  struct Entry {
    uint32_t tag, type, count, value;
  };
  const Entry entries[] = {{256, kLong, 1, width},
                           {257, kLong, 1, height},
                           {258, kShort, 1, 8},
                           {259, kShort, 1, 5},
                           {262, kShort, 1, 2},
                           {273, kLong, strip_count, 8},
                           {277, kShort, 1, 3},
                           {278, kLong, 1, rows_per_strip},
                           {279, kLong, strip_count, strip_bytes}};
  FileBytes file;
  PutText(file, "II*\0\x08\0\0\0", 8);
  PutLittle(file, std::size(entries), 2);
  for (const Entry& entry : entries) {
    PutLittle(file, entry.tag, 2);
    PutLittle(file, entry.type, 2);
    PutLittle(file, entry.count, 4);
    PutLittle(file, entry.value, 4);
  }
  PutLittle(file, 0, 4);
  file.resize(file.size() + 1000);
  return file;
}

}  // namespace kenal::decode
