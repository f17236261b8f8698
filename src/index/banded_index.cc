#include "src/index/banded_index.h"

#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/FaissAssert.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>

#include "src/index/faiss_radius.h"

namespace kenal::index {
namespace {

std::span<const PdqHash> AsHashes(faiss::IndexBinary::idx_t n,
                                  const uint8_t* x) {
  static_assert(sizeof(PdqHash) == kHashBytes && alignof(PdqHash) == 1);
  return {reinterpret_cast<const PdqHash*>(x), static_cast<size_t>(n)};
}

// By query, then nearest first.
void SortHits(std::vector<RowHit>& hits) {
  std::sort(hits.begin(), hits.end(), [](const RowHit& a, const RowHit& b) {
    return std::tie(a.query, a.distance, a.row) <
           std::tie(b.query, b.distance, b.row);
  });
}

}  // namespace

BandedIndex::BandedIndex(const BandedOptions& options)
    : faiss::IndexBinary(kHashBits), options_(options) {
  const int radius = options.search_radius.bits;
  FAISS_THROW_IF_NOT(radius >= 0 && radius <= kRadiusBitsMax);
}

void BandedIndex::add(idx_t n, const uint8_t* x) {
  FAISS_THROW_IF_NOT(n >= 0);
  FAISS_THROW_IF_NOT_MSG(ntotal + n < std::numeric_limits<uint32_t>::max(),
                         "BandedIndex: rows are numbered in 32 bits");
  HugeArray<uint8_t> hashes(static_cast<size_t>(ntotal + n) * kHashBytes);
  if (ntotal > 0) {
    std::memcpy(hashes.data(), hashes_.data(), hashes_.size());
  }
  if (n > 0) {
    std::memcpy(hashes.data() + hashes_.size(), x,
                static_cast<size_t>(n) * kHashBytes);
  }
  ntotal += n;
  hashes_ = std::move(hashes);
  tables_ = BandTables::Build(hashes_.data(), static_cast<uint64_t>(ntotal),
                              options_.bands);
}

void BandedIndex::search(idx_t n, const uint8_t* x, idx_t k, int32_t* distances,
                         idx_t* labels,
                         const faiss::SearchParameters* params) const {
  FAISS_THROW_IF_NOT_MSG(params == nullptr,
                         "BandedIndex: search parameters are not supported");
  FAISS_THROW_IF_NOT(n >= 0 && k > 0);
  std::fill_n(distances, n * k, std::numeric_limits<int32_t>::max());
  std::fill_n(labels, n * k, idx_t{-1});
  std::vector<RowHit> hits;
  tables_.Search(AsHashes(n, x), options_.search_radius, hits);
  SortHits(hits);
  uint32_t query = 0;
  idx_t rank = 0;
  for (const RowHit& hit : hits) {
    if (hit.query != query) rank = 0;
    query = hit.query;
    if (rank == k) continue;
    const idx_t place = idx_t{query} * k + rank++;
    distances[place] = hit.distance;
    labels[place] = hit.row;
  }
}

void BandedIndex::range_search(idx_t n, const uint8_t* x, int radius,
                               faiss::RangeSearchResult* result,
                               const faiss::SearchParameters* params) const {
  FAISS_THROW_IF_NOT_MSG(params == nullptr,
                         "BandedIndex: search parameters are not supported");
  FAISS_THROW_IF_NOT(n >= 0);
  FAISS_THROW_IF_NOT_MSG(radius >= 0 && radius <= kRadiusBitsMax + 1,
                         "BandedIndex: radius beyond kRadiusBitsMax");
  std::vector<RowHit> hits;
  if (radius > 0) {
    tables_.Search(AsHashes(n, x), FromFaissRadius(radius), hits);
    SortHits(hits);
  }
  std::fill_n(result->lims, n + 1, size_t{0});
  for (const RowHit& hit : hits) ++result->lims[hit.query];
  result->do_allocation();
  for (size_t i = 0; i < hits.size(); ++i) {
    result->labels[i] = hits[i].row;
    result->distances[i] = static_cast<float>(hits[i].distance);
  }
}

void BandedIndex::reset() {
  tables_ = BandTables();
  hashes_ = HugeArray<uint8_t>();
  ntotal = 0;
}

void BandedIndex::reconstruct(idx_t key, uint8_t* recons) const {
  FAISS_THROW_IF_NOT(key >= 0 && key < ntotal);
  std::memcpy(recons, hashes_.data() + static_cast<size_t>(key) * kHashBytes,
              kHashBytes);
}

}  // namespace kenal::index
