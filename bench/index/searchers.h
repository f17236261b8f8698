// Ours and its rivals as Searchers. Each borrows its index and its queries.
#ifndef KENAL_BENCH_INDEX_SEARCHERS_H_
#define KENAL_BENCH_INDEX_SEARCHERS_H_

#include <faiss/IndexBinary.h>

#include "bench/index/data.h"
#include "bench/index/measure.h"
#include "src/index/band_tables.h"

namespace kenal::index::bench {

Searcher SearchTables(const BandTables& tables, const Queries& queries,
                      Radius radius, SearchStats* stats = nullptr);

// FAISS's range_search, on one thread.
Searcher SearchFaiss(const faiss::IndexBinary& index, const Queries& queries,
                     Radius radius);

// FAISS's k-nearest search, for graphs, which have no range_search; a planted
// row counts as found when it is among the k nearest.
Searcher SearchFaissNearest(const faiss::IndexBinary& index,
                            const Queries& queries, int k);

// Our flat kernel over all rows.
Searcher SearchFlat(const HugeArray<uint8_t>& rows, const Queries& queries,
                    Radius radius);

}  // namespace kenal::index::bench

#endif  // KENAL_BENCH_INDEX_SEARCHERS_H_
