// Seeds, hashes and a brute-force model for the tests of the index.
#ifndef KENAL_TESTS_INDEX_TEST_DATA_H_
#define KENAL_TESTS_INDEX_TEST_DATA_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "src/index/live_index.h"
#include "src/signal/posting.h"

namespace kenal::index {

// KENAL_TEST_SEED, or a fixed number so that a plain run repeats itself.
inline uint64_t TestSeed() {
  const char* text = std::getenv("KENAL_TEST_SEED");
  return text == nullptr ? 20240607 : std::strtoull(text, nullptr, 10);
}

using Random = std::mt19937_64;

inline PdqHash RandomHash(Random& random) {
  PdqHash hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

inline void FlipBit(PdqHash& hash, uint64_t bit) {
  hash.bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
}

// A hash with exactly `distance` bits other than those of `hash`.
inline PdqHash AtDistance(PdqHash hash, int distance, Random& random) {
  std::set<uint64_t> bits;
  while (static_cast<int>(bits.size()) < distance) bits.insert(random() % 256);
  for (const uint64_t bit : bits) FlipBit(hash, bit);
  return hash;
}

// 128 of 256 bits set, as a normal PDQ hash has.
inline PdqHash RandomNormalHash(Random& random) {
  return AtDistance(PdqHash{}, 128, random);
}

inline Posting PdqPosting(const PdqHash& hash, uint64_t entry,
                          View view = View::kStored,
                          bool template_like = false) {
  return {.type = SignalType::kPdq,
          .view = view,
          .bits = hash.bytes,
          .entry = EntryId{entry},
          .template_like = template_like};
}

// The hit of query 0 on such a posting.
inline NearHit HitOf(uint64_t entry, int distance = 0,
                     View view = View::kStored, bool template_like = false) {
  return {.entry = EntryId{entry},
          .view = view,
          .template_like = template_like,
          .distance = distance};
}

// Postings in a set, searched one by one.
class Model {
 public:
  void Apply(const Delta& delta) {
    for (const Posting& posting : delta.removed) postings_.erase(posting);
    for (const Posting& posting : delta.added) postings_.insert(posting);
  }

  std::vector<NearHit> FindNear(std::span<const PdqHash> queries,
                                Radius radius) const {
    std::vector<NearHit> hits;
    for (const Posting& posting : postings_) {
      if (posting.type != SignalType::kPdq) continue;
      const PdqHash hash{posting.bits};
      for (uint32_t i = 0; i < queries.size(); ++i) {
        const int distance = HammingDistance(queries[i], hash);
        if (distance > radius.bits) continue;
        hits.push_back({.query = i,
                        .entry = posting.entry,
                        .view = posting.view,
                        .template_like = posting.template_like,
                        .distance = distance});
      }
    }
    std::sort(hits.begin(), hits.end());
    return hits;
  }

  std::vector<DigestHit> FindDigests(
      std::span<const DigestQuery> queries) const {
    std::vector<DigestHit> hits;
    for (const Posting& posting : postings_) {
      for (uint32_t i = 0; i < queries.size(); ++i) {
        if (posting.type == queries[i].type &&
            posting.bits == queries[i].bits) {
          hits.push_back({i, posting.entry});
        }
      }
    }
    std::sort(hits.begin(), hits.end());
    return hits;
  }

  uint64_t Rows(bool pdq) const {
    std::set<std::pair<SignalType, std::array<uint8_t, 32>>> rows;
    for (const Posting& posting : postings_) {
      if ((posting.type == SignalType::kPdq) == pdq) {
        rows.insert({posting.type, posting.bits});
      }
    }
    return rows.size();
  }

  const std::set<Posting>& postings() const { return postings_; }

 private:
  std::set<Posting> postings_;
};

inline std::vector<NearHit> SortedNear(const IndexSet& set,
                                       std::span<const PdqHash> queries,
                                       Radius radius) {
  std::vector<NearHit> hits;
  set.FindNear(queries, radius, hits);
  std::sort(hits.begin(), hits.end());
  return hits;
}

inline std::vector<DigestHit> SortedDigests(
    const IndexSet& set, std::span<const DigestQuery> queries) {
  std::vector<DigestHit> hits;
  set.FindDigests(queries, hits);
  std::sort(hits.begin(), hits.end());
  return hits;
}

}  // namespace kenal::index

#endif  // KENAL_TESTS_INDEX_TEST_DATA_H_
