#include <cstdio>  // jpeglib.h needs it before itself.

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>

#include <algorithm>
#include <optional>

#include "src/decode/codecs.h"
#include "src/decode/exif.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

// Rows of one colour that libjpeg holds at once: two groups of the tallest
// block row, and the context that smooth upsampling looks at.
constexpr uint64_t kRowsHeldMax = 96;

// Decoding a picture more often than this to turn it would outlast the CPU
// limit; the largest picture takes two.
constexpr int kTurnPassesMax = 3;

// libjpeg with its defaults: accurate integer transform, smooth upsampling.
//
// libjpeg reports errors by longjmp, so everything with a destructor lives in
// this object and no frame between setjmp and libjpeg owns anything.
class JpegDecoder {
 public:
  explicit JpegDecoder(Job& job) : job_(job) {}
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() {
    if (is_created_) jpeg_destroy_decompress(&info_);
  }

  void Run() {
    if (!Create() || !ReadHeader() || !Plan()) return;
    if (!DecodeRows()) return;
    for (int pass = 1; pass < hasher_->pass_count(); ++pass) {
      if (!StartOver() || !DecodeRows()) return;
    }
    job_.Succeed(hasher_->Finish());
  }

 private:
  static JpegDecoder& Of(j_common_ptr info) {
    return *static_cast<JpegDecoder*>(info->client_data);
  }
  static void OnError(j_common_ptr info) { longjmp(Of(info).jump_, 1); }
  static void OnMessage(j_common_ptr info, int level) {
    if (level >= 0) return;
    int code = info->err->msg_code;
    // These three say nothing of lost pixels.
    if (code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
        code == JWRN_EXTRANEOUS_DATA) {
      return;
    }
    Of(info).job_.MarkDamaged();
  }
  static void OnText(j_common_ptr) {}
  static void OnProgress(j_common_ptr info) {
    JpegDecoder& self = Of(info);
    if (self.info_.input_scan_number <= kJpegScansMax) return;
    self.has_too_many_scans_ = true;
    longjmp(self.jump_, 1);
  }

  bool Create();
  bool ReadHeader();
  bool Plan();
  bool StartOver();
  bool DecodeRows();
  bool FailFromLibrary();
  uint64_t NeedBytes() const;
  void ConvertInks();

  Job& job_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr error_{};
  jpeg_progress_mgr progress_{};
  jmp_buf jump_{};
  bool is_created_ = false;
  bool has_header_ = false;
  bool has_too_many_scans_ = false;
  std::vector<uint8_t> row_;
  std::vector<uint8_t> rgb_;
  std::optional<ViewHasher> hasher_;
};

bool JpegDecoder::FailFromLibrary() {
  if (has_too_many_scans_) {
    return job_.Fail(Reason::kTooManyScans, 0, kJpegScansMax);
  }
  switch (error_.msg_code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
      return job_.Fail(Reason::kOutOfMemory);
    case JERR_IMAGE_TOO_BIG:
      return job_.Admit(info_.image_width, info_.image_height, 0)
                 ? job_.Fail(Reason::kDamagedHeader)
                 : false;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_ARITH_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
      return job_.Fail(Reason::kFeatureNotDecoded);
    default:
      return job_.Fail(has_header_ ? Reason::kDamaged : Reason::kDamagedHeader);
  }
}

bool JpegDecoder::Create() {
  info_.err = jpeg_std_error(&error_);
  error_.error_exit = OnError;
  error_.emit_message = OnMessage;
  error_.output_message = OnText;
  info_.client_data = this;
  progress_.progress_monitor = OnProgress;
  if (setjmp(jump_) != 0) return FailFromLibrary();
  jpeg_create_decompress(&info_);  // Keeps err and client_data.
  is_created_ = true;
  info_.progress = &progress_;
  return true;
}

