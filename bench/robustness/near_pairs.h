// Brute force: every query hash against every stored row.
#ifndef KENAL_BENCH_ROBUSTNESS_NEAR_PAIRS_H_
#define KENAL_BENCH_ROBUSTNESS_NEAR_PAIRS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kenal/signal.h"

namespace kenal::robustness {

// Where a hash comes from.
struct Tag {
  uint32_t picture = 0;
  uint32_t beside = 0;  // a picture that is shown too; `picture` when none is
  uint16_t alteration = 0;
  View view = View::kStored;
  Variant variant = Variant::kOrig;
  bool template_like = false;
  // The variant of a whole picture that also has them exact (View::kTurned).
  bool is_superseded = false;
};

// Hashes by 64-bit word, so that one instruction takes several rows.
struct HashTable {
  std::array<std::vector<uint64_t>, 4> words;
  std::vector<Tag> tags;

  size_t size() const { return tags.size(); }
  void Add(const PdqHash& hash, const Tag& tag);
  void Append(const HashTable& other);
};

inline constexpr int kPairBitsMax = kRadiusBitsMax;
inline constexpr int kCountedBitsMax = 111;

struct NearPair {
  uint32_t query = 0;  // positions in the tables
  uint32_t row = 0;
  int distance = 0;
};

struct NearPairs {
  uint64_t comparison_count = 0;
  // Comparisons by distance, up to kCountedBitsMax.
  std::array<uint64_t, kCountedBitsMax + 1> counts{};
  std::vector<NearPair> pairs;  // within kPairBitsMax, in order of queries

  uint64_t CountWithin(int bits) const;
};

// Rows of the query's own picture, and of the one beside it, are not compared
// when both tables are of one corpus.
NearPairs FindNearPairs(const std::string& what, const HashTable& queries,
                        const HashTable& rows, bool is_one_corpus, int threads);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_NEAR_PAIRS_H_
