#include "bench/robustness/read.h"

#include <gif_lib.h>
#include <libheif/heif.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <vector>

#include "src/decode/limits.h"
#include "src/decode/sniff.h"

namespace kenal::robustness {
namespace {

using Bytes = std::vector<uint8_t>;

StatusOr<Bytes> ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Unavailable("cannot be opened");
  if (bytes.size() > decode::kInputBytesMax) {
    return InvalidArgument("is too large");
  }
  return bytes;
}

int Take(GifFileType* file, GifByteType* out, int count) {
  auto* left = static_cast<std::span<const uint8_t>*>(file->UserData);
  const size_t taken = std::min(left->size(), static_cast<size_t>(count));
  std::memcpy(out, left->data(), taken);
  *left = left->subspan(taken);
  return static_cast<int>(taken);
}

StatusOr<cv::Mat> ReadGif(const Bytes& bytes) {
  std::span<const uint8_t> left(bytes);
  const auto close = [](GifFileType* file) { DGifCloseFile(file, nullptr); };
  const std::unique_ptr<GifFileType, decltype(close)> file(
      DGifOpen(&left, Take, nullptr), close);
  if (!file || DGifSlurp(file.get()) != GIF_OK || file->ImageCount < 1) {
    return InvalidArgument("is a GIF that cannot be decoded");
  }
  const SavedImage& frame = file->SavedImages[0];
  const GifImageDesc& place = frame.ImageDesc;
  const ColorMapObject* map =
      place.ColorMap != nullptr ? place.ColorMap : file->SColorMap;
  if (map == nullptr) return InvalidArgument("is a GIF without colours");
  cv::Mat picture(place.Height, place.Width, CV_8UC3);
  const GifByteType* index = frame.RasterBits;
  for (int y = 0; y < place.Height; ++y) {
    auto* row = picture.ptr<cv::Vec3b>(y);
    for (int x = 0; x < place.Width; ++x, ++index) {
      if (*index >= map->ColorCount) continue;
      const GifColorType& colour = map->Colors[*index];
      row[x] = {colour.Blue, colour.Green, colour.Red};
    }
  }
  return picture;
}

template <auto kRelease>
struct Releaser {
  template <typename T>
  void operator()(T* held) const {
    kRelease(held);
  }
};

StatusOr<cv::Mat> ReadHeif(const Bytes& bytes) {
  const std::unique_ptr<heif_context, Releaser<heif_context_free>> context(
      heif_context_alloc());
  const auto failed = [](const heif_error& error) {
    return error.code != heif_error_Ok;
  };
  const Status refused = InvalidArgument("is HEIF that cannot be decoded");
  if (failed(heif_context_read_from_memory_without_copy(
          context.get(), bytes.data(), bytes.size(), nullptr))) {
    return refused;
  }
  heif_image_handle* handle = nullptr;
  if (failed(heif_context_get_primary_image_handle(context.get(), &handle))) {
    return refused;
  }
  const std::unique_ptr<heif_image_handle, Releaser<heif_image_handle_release>>
      handle_owner(handle);
  heif_image* image = nullptr;
  if (failed(heif_decode_image(handle, &image, heif_colorspace_RGB,
                               heif_chroma_interleaved_RGB, nullptr))) {
    return refused;
  }
  const std::unique_ptr<heif_image, Releaser<heif_image_release>> image_owner(
      image);
  int stride = 0;
  const uint8_t* plane =
      heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
  const int width = heif_image_get_width(image, heif_channel_interleaved);
  const int height = heif_image_get_height(image, heif_channel_interleaved);
  if (plane == nullptr || width < 1 || height < 1) return refused;
  cv::Mat picture(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    const uint8_t* row = plane + static_cast<std::ptrdiff_t>(y) * stride;
    auto* out = picture.ptr<cv::Vec3b>(y);
    for (int x = 0; x < width; ++x, row += 3) out[x] = {row[2], row[1], row[0]};
  }
  return picture;
}

StatusOr<cv::Mat> Decode(const Bytes& bytes) {
  const decode::Kind kind = decode::Sniff(bytes);
  if (!decode::IsPicture(kind)) return NotFound("is no picture");
  if (!decode::IsDecoded(kind)) {
    return InvalidArgument("is of a format that is not decoded");
  }
  if (kind == decode::Kind::kGif) return ReadGif(bytes);
  if (kind == decode::Kind::kHeic || kind == decode::Kind::kAvif) {
    return ReadHeif(bytes);
  }
  cv::Mat picture = cv::imdecode(bytes, cv::IMREAD_COLOR);
  if (picture.empty()) return InvalidArgument("cannot be decoded");
  return picture;
}

}  // namespace

StatusOr<cv::Mat> ReadPicture(const std::string& path, int side_pixels_max) {
  KENAL_TRY_ASSIGN(const Bytes bytes, ReadBytes(path));
  try {
    KENAL_TRY_ASSIGN(cv::Mat whole, Decode(bytes));
    const int longest = std::max(whole.cols, whole.rows);
    if (longest <= side_pixels_max) return whole;
    const double scale = static_cast<double>(side_pixels_max) / longest;
    cv::Mat reduced;
    cv::resize(whole, reduced, {}, scale, scale, cv::INTER_AREA);
    return reduced;
  } catch (const cv::Exception& e) {  // OpenCV reports everything this way.
    return InvalidArgument(e.err);
  }
}

}  // namespace kenal::robustness
