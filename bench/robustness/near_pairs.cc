#include "bench/robustness/near_pairs.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "bench/robustness/parallel.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define KENAL_CLONES \
  __attribute__((target_clones("default", "popcnt", "arch=icelake-server")))
#else
#define KENAL_CLONES
#endif

namespace kenal::robustness {
namespace {

constexpr size_t kBlockRows = 1024;
constexpr size_t kQueriesPerTask = 512;

using Words = std::array<uint64_t, 4>;
using Distances = std::array<uint64_t, kBlockRows>;

KENAL_CLONES uint64_t Measure(const Words& query, const uint64_t* a,
                              const uint64_t* b, const uint64_t* c,
                              const uint64_t* d, uint64_t* out) {
  uint64_t least = 256;
  for (size_t i = 0; i < kBlockRows; ++i) {
    const auto bits =
        static_cast<uint64_t>(__builtin_popcountll(query[0] ^ a[i]) +
                              __builtin_popcountll(query[1] ^ b[i]) +
                              __builtin_popcountll(query[2] ^ c[i]) +
                              __builtin_popcountll(query[3] ^ d[i]));
    out[i] = bits;
    least = bits < least ? bits : least;
  }
  return least;
}

class Search {
 public:
  Search(const HashTable& queries, const HashTable& rows, bool is_one_corpus)
      : queries_(queries), rows_(rows), is_one_corpus_(is_one_corpus) {
    const size_t blocks = (rows.size() + kBlockRows - 1) / kBlockRows;
    for (size_t i = 0; i < 4; ++i) {
      words_[i] = rows.words[i];
      words_[i].resize(blocks * kBlockRows);
    }
    for (const Tag& tag : rows.tags) ++rows_of_[tag.picture];
  }

  // Every row, for the queries from first to last.
  NearPairs Run(size_t first, size_t last) const {
    NearPairs found;
    for (size_t q = first; q < last; ++q) RunOne(q, found);
    return found;
  }

 private:
  bool IsOwn(const Tag& query, const Tag& row) const {
    return is_one_corpus_ &&
           (query.picture == row.picture || query.beside == row.picture);
  }

  size_t OwnCount(const Tag& query) const {
    if (!is_one_corpus_) return 0;
    const auto count = [&](uint32_t picture) {
      const auto found = rows_of_.find(picture);
      return found == rows_of_.end() ? 0 : found->second;
    };
    return count(query.picture) +
           (query.beside == query.picture ? 0 : count(query.beside));
  }

  void RunOne(size_t q, NearPairs& found) const {
    const Words query = {queries_.words[0][q], queries_.words[1][q],
                         queries_.words[2][q], queries_.words[3][q]};
    const Tag& tag = queries_.tags[q];
    found.comparison_count += rows_.size() - OwnCount(tag);
    Distances distances;
    for (size_t start = 0; start < rows_.size(); start += kBlockRows) {
      const uint64_t least = Measure(
          query, words_[0].data() + start, words_[1].data() + start,
          words_[2].data() + start, words_[3].data() + start, distances.data());
      if (least > kCountedBitsMax) continue;
      const size_t count = std::min(kBlockRows, rows_.size() - start);
      for (size_t i = 0; i < count; ++i) {
        if (distances[i] > kCountedBitsMax) continue;
        if (IsOwn(tag, rows_.tags[start + i])) continue;
        ++found.counts[distances[i]];
        if (distances[i] > kPairBitsMax) continue;
        found.pairs.push_back({static_cast<uint32_t>(q),
                               static_cast<uint32_t>(start + i),
                               static_cast<int>(distances[i])});
      }
    }
  }

  const HashTable& queries_;
  const HashTable& rows_;
  bool is_one_corpus_;
  std::array<std::vector<uint64_t>, 4> words_;  // whole blocks
  std::unordered_map<uint32_t, size_t> rows_of_;
};

}  // namespace

void HashTable::Add(const PdqHash& hash, const Tag& tag) {
  for (size_t i = 0; i < words.size(); ++i) {
    uint64_t word = 0;
    std::memcpy(&word, hash.bytes.data() + i * sizeof(word), sizeof(word));
    words[i].push_back(word);
  }
  tags.push_back(tag);
}

void HashTable::Append(const HashTable& other) {
  for (size_t i = 0; i < words.size(); ++i) {
    words[i].insert(words[i].end(), other.words[i].begin(),
                    other.words[i].end());
  }
  tags.insert(tags.end(), other.tags.begin(), other.tags.end());
}

uint64_t NearPairs::CountWithin(int bits) const {
  uint64_t sum = 0;
  for (int i = 0; i <= bits; ++i) sum += counts[static_cast<size_t>(i)];
  return sum;
}

NearPairs FindNearPairs(const std::string& what, const HashTable& queries,
                        const HashTable& rows, bool is_one_corpus,
                        int threads) {
  const Search search(queries, rows, is_one_corpus);
  const size_t tasks = (queries.size() + kQueriesPerTask - 1) / kQueriesPerTask;
  std::vector<NearPairs> parts(tasks);
  ForEach(what, tasks, threads, [&](size_t i) {
    const size_t first = i * kQueriesPerTask;
    parts[i] =
        search.Run(first, std::min(first + kQueriesPerTask, queries.size()));
  });
  NearPairs all;
  for (const NearPairs& part : parts) {
    all.comparison_count += part.comparison_count;
    for (size_t i = 0; i < all.counts.size(); ++i) {
      all.counts[i] += part.counts[i];
    }
    all.pairs.insert(all.pairs.end(), part.pairs.begin(), part.pairs.end());
  }
  return all;
}

}  // namespace kenal::robustness
