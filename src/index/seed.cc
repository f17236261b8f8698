#include "src/index/seed.h"

#include <array>
#include <cstring>

#include "src/base/digest.h"

namespace kenal::index {

uint64_t ProcessSeed() {
  static const uint64_t seed = [] {
    std::array<uint8_t, 8> bytes{};
    base::RandomBytes(bytes);
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }();
  return seed;
}

}  // namespace kenal::index
