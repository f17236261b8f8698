// Band layout: how 256 bits are cut into bands, and how a radius is shared
// out among them. Arithmetic only; docs/index.md, "Why no hit is lost".
#ifndef KENAL_SRC_INDEX_BAND_LAYOUT_H_
#define KENAL_SRC_INDEX_BAND_LAYOUT_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kenal/signal.h"
#include "src/base/check.h"

namespace kenal::index {

static_assert(std::endian::native == std::endian::little,
              "keys and snapshots are read as little-endian words");

inline constexpr int kHashBits = 256;
inline constexpr int kBandsMin = 12;
inline constexpr int kBandsMax = 32;
inline constexpr int kSketchBits = 16;

// Bits [offset, offset + width) of a hash; bit i is bit i % 8 of byte i / 8.
// width at most 32.
inline uint32_t BitsAt(const uint8_t* hash, int offset, int width) {
  const int byte = std::min(offset / 8, 24);
  uint64_t word = 0;
  std::memcpy(&word, hash + byte, sizeof(word));
  return static_cast<uint32_t>((word >> (offset - 8 * byte)) &
                               ((uint64_t{1} << width) - 1));
}

struct Band {
  int offset = 0;
  int width = 0;
  uint32_t Key(const uint8_t* hash) const {
    return BitsAt(hash, offset, width);
  }
  // What the band before this one keeps of it beside each row.
  uint16_t Sketch(const uint8_t* hash) const {
    return static_cast<uint16_t>(
        BitsAt(hash, offset, std::min(width, kSketchBits)));
  }
};

// Thresholds by band; kSkip: the band is not probed.
inline constexpr int8_t kSkip = -1;
using Thresholds = std::array<int8_t, kBandsMax>;

class BandLayout {
 public:
  BandLayout() = default;
  // 256 bits in `count` bands whose widths differ by at most one.
  explicit BandLayout(int count);

  // Row numbers are kept in so many bytes; three while they suffice.
  static int NumberBytes(uint64_t row_count) {
    return row_count <= (uint64_t{1} << 24) ? 3 : 4;
  }

  // The fastest layout for so many rows whose tables need at most
  // `row_bytes_max` bytes a row (which binds large tables only); no bands when
  // a flat scan is faster.
  static BandLayout For(uint64_t row_count, int row_bytes_max);

  int count() const { return count_; }
  const Band& band(int i) const { return bands_[static_cast<size_t>(i)]; }
  // The band whose sketch is kept beside band i's rows.
  int After(int i) const { return i + 1 == count_ ? 0 : i + 1; }

  // Thresholds whose cost is least when keys are spread evenly: the sum of
  // (threshold + 1) is `budget`, 1..kRadiusBitsMax + 1.
  Thresholds Share(uint64_t row_count, int budget) const;

  // The expected time of a query with these thresholds, in nanoseconds.
  double Cost(uint64_t row_count, const Thresholds& thresholds) const;

  // Sketches of band i farther than this from the query's are no match, for a
  // row whose key differs in `key_distance` bits.
  int SketchBound(const Thresholds& thresholds, int i, int key_distance) const {
    return thresholds[static_cast<size_t>(i)] +
           thresholds[static_cast<size_t>(After(i))] + 1 - key_distance;
  }

 private:
  double BandCost(uint64_t row_count, int i, int threshold) const;

  int count_ = 0;
  std::array<Band, kBandsMax> bands_{};
};

// Keys at Hamming distance d from key k are k ^ mask for the masks
// [begin(d), end(d)) of the ball of k's width.
class BallMasks {
 public:
  BallMasks() = default;
  BallMasks(int width, int radius);

  int radius() const { return static_cast<int>(ends_.size()) - 1; }
  const uint32_t* begin(int distance) const {
    return masks_.data() + (distance == 0 ? 0 : ends_[Place(distance - 1)]);
  }
  const uint32_t* end(int distance) const {
    return masks_.data() + ends_[Place(distance)];
  }

 private:
  static size_t Place(int i) { return static_cast<size_t>(i); }

  std::vector<uint32_t> masks_;  // by distance
  std::vector<size_t> ends_;
};

// The expected time of scanning so many rows flat for one query.
double FlatScanNs(uint64_t row_count);

// The number of keys of `width` bits within `radius` of one; 0 for kSkip.
double BallSize(int width, int radius);

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_BAND_LAYOUT_H_
