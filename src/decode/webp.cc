#include <webp/decode.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "src/decode/codecs.h"
#include "src/decode/exif.h"
#include "src/decode/limits.h"

namespace kenal::decode {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t kRiffHeaderBytes = 12;
constexpr size_t kChunkHeaderBytes = 8;
constexpr size_t kFrameHeaderBytes = 16;
constexpr uint64_t kLibraryBytes = 8 * kMebibyte;  // tables and row caches

struct Chunk {
  std::string_view name;
  Bytes body;
};

uint32_t Little32(Bytes bytes) {
  return uint32_t{bytes[0]} | (uint32_t{bytes[1]} << 8) |
         (uint32_t{bytes[2]} << 16) | (uint32_t{bytes[3]} << 24);
}

// Takes the next chunk off `rest`. A body that is cut off is given as far as
// it goes: libwebp says itself what it lacks.
std::optional<Chunk> TakeChunk(Bytes& rest) {
  if (rest.size() < kChunkHeaderBytes) return std::nullopt;
  Chunk chunk;
  chunk.name = {reinterpret_cast<const char*>(rest.data()), 4};
  size_t size = Little32(rest.subspan(4));
  rest = rest.subspan(kChunkHeaderBytes);
  chunk.body = rest.first(std::min(size, rest.size()));
  rest = rest.subspan(std::min(size + (size & 1), rest.size()));
  return chunk;
}

struct WebpFile {
  Bytes first_frame;  // what WebPDecode takes: a file, or a frame's chunks
  int orientation = 1;
};

// The first frame of an animation is decoded as the picture that it is, at
// its own size, without the canvas around it.
WebpFile Open(Bytes file) {
  WebpFile webp{.first_frame = file};
  bool is_animated = false;
  Bytes rest = file.subspan(std::min(file.size(), kRiffHeaderBytes));
  for (int i = 0; i < kWebpChunksMax; ++i) {
    std::optional<Chunk> chunk = TakeChunk(rest);
    if (!chunk) break;
    if (chunk->name == "ANMF" && !is_animated &&
        chunk->body.size() > kFrameHeaderBytes) {
      webp.first_frame = chunk->body.subspan(kFrameHeaderBytes);
      is_animated = true;
    } else if (chunk->name == "EXIF") {
      webp.orientation = ExifOrientation(WithoutExifMark(chunk->body));
      break;
    }
  }
  return webp;
}

Reason ReasonOf(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return Reason::kOutOfMemory;
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return Reason::kFeatureNotDecoded;
    default:
      return Reason::kDamaged;
  }
}

}  // namespace

void DecodeWebp(Job& job) {
  WebpFile webp = Open(job.bytes());
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0 ||
      WebPGetFeatures(webp.first_frame.data(), webp.first_frame.size(),
                      &config.input) != VP8_STATUS_OK) {
    job.Fail(Reason::kDamagedHeader);
    return;
  }
  constexpr int kLossy = 1;
  uint64_t width = U64(config.input.width);
  uint64_t height = U64(config.input.height);
  uint64_t pixel_count = width * height;  // Each is at most 16,384.
  uint64_t need = kLibraryBytes + 3 * pixel_count;
  need += config.input.format == kLossy
              ? U64(config.input.has_alpha != 0) * 5 * pixel_count
              : 5 * pixel_count;
  Shape shape{.width = config.input.width,
              .height = config.input.height,
              .channel_count = 3,
              .orientation = webp.orientation};
  uint64_t turned = TurnedBytes(shape);
  if (shape.orientation > 1) need += turned + HashBytes(height, width);
  if (!job.Admit(width, height, need)) return;

  std::vector<uint8_t> pixels(3 * pixel_count);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels.data();
  config.output.u.RGBA.stride = 3 * config.input.width;
  config.output.u.RGBA.size = pixels.size();
  VP8StatusCode status =
      WebPDecode(webp.first_frame.data(), webp.first_frame.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) {
    job.Fail(ReasonOf(status));
    return;
  }
  ViewHasher hasher(shape, job.work(), std::max<uint64_t>(turned, 1));
  for (uint64_t y = 0; y < height; ++y) {
    hasher.AddRow(pixels.data() + y * width * 3);
  }
  job.Succeed(hasher.Finish());
}

}  // namespace kenal::decode