bool JpegDecoder::ReadHeader() {
  if (setjmp(jump_) != 0) return FailFromLibrary();
  jpeg_mem_src(&info_, job_.bytes().data(), job_.bytes().size());
  jpeg_read_header(&info_, TRUE);
  switch (info_.jpeg_color_space) {
    case JCS_GRAYSCALE:
      info_.out_color_space = JCS_GRAYSCALE;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      info_.out_color_space = JCS_CMYK;
      break;
    case JCS_RGB:
    case JCS_YCbCr:
      info_.out_color_space = JCS_RGB;
      break;
    default:
      return job_.Fail(Reason::kFeatureNotDecoded);
  }
  return true;
}

uint64_t JpegDecoder::NeedBytes() const {
  uint64_t need = 0;
  bool keeps_coefficients = info_.progressive_mode != FALSE ||
                            info_.comps_in_scan < info_.num_components;
  for (int i = 0; i < info_.num_components; ++i) {
    const jpeg_component_info& component = info_.comp_info[i];
    // Whole minimum coded units, hence up to three blocks more a side.
    uint64_t blocks_wide = uint64_t{component.width_in_blocks} + 3;
    uint64_t blocks_high = uint64_t{component.height_in_blocks} + 3;
    if (keeps_coefficients) {
      need += blocks_wide * blocks_high * sizeof(JBLOCK);
    }
    need += (uint64_t{info_.image_width} + 32) * kRowsHeldMax;
  }
  return need;
}

bool JpegDecoder::Plan() {
  Shape shape{.width = 0,
              .height = 0,
              .channel_count = info_.out_color_space == JCS_GRAYSCALE ? 1 : 3,
              .orientation = JpegOrientation(job_.bytes())};
  uint64_t hash_bytes = HashBytes(info_.image_height, info_.image_width);
  uint64_t need = NeedBytes();
  if (!job_.Admit(info_.image_width, info_.image_height,
                  need + (shape.orientation > 1 ? hash_bytes : 0))) {
    return false;
  }
  has_header_ = true;
  shape.width = static_cast<int>(info_.image_width);
  shape.height = static_cast<int>(info_.image_height);
  uint64_t turned = TurnedBytes(shape);
  if (turned > kTurnPassesMax * job_.spare_bytes()) {
    return job_.Fail(Reason::kNeedsTooMuchMemory, need + turned,
                     job_.spare_bytes());
  }
  info_.mem->max_memory_to_use =
      static_cast<long>(need + kWorkerSlackBytes / 2);
  hasher_.emplace(shape, job_.work(), job_.spare_bytes());
  if (info_.out_color_space == JCS_CMYK) {
    row_.resize(size_t{info_.image_width} * 4);
    rgb_.resize(size_t{info_.image_width} * 3);
  } else {
    row_.resize(size_t{info_.image_width} * U64(shape.channel_count));
  }
  return true;
}

bool JpegDecoder::StartOver() {
  if (setjmp(jump_) != 0) return FailFromLibrary();
  J_COLOR_SPACE color_space = info_.out_color_space;
  jpeg_abort_decompress(&info_);
  jpeg_mem_src(&info_, job_.bytes().data(), job_.bytes().size());
  jpeg_read_header(&info_, TRUE);
  info_.out_color_space = color_space;
  return true;
}

// Adobe's files hold 255 less the ink.
void JpegDecoder::ConvertInks() {
  unsigned flip = info_.saw_Adobe_marker != FALSE ? 255 : 0;
  const uint8_t* in = row_.data();
  uint8_t* out = rgb_.data();
  for (JDIMENSION x = 0; x < info_.image_width; ++x, in += 4) {
    unsigned black = in[3] ^ flip;
    for (int i = 0; i < 3; ++i) *out++ = FromInk(in[i] ^ flip, black);
  }
}

bool JpegDecoder::DecodeRows() {
  if (setjmp(jump_) != 0) return FailFromLibrary();
  jpeg_start_decompress(&info_);
  while (info_.output_scanline < info_.output_height) {
    JSAMPROW row = row_.data();
    jpeg_read_scanlines(&info_, &row, 1);
    if (info_.out_color_space == JCS_CMYK) {
      ConvertInks();
      row = rgb_.data();
    }
    hasher_->AddRow(row);
  }
  jpeg_finish_decompress(&info_);
  return true;
}

}  // namespace

void DecodeJpeg(Job& job) { JpegDecoder(job).Run(); }

}  // namespace kenal::decode
