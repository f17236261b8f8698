// What `kenal calibrate` asks of its helper kenal-calibrate: which alteration
// of which picture. Both sides are of one build.
//
// An order is these fields and then the picture file's bytes; none: the picture
// of the order before. It travels as the input of a decoder's worker
// (src/decode/worker_process.h), and so does the answer: hashes, never pixels.
#ifndef KENAL_TOOLS_KENAL_CALIBRATE_ORDER_H_
#define KENAL_TOOLS_KENAL_CALIBRATE_ORDER_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace kenal::cli {

struct AlterationName {
  std::string_view kind;
  std::string_view name;
};

// Copies are made from the picture reduced to at most so many pixels a side.
inline constexpr int kCopySideMax = 800;

// Percentages are of the picture's own sides: a crop of k removes k % of width
// and height, a border of k adds k % on every side. Names are stable: they are
// in the JSON.
inline constexpr std::array kAlterations = {
    AlterationName{"recompress", "reduced, else unaltered"},
    AlterationName{"recompress", "jpeg q90"},
    AlterationName{"recompress", "jpeg q50"},
    AlterationName{"recompress", "jpeg q20"},
    AlterationName{"recompress", "webp q50"},
    AlterationName{"resize", "to 50 %"},
    AlterationName{"resize", "to 25 %"},
    AlterationName{"resize", "width to 75 %"},
    AlterationName{"crop", "centre 2 %"},
    AlterationName{"crop", "centre 5 %"},
    AlterationName{"crop", "centre 10 %"},
    AlterationName{"crop", "one side 5 %"},
    AlterationName{"border", "black 2 %"},
    AlterationName{"border", "black 10 %"},
    AlterationName{"border", "white 5 %"},
    AlterationName{"border", "letterbox 9:16"},
    AlterationName{"frame", "phone screenshot"},
    AlterationName{"frame", "meme strip 15 %"},
    AlterationName{"text", "small caption"},
    AlterationName{"text", "large, across"},
    AlterationName{"text", "tiled watermark"},
    AlterationName{"colour", "grey"},
    AlterationName{"colour", "brighter 20 %"},
    AlterationName{"colour", "contrast x1.5"},
    AlterationName{"colour", "gamma 0.6"},
    AlterationName{"colour", "warm filter"},
    AlterationName{"rotate", "1 degree, cropped"},
    AlterationName{"rotate", "5 degrees, black corners"},
    AlterationName{"rotate", "quarter turn"},
    AlterationName{"rotate", "half turn"},
    AlterationName{"mirror", "left to right"},
    AlterationName{"mirror", "and crop 5 %, q50"},
};
inline constexpr size_t kAlterationCount = kAlterations.size();

struct CopyOrder {
  uint32_t alteration = 0;  // position in kAlterations
  uint64_t seed = 0;        // of what is random in it
};
inline constexpr size_t kOrderBytes = 12;

inline std::array<uint8_t, kOrderBytes> EncodeOrder(const CopyOrder& order) {
  std::array<uint8_t, kOrderBytes> bytes{};
  std::memcpy(bytes.data(), &order.alteration, sizeof order.alteration);
  std::memcpy(bytes.data() + sizeof order.alteration, &order.seed,
              sizeof order.seed);
  return bytes;
}

// False when `bytes` is no order.
inline bool ParseOrder(std::span<const uint8_t> bytes, CopyOrder& order) {
  if (bytes.size() < kOrderBytes) return false;
  std::memcpy(&order.alteration, bytes.data(), sizeof order.alteration);
  std::memcpy(&order.seed, bytes.data() + sizeof order.alteration,
              sizeof order.seed);
  return order.alteration < kAlterationCount;
}

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_CALIBRATE_ORDER_H_
