#include "bench/index/data.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <random>

namespace kenal::index::bench {
namespace {

constexpr uint64_t kRowsSeed = 1;
constexpr uint64_t kQueriesSeed = 2;
constexpr int kNormalOnes = 128;

using Random = std::mt19937_64;
using Words = std::array<uint64_t, 4>;

bool Get(const Words& words, uint64_t bit) {
  return ((words[bit / 64] >> (bit % 64)) & 1) != 0;
}
void Flip(Words& words, uint64_t bit) {
  words[bit / 64] ^= uint64_t{1} << (bit % 64);
}

Words RandomWords(Random& random, Bits bits) {
  Words words = {random(), random(), random(), random()};
  if (bits == Bits::kUniform) return words;
  int ones = 0;
  for (const uint64_t word : words) ones += std::popcount(word);
  while (ones != kNormalOnes) {
    const uint64_t bit = random() % 256;
    if (Get(words, bit) != (ones > kNormalOnes)) continue;
    ones += Get(words, bit) ? -1 : 1;
    Flip(words, bit);
  }
  return words;
}

void FlipSome(Words& words, Random& random, Bits bits, int radius_bits) {
  int flips =
      static_cast<int>(random() % static_cast<uint64_t>(radius_bits + 1));
  if (bits == Bits::kNormal) flips &= ~1;
  const Words before = words;
  for (int i = 0; i < flips;) {
    const uint64_t bit = random() % 256;
    if (Get(words, bit) != Get(before, bit)) continue;
    if (bits == Bits::kNormal && Get(before, bit) != (i % 2 == 0)) continue;
    Flip(words, bit);
    ++i;
  }
}

}  // namespace

HugeArray<uint8_t> MakeRows(uint64_t row_count, Bits bits) {
  Random random(kRowsSeed);
  HugeArray<uint8_t> rows(row_count * sizeof(Words));
  for (uint64_t i = 0; i < row_count; ++i) {
    const Words words = RandomWords(random, bits);
    std::memcpy(rows.data() + i * sizeof(Words), words.data(), sizeof(Words));
  }
  return rows;
}

Queries MakeQueries(const HugeArray<uint8_t>& rows, Bits bits, size_t count,
                    int radius_bits) {
  Random random(kQueriesSeed);
  Queries queries;
  for (size_t i = 0; i < count; ++i) {
    Words words = RandomWords(random, bits);
    if (i % 2 == 0) {
      const uint64_t row = random() % (rows.size() / sizeof(Words));
      queries.planted_rows.push_back(static_cast<uint32_t>(row));
      std::memcpy(words.data(), rows.data() + row * sizeof(Words),
                  sizeof(Words));
      FlipSome(words, random, bits, radius_bits);
    }
    std::memcpy(queries.hashes.emplace_back().bytes.data(), words.data(),
                sizeof(Words));
  }
  return queries;
}

}  // namespace kenal::index::bench
