// What several rooms' tests share: a folder that goes away, a seed that can be
// set, and random signals.
#ifndef KENAL_TESTS_SUPPORT_SUPPORT_H_
#define KENAL_TESTS_SUPPORT_SUPPORT_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "kenal/signal.h"

namespace kenal::testing {

// A new empty folder, removed with all that is in it.
class TempDir {
 public:
  TempDir() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "kenal-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

// $KENAL_TEST_SEED or a fresh one; recorded so that a failure can be repeated.
inline uint64_t TestSeed() {
  const char* given = std::getenv("KENAL_TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10)
                                         : std::random_device{}();
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  std::printf("KENAL_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

template <typename HashType>
HashType RandomHash(std::mt19937_64& random) {
  HashType hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

// `hash` with exactly `distance` bits flipped.
inline PdqHash AtDistance(const PdqHash& hash, int distance,
                          std::mt19937_64& random) {
  std::vector<int> bits(256);
  for (int i = 0; i < 256; ++i) bits[static_cast<size_t>(i)] = i;
  std::shuffle(bits.begin(), bits.end(), random);
  PdqHash out = hash;
  for (int i = 0; i < distance; ++i) {
    const auto bit = static_cast<size_t>(bits[static_cast<size_t>(i)]);
    out.bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
  }
  return out;
}

}  // namespace kenal::testing

#endif  // KENAL_TESTS_SUPPORT_SUPPORT_H_
