#include "tools/kenal-calibrate/pixels.h"

#include <cstdio>  // jpeglib.h needs it before itself.

#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <algorithm>
#include <cstdlib>
#include <opencv2/imgproc.hpp>

#include "src/decode/limits.h"
#include "src/decode/sniff.h"

namespace kenal::calibrate {
namespace {

using decode::Reason;

constexpr int kPngBytesPerPixel = 4;
constexpr int kBytesPerPixel = 3;

Reason Admit(uint64_t width, uint64_t height, uint64_t bytes_per_pixel) {
  if (width == 0 || height == 0) return Reason::kDamagedHeader;
  if (width > decode::kSideMax || height > decode::kSideMax) {
    return Reason::kSideTooLong;
  }
  return width * height * bytes_per_pixel > decode::kDecodeBytesMax / 2
             ? Reason::kNeedsTooMuchMemory
             : Reason::kNone;
}

// libjpeg reports errors by longjmp, so everything with a destructor lives in
// these objects and no frame between setjmp and libjpeg owns anything.
struct JpegErrors {
  jpeg_error_mgr manager{};
  jmp_buf jump{};
};

void OnError(j_common_ptr info) {
  longjmp(static_cast<JpegErrors*>(info->client_data)->jump, 1);
}
void OnMessage(j_common_ptr, int) {}
void OnText(j_common_ptr) {}

jpeg_error_mgr* Quiet(JpegErrors& errors) {
  jpeg_std_error(&errors.manager);
  errors.manager.error_exit = OnError;
  errors.manager.emit_message = OnMessage;
  errors.manager.output_message = OnText;
  return &errors.manager;
}

class JpegReader {
 public:
  JpegReader() = default;
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  Reason Read(std::span<const uint8_t> bytes, int side_max) {
    info_.err = Quiet(errors_);
    info_.client_data = &errors_;
    if (setjmp(errors_.jump) != 0) return Reason::kDamaged;
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, bytes.data(), bytes.size());
    jpeg_read_header(&info_, TRUE);
    if (info_.jpeg_color_space == JCS_CMYK ||
        info_.jpeg_color_space == JCS_YCCK) {
      return Reason::kFeatureNotDecoded;
    }
    info_.out_color_space = JCS_EXT_BGR;
    info_.scale_num = 1;
    info_.scale_denom = 1;
    // What will be reduced anyway need not be decoded in full.
    const unsigned longer = std::max(info_.image_width, info_.image_height);
    while (info_.scale_denom < 8 && longer / (2 * info_.scale_denom) >=
                                        2 * static_cast<unsigned>(side_max)) {
      info_.scale_denom *= 2;
    }
    jpeg_calc_output_dimensions(&info_);
    // A progressive file is held whole, as coefficients.
    const Reason need = Admit(info_.image_width, info_.image_height,
                              info_.progressive_mode ? 2 * kBytesPerPixel : 1);
    if (need != Reason::kNone) return need;
    return Decode();
  }

  cv::Mat Take() { return std::move(pixels_); }

 private:
  Reason Decode() {
    jpeg_start_decompress(&info_);
    pixels_.create(static_cast<int>(info_.output_height),
                   static_cast<int>(info_.output_width), CV_8UC3);
    while (info_.output_scanline < info_.output_height) {
      if (info_.input_scan_number > decode::kJpegScansMax) {
        return Reason::kTooManyScans;
      }
      JSAMPROW row = pixels_.ptr(static_cast<int>(info_.output_scanline));
      jpeg_read_scanlines(&info_, &row, 1);
    }
    return Reason::kNone;
  }

  JpegErrors errors_;
  jpeg_decompress_struct info_{};
  cv::Mat pixels_;
};

class JpegWriter {
 public:
  JpegWriter() = default;
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&info_);
    std::free(out_);
  }

  bool Write(const cv::Mat& pixels, int quality) {
    info_.err = Quiet(errors_);
    info_.client_data = &errors_;
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &out_, &size_);
    info_.image_width = static_cast<JDIMENSION>(pixels.cols);
    info_.image_height = static_cast<JDIMENSION>(pixels.rows);
    info_.input_components = kBytesPerPixel;
    info_.in_color_space = JCS_EXT_BGR;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      auto* row = const_cast<JSAMPROW>(
          pixels.ptr(static_cast<int>(info_.next_scanline)));
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }

  std::vector<uint8_t> bytes() const { return {out_, out_ + size_}; }

 private:
  JpegErrors errors_;
  jpeg_compress_struct info_{};
  unsigned char* out_ = nullptr;
  unsigned long size_ = 0;
};

