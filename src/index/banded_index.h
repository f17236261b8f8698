// BandedIndex: exact near search over 256-bit hashes as a faiss::IndexBinary.
//
//   BandedIndex index;
//   index.add(n, hashes);                     // n * 32 bytes
//   index.range_search(1, query, 32, &found); // strict: distances 0 to 31
//   index.Search(queries, Radius{31}, hits);  // inclusive, no FAISS types
//
// Immutable once built: `add` to an index that has rows builds it again with
// the new ones, so add all rows in one call. Searches are thread-safe and use
// the calling thread only. FAISS's methods report misuse as it does, by
// faiss::FaissException.
#ifndef KENAL_SRC_INDEX_BANDED_INDEX_H_
#define KENAL_SRC_INDEX_BANDED_INDEX_H_

#include <faiss/IndexBinary.h>

#include <cstdint>
#include <span>
#include <vector>

#include "kenal/signal.h"
#include "src/index/band_tables.h"
#include "src/index/huge_array.h"

namespace kenal::index {

struct BandedOptions {
  BandOptions bands;
  // `search` looks no farther than this, inclusive.
  Radius search_radius = kDefaultRadius;
};

class BandedIndex final : public faiss::IndexBinary {
 public:
  explicit BandedIndex(const BandedOptions& options = {});

  // Takes n rows of 32 bytes; labels go on from ntotal.
  // Cost: docs/index.md; about 0.3 s a million rows.
  void add(idx_t n, const uint8_t* x) override;

  // The k nearest rows within the options' radius of each query, nearest
  // first and by label among equals; the rest is label -1 and distance
  // INT32_MAX.
  void search(idx_t n, const uint8_t* x, idx_t k, int32_t* distances,
              idx_t* labels,
              const faiss::SearchParameters* params = nullptr) const override;

  // All rows at a distance strictly below `radius` (FAISS's convention),
  // which is 0..kRadiusBitsMax + 1.
  void range_search(
      idx_t n, const uint8_t* x, int radius, faiss::RangeSearchResult* result,
      const faiss::SearchParameters* params = nullptr) const override;

  void reset() override;
  void reconstruct(idx_t key, uint8_t* recons) const override;

  // As BandTables::Search: the batch entry point.
  void Search(std::span<const PdqHash> queries, Radius radius,
              std::vector<RowHit>& hits, SearchStats* stats = nullptr) const {
    tables_.Search(queries, radius, hits, stats);
  }

  const BandTables& tables() const { return tables_; }
  uint64_t size_bytes() const {
    return hashes_.size_bytes() + tables_.size_bytes();
  }

 private:
  BandedOptions options_;
  HugeArray<uint8_t> hashes_;
  BandTables tables_;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_BANDED_INDEX_H_
