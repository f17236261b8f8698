#include "bench/index/searchers.h"

#include <faiss/impl/AuxIndexStructures.h>
#include <omp.h>

#include <memory>

#include "src/index/faiss_radius.h"
#include "src/index/kernels.h"

namespace kenal::index::bench {
namespace {

size_t CountPlanted(const Queries& queries, size_t first,
                    const std::vector<RowHit>& hits) {
  size_t found = 0;
  for (const RowHit& hit : hits) {
    const size_t query = first + hit.query;
    if (query % 2 == 0 && queries.planted_rows[query / 2] == hit.row) ++found;
  }
  return found;
}

}  // namespace

Searcher SearchTables(const BandTables& tables, const Queries& queries,
                      Radius radius, SearchStats* stats) {
  auto hits = std::make_shared<std::vector<RowHit>>();
  return [&tables, &queries, radius, stats, hits](
             std::span<const PdqHash> batch, size_t first) {
    hits->clear();
    tables.Search(batch, radius, *hits, stats);
    return CountPlanted(queries, first, *hits);
  };
}

Searcher SearchFaiss(const faiss::IndexBinary& index, const Queries& queries,
                     Radius radius) {
  return
      [&index, &queries, radius](std::span<const PdqHash> batch, size_t first) {
        omp_set_num_threads(1);
        const auto n = static_cast<int64_t>(batch.size());
        faiss::RangeSearchResult result(n);
        index.range_search(n, batch[0].bytes.data(), ToFaissRadius(radius),
                           &result);
        size_t found = 0;
        for (size_t i = 0; i < batch.size(); ++i) {
          const size_t query = first + i;
          if (query % 2 != 0) continue;
          for (size_t k = result.lims[i]; k < result.lims[i + 1]; ++k) {
            if (result.labels[k] == queries.planted_rows[query / 2]) ++found;
          }
        }
        return found;
      };
}

Searcher SearchFaissNearest(const faiss::IndexBinary& index,
                            const Queries& queries, int k) {
  return [&index, &queries, k](std::span<const PdqHash> batch, size_t first) {
    omp_set_num_threads(1);
    const size_t places = batch.size() * static_cast<size_t>(k);
    std::vector<int32_t> distances(places);
    std::vector<int64_t> labels(places);
    index.search(static_cast<int64_t>(batch.size()), batch[0].bytes.data(), k,
                 distances.data(), labels.data());
    size_t found = 0;
    for (size_t i = 0; i < places; ++i) {
      const size_t query = first + i / static_cast<size_t>(k);
      if (query % 2 == 0 && labels[i] == queries.planted_rows[query / 2]) {
        ++found;
      }
    }
    return found;
  };
}

Searcher SearchFlat(const HugeArray<uint8_t>& rows, const Queries& queries,
                    Radius radius) {
  auto hits = std::make_shared<std::vector<RowHit>>();
  return [&rows, &queries, radius, hits](std::span<const PdqHash> batch,
                                         size_t first) {
    hits->clear();
    FlatScan(rows.data(), rows.size() / kHashBytes, batch[0].bytes.data(),
             batch.size(), radius.bits, *hits);
    return CountPlanted(queries, first, *hits);
  };
}

}  // namespace kenal::index::bench