Reason ReadJpeg(std::span<const uint8_t> bytes, int side_max, cv::Mat& out) {
  JpegReader reader;
  const Reason reason = reader.Read(bytes, side_max);
  if (reason == Reason::kNone) out = reader.Take();
  return reason;
}

Reason ReadPng(std::span<const uint8_t> bytes, cv::Mat& out) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) ==
      0) {
    return Reason::kDamagedHeader;
  }
  Reason reason = Admit(image.width, image.height, kPngBytesPerPixel);
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  image.format = PNG_FORMAT_BGRA;
  cv::Mat whole;
  if (reason == Reason::kNone) {
    whole.create(static_cast<int>(image.height), static_cast<int>(image.width),
                 CV_8UC4);
    if (png_image_finish_read(&image, nullptr, whole.data, 0, nullptr) == 0) {
      reason = Reason::kDamaged;
    }
  }
  png_image_free(&image);
  if (reason == Reason::kNone) cv::cvtColor(whole, out, cv::COLOR_BGRA2BGR);
  return reason;
}

Reason ReadWebp(std::span<const uint8_t> bytes, cv::Mat& out) {
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) {
    return Reason::kDamagedHeader;
  }
  if (features.has_animation != 0) return Reason::kFeatureNotDecoded;
  const Reason reason =
      Admit(static_cast<uint64_t>(features.width),
            static_cast<uint64_t>(features.height), 2 * kBytesPerPixel);
  if (reason != Reason::kNone) return reason;
  cv::Mat pixels(features.height, features.width, CV_8UC3);
  if (WebPDecodeBGRInto(bytes.data(), bytes.size(), pixels.data,
                        pixels.total() * pixels.elemSize(),
                        static_cast<int>(pixels.step)) == nullptr) {
    return Reason::kDamaged;
  }
  out = pixels;
  return Reason::kNone;
}

Reason ReadWhole(std::span<const uint8_t> bytes, int side_max, cv::Mat& out) {
  switch (decode::Sniff(bytes)) {
    case decode::Kind::kJpeg:
      return ReadJpeg(bytes, side_max, out);
    case decode::Kind::kPng:
      return ReadPng(bytes, out);
    case decode::Kind::kWebp:
      return ReadWebp(bytes, out);
    default:
      return Reason::kFeatureNotDecoded;
  }
}

}  // namespace

Reason ReadPixels(std::span<const uint8_t> bytes, int side_max,
                  cv::Mat& pixels) {
  cv::Mat whole;
  const Reason reason = ReadWhole(bytes, side_max, whole);
  if (reason != Reason::kNone) return reason;
  const int longest = std::max(whole.cols, whole.rows);
  if (longest > side_max) {
    const auto reduced = [&](int side) {
      return std::max(1, static_cast<int>(int64_t{side} * side_max / longest));
    };
    cv::Mat small;
    cv::resize(whole, small, {reduced(whole.cols), reduced(whole.rows)}, 0, 0,
               cv::INTER_AREA);
    whole = small;
  }
  pixels = whole;
  return Reason::kNone;
}

std::vector<uint8_t> ToJpeg(const cv::Mat& pixels, int quality) {
  JpegWriter writer;
  if (!writer.Write(pixels, quality)) return {};
  return writer.bytes();
}

std::vector<uint8_t> ToWebp(const cv::Mat& pixels, int quality) {
  uint8_t* out = nullptr;
  const size_t size = WebPEncodeBGR(pixels.data, pixels.cols, pixels.rows,
                                    static_cast<int>(pixels.step),
                                    static_cast<float>(quality), &out);
  std::vector<uint8_t> bytes(out, out + size);
  WebPFree(out);
  return bytes;
}

}  // namespace kenal::calibrate
