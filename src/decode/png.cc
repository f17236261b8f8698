#include <png.h>
#include <setjmp.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "src/decode/codecs.h"
#include "src/decode/exif.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

// zlib's window and libpng's own structures and chunk buffers.
constexpr uint64_t kLibraryBytes = 8 * kMebibyte;

// Chunks that say nothing of pixels, skipped rather than inflated and kept.
constexpr png_byte kSkippedChunks[] =
    "tEXt\0zTXt\0iTXt\0iCCP\0sPLT\0pCAL\0sCAL\0hIST\0tIME\0pHYs\0"
    "gAMA\0cHRM\0sRGB\0oFFs\0bKGD\0sBIT";
constexpr int kSkippedChunkCount = sizeof(kSkippedChunks) / 5;

// libpng reports errors by longjmp, so everything with a destructor lives in
// this object and no frame between setjmp and libpng owns anything.
class PngDecoder {
 public:
  explicit PngDecoder(Job& job) : job_(job), rest_(job.bytes()) {}
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

  void Run() {
    if (!Create() || !ReadHeader() || !Plan()) return;
    if (!DecodeRows()) return;
    ReadEnd();
    job_.Succeed(hasher_->Finish());
  }

 private:
  static void OnError(png_structp png, png_const_charp) { png_longjmp(png, 1); }
  static void OnWarning(png_structp, png_const_charp) {}
  static void OnRead(png_structp png, png_bytep out, size_t count) {
    Bytes& rest = static_cast<PngDecoder*>(png_get_io_ptr(png))->rest_;
    if (count > rest.size()) png_error(png, "cut off");
    std::memcpy(out, rest.data(), count);
    rest = rest.subspan(count);
  }
  // libpng only warns of an eXIf chunk beyond its limit, and asks for as much
  // as the chunk says.
  static png_voidp Allocate(png_structp, png_alloc_size_t size) {
    return size > kPngChunkBytesMax ? nullptr : std::malloc(size);
  }
  static void Free(png_structp, png_voidp memory) { std::free(memory); }

  bool Create();
  bool ReadHeader();
  bool Plan();
  bool DecodeRows();
  void ReadEnd();
  void AddRow(const uint8_t* row);
  int Orientation() const;

  Job& job_;
  Bytes rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  Shape shape_;
  int pass_count_ = 1;
  bool is_16_bit_ = false;
  size_t row_bytes_ = 0;
  std::vector<uint8_t> rows_;  // one, or all of an interlaced picture
  std::vector<uint8_t> narrow_;
  std::optional<ViewHasher> hasher_;
};

bool PngDecoder::Create() {
  png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, nullptr, OnError,
                                  OnWarning, nullptr, Allocate, Free);
  if (png_ == nullptr) return job_.Fail(Reason::kOutOfMemory);
  info_ = png_create_info_struct(png_);
  if (info_ == nullptr) return job_.Fail(Reason::kOutOfMemory);
  if (setjmp(png_jmpbuf(png_)) != 0) {
    return job_.Fail(Reason::kDamagedHeader);
  }
  png_set_read_fn(png_, this, OnRead);
  png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // Admit's.
  png_set_chunk_malloc_max(png_, kPngChunkBytesMax);
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kSkippedChunks,
                              kSkippedChunkCount);
  return true;
}

bool PngDecoder::ReadHeader() {
  if (setjmp(png_jmpbuf(png_)) != 0) {
    return job_.Fail(Reason::kDamagedHeader);
  }
  png_read_info(png_, info_);
  int color_type = png_get_color_type(png_, info_);
  is_16_bit_ = png_get_bit_depth(png_, info_) == 16;
  if (color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
  if (color_type == PNG_COLOR_TYPE_GRAY) {
    png_set_expand_gray_1_2_4_to_8(png_);
  }
  png_set_strip_alpha(png_);  // Alpha is thrown away, never blended.
  bool is_interlaced =
      png_get_interlace_type(png_, info_) != PNG_INTERLACE_NONE;
  pass_count_ = is_interlaced ? png_set_interlace_handling(png_) : 1;
  bool is_grey = (color_type & PNG_COLOR_MASK_COLOR) == 0;
  shape_.channel_count = is_grey ? 1 : 3;
  return true;
}

int PngDecoder::Orientation() const {
  png_bytep block = nullptr;
  png_uint_32 size = 0;
  if (png_get_eXIf_1(png_, info_, &size, &block) == 0) return 1;
  return ExifOrientation(WithoutExifMark({block, size}));
}

bool PngDecoder::Plan() {
  uint64_t width = png_get_image_width(png_, info_);
  uint64_t height = png_get_image_height(png_, info_);
  shape_.orientation = Orientation();
  uint64_t sample_bytes = is_16_bit_ ? 2 : 1;
  uint64_t row_bytes = width * U64(shape_.channel_count) * sample_bytes;
  // libpng's own rows hold up to four channels, twice.
  uint64_t need = kLibraryBytes + 3 * width * 4 * sample_bytes;
  need += pass_count_ > 1 && width <= kSideMax && height <= kSideMax
              ? row_bytes * height
              : row_bytes;
  Shape planned = shape_;
  planned.width = static_cast<int>(std::min<uint64_t>(width, kSideMax));
  planned.height = static_cast<int>(std::min<uint64_t>(height, kSideMax));
  uint64_t turned = TurnedBytes(planned);
  if (shape_.orientation > 1) need += turned + HashBytes(height, width);
  if (!job_.Admit(width, height, need)) return false;
  shape_ = planned;
  row_bytes_ = static_cast<size_t>(row_bytes);
  rows_.resize(pass_count_ > 1 ? row_bytes_ * height : row_bytes_);
  if (is_16_bit_) narrow_.resize(row_bytes_ / 2);
  hasher_.emplace(shape_, job_.work(), std::max<uint64_t>(turned, 1));
  return true;
}

void PngDecoder::AddRow(const uint8_t* row) {
  if (!is_16_bit_) {
    hasher_->AddRow(row);
    return;
  }
  for (size_t i = 0; i < narrow_.size(); ++i) {
    narrow_[i] = To8Bits((unsigned{row[2 * i]} << 8) | row[2 * i + 1]);
  }
  hasher_->AddRow(narrow_.data());
}

bool PngDecoder::DecodeRows() {
  if (setjmp(png_jmpbuf(png_)) != 0) return job_.Fail(Reason::kDamaged);
  png_read_update_info(png_, info_);
  // The rows were planned for what the transformations should give.
  if (png_get_rowbytes(png_, info_) != row_bytes_) {
    return job_.Fail(Reason::kFeatureNotDecoded);
  }
  if (pass_count_ == 1) {
    for (int y = 0; y < shape_.height; ++y) {
      png_read_row(png_, rows_.data(), nullptr);
      AddRow(rows_.data());
    }
    return true;
  }
  for (int pass = 0; pass < pass_count_; ++pass) {
    for (int y = 0; y < shape_.height; ++y) {
      png_read_row(png_, rows_.data() + U64(y) * row_bytes_, nullptr);
    }
  }
  for (int y = 0; y < shape_.height; ++y) {
    AddRow(rows_.data() + U64(y) * row_bytes_);
  }
  return true;
}

// All pixels are there; a file that breaks off behind them is hashed and
// flagged.
void PngDecoder::ReadEnd() {
  if (setjmp(png_jmpbuf(png_)) != 0) {
    job_.MarkDamaged();
    return;
  }
  png_read_end(png_, nullptr);
}

}  // namespace

void DecodePng(Job& job) { PngDecoder(job).Run(); }

}  // namespace kenal::decode
