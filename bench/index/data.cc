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

HardData MakeHardData(uint64_t row_count, size_t query_count) {
  constexpr uint64_t kClusterRows = 5000;
  constexpr int kZeroOnesMax = 8;
  constexpr int kClusterFlipsMax = 12;
  Random random(kRowsSeed);
  HardData data;
  data.rows = MakeRows(row_count, Bits::kUniform);
  Words centre{};
  for (uint64_t i = 0; i < row_count; i += 100) {
    uint8_t* row = data.rows.data() + i * sizeof(Words);
    row[6] = row[7] = 0x5a;
    Words words{};
    FlipSome(words, random, Bits::kUniform, kZeroOnesMax);
    std::memcpy(row + sizeof(Words), words.data(), sizeof(Words));
    if (i / 100 % kClusterRows == 0) {
      centre = RandomWords(random, Bits::kUniform);
    }
    words = centre;
    FlipSome(words, random, Bits::kUniform, kClusterFlipsMax);
    std::memcpy(row + 2 * sizeof(Words), words.data(), sizeof(Words));
  }
  for (uint64_t kind = 0; kind < 3; ++kind) {
    Queries queries;
    for (size_t i = 0; i < query_count; ++i) {
      const uint64_t row = random() % (row_count / 100) * 100 + kind;
      Words words{};
      std::memcpy(words.data(), data.rows.data() + row * sizeof(Words),
                  sizeof(Words));
      std::memcpy(queries.hashes.emplace_back().bytes.data(), words.data(),
                  sizeof(Words));
      if (i % 2 == 0) {
        queries.planted_rows.push_back(static_cast<uint32_t>(row));
      }
    }
    (kind == 0   ? data.crowded
     : kind == 1 ? data.zeros
                 : data.clusters) = std::move(queries);
  }
  return data;
}

}  // namespace kenal::index::bench
