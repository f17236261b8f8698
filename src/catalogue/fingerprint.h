// Fingerprint: tells two sets of rows apart without holding them.
#ifndef KENAL_SRC_CATALOGUE_FINGERPRINT_H_
#define KENAL_SRC_CATALOGUE_FINGERPRINT_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "src/base/digest.h"

namespace kenal::catalogue {

// A set of rows, compared without holding it: the count and two sums of keyed
// 64-bit hashes. Fresh random keys, so that no two stored sets can have been
// made to collide.
class Fingerprint {
 public:
  static std::array<uint64_t, 2> RandomSeeds() {
    std::array<uint8_t, 16> bytes;
    base::RandomBytes(bytes);
    std::array<uint64_t, 2> seeds;
    std::memcpy(seeds.data(), bytes.data(), bytes.size());
    return seeds;
  }

  explicit Fingerprint(const std::array<uint64_t, 2>& seeds) : seeds_(seeds) {}

  void Add(std::string_view row) {
    ++count_;
    for (size_t i = 0; i < seeds_.size(); ++i) sums_[i] += Mix(seeds_[i], row);
  }
  uint64_t count() const { return count_; }
  bool operator==(const Fingerprint& other) const {
    return count_ == other.count_ && sums_ == other.sums_;
  }

 private:
  static uint64_t Mix(uint64_t seed, std::string_view row) {
    uint64_t state = seed ^ row.size();
    for (size_t at = 0; at < row.size(); at += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, row.data() + at,
                  std::min(sizeof word, row.size() - at));
      state = Fold(state ^ word, 0x9e3779b97f4a7c15 ^ seed);
    }
    return Fold(state, seed | 1);
  }
  static uint64_t Fold(uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^
           static_cast<uint64_t>(product >> 64);
  }

  const std::array<uint64_t, 2> seeds_;
  std::array<uint64_t, 2> sums_{};
  uint64_t count_ = 0;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_FINGERPRINT_H_
