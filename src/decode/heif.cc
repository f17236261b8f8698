#include <libheif/heif.h>

#include <algorithm>
#include <memory>

#include "src/decode/codecs.h"
#include "src/decode/heif_references.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

// Planes of the decoder and its references, their copy in libheif and the
// RGB picture, per pixel: 8.5 measured for HEIC and 9.3 for AVIF. The planes
// take twice as much above 8 bits.
constexpr uint64_t kBytesPerPixel = 10;
constexpr uint64_t kBytesPerDeepPixel = 16;

// A grid of tiles, as phones write it, is decoded tile by tile.
constexpr uint64_t kBytesPerGridPixel = 6;
constexpr uint64_t kBytesPerDeepGridPixel = 9;

// A grid announces itself among the items at the start of the file.
constexpr size_t kItemsWithinBytes = 65'536;
constexpr uint64_t kLibraryBytes = 16 * kMebibyte;

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using ContextPtr = std::unique_ptr<heif_context, Freer<heif_context_free>>;
using HandlePtr =
    std::unique_ptr<heif_image_handle, Freer<heif_image_handle_release>>;
using ImagePtr = std::unique_ptr<heif_image, Freer<heif_image_release>>;

bool FailFrom(Job& job, const heif_error& error, Reason otherwise) {
  if (error.subcode == heif_suberror_Security_limit_exceeded) {
    return job.Fail(Reason::kOutOfMemory);
  }
  if (error.code == heif_error_Memory_allocation_error) {
    return job.Fail(Reason::kOutOfMemory);
  }
  if (error.code == heif_error_Unsupported_feature ||
      error.code == heif_error_Unsupported_filetype) {
    return job.Fail(Reason::kFeatureNotDecoded);
  }
  return job.Fail(otherwise);
}

// A guess that only steers the estimate: whoever lies about it runs into the
// limit on address space instead.
bool LooksLikeAGrid(std::span<const uint8_t> file) {
  constexpr uint8_t kGrid[] = {'g', 'r', 'i', 'd'};
  auto items = file.first(std::min(file.size(), kItemsWithinBytes));
  return std::search(items.begin(), items.end(), std::begin(kGrid),
                     std::end(kGrid)) != items.end();
}

uint64_t BytesPerPixel(const heif_image_handle* handle,
                       std::span<const uint8_t> file) {
  bool is_deep = heif_image_handle_get_luma_bits_per_pixel(handle) > 8;
  if (LooksLikeAGrid(file)) {
    return is_deep ? kBytesPerDeepGridPixel : kBytesPerGridPixel;
  }
  return is_deep ? kBytesPerDeepPixel : kBytesPerPixel;
}

ImagePtr DecodeHandle(Job& job, const heif_image_handle* handle) {
  heif_image* image = nullptr;
  heif_error error = heif_decode_image(handle, &image, heif_colorspace_RGB,
                                       heif_chroma_interleaved_RGB, nullptr);
  ImagePtr owned(image);
  if (error.code != heif_error_Ok || image == nullptr) {
    FailFrom(job, error, Reason::kDamaged);
    return nullptr;
  }
  return owned;
}

}  // namespace

// The picture that the standard defines: turned, mirrored and cropped as its
// properties say, since every reader of the format hands out these pixels.
// EXIF orientation plays no part in this format.
void DecodeHeif(Job& job) {
  HeifSources sources = CheckHeifReferences(job.bytes());
  if (sources.reason != Reason::kNone) {
    job.Fail(sources.reason);
    return;
  }
  ContextPtr context(heif_context_alloc());
  heif_context_set_max_decoding_threads(context.get(), 0);
  heif_error error = heif_context_read_from_memory_without_copy(
      context.get(), job.bytes().data(), job.bytes().size(), nullptr);
  if (error.code != heif_error_Ok) {
    FailFrom(job, error, Reason::kDamagedHeader);
    return;
  }
  heif_image_handle* raw_handle = nullptr;
  error = heif_context_get_primary_image_handle(context.get(), &raw_handle);
  HandlePtr handle(raw_handle);
  if (error.code != heif_error_Ok) {
    FailFrom(job, error, Reason::kDamagedHeader);
    return;
  }
  int width = heif_image_handle_get_width(handle.get());
  int height = heif_image_handle_get_height(handle.get());
  if (width < 0 || height < 0) {
    job.Fail(Reason::kDamagedHeader);
    return;
  }
  uint64_t pixel_count =
      std::max(U64(width) * U64(height), sources.canvas_pixels);
  uint64_t need =
      kLibraryBytes + pixel_count * BytesPerPixel(handle.get(), job.bytes());
  if (!job.Admit(U64(width), U64(height), need)) return;

  ImagePtr image = DecodeHandle(job, handle.get());
  if (image == nullptr) return;
  int stride = 0;
  const uint8_t* pixels = heif_image_get_plane_readonly(
      image.get(), heif_channel_interleaved, &stride);
  if (pixels == nullptr ||
      heif_image_get_width(image.get(), heif_channel_interleaved) != width ||
      heif_image_get_height(image.get(), heif_channel_interleaved) != height ||
      stride < width * 3) {
    job.Fail(Reason::kDamaged);
    return;
  }
  ViewHasher hasher({.width = width, .height = height}, job.work(), 1);
  for (int y = 0; y < height; ++y) {
    hasher.AddRow(pixels + static_cast<ptrdiff_t>(y) * stride);
  }
  job.Succeed(hasher.Finish());
}

}  // namespace kenal::decode
