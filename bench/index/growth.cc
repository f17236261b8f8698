#include <faiss/IndexBinaryFlat.h>
#include <faiss/IndexBinaryHNSW.h>
#include <faiss/IndexBinaryHash.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench/index/data.h"
#include "bench/index/measure.h"
#include "bench/index/searchers.h"
#include "bench/index/table.h"
#include "src/index/band_tables.h"

namespace kenal::index::bench {
namespace {

// Exponents of ten, in halves; where each stops.
constexpr int kFirstHalf = 8;
constexpr int kLastHalf = 15;
constexpr int kFaissLastHalf = 14;
constexpr int kGraphLastHalf = 11;

// Roughly how many rows a measurement may scan.
constexpr double kScanRows = 4e8;

void PrintPoint(const char* engine, uint64_t rows, const Speed& speed,
                double bytes) {
  std::printf("%s,%llu,%.1f,%.1f,%.4f\n", engine,
              static_cast<unsigned long long>(rows), speed.cpu_qps,
              bytes / static_cast<double>(rows), speed.recall);
  std::fflush(stdout);
}

size_t ScanQueries(uint64_t rows) {
  const double queries = kScanRows / static_cast<double>(rows);
  return std::max<size_t>(8, static_cast<size_t>(std::min(queries, 1024.0)));
}

void PrintOurs(const HugeArray<uint8_t>& rows, uint64_t count) {
  const BandTables tables =
      BandTables::Build(rows.data(), count, {.threads = 2});
  const Queries queries = MakeQueries(rows, Bits::kUniform, 8192, 31);
  const double bytes = static_cast<double>(tables.size_bytes() + rows.size());
  PrintPoint("kenal batch 1024", count,
             MeasureSpeed(queries, 1024, 5,
                          SearchTables(tables, queries, kDefaultRadius)),
             bytes);
  PrintPoint("kenal single", count,
             MeasureSpeed(queries, 1, 3,
                          SearchTables(tables, queries, kDefaultRadius)),
             bytes);
}

void PrintFlats(const HugeArray<uint8_t>& rows, uint64_t count, bool faiss) {
  const double bytes = static_cast<double>(rows.size());
  const Queries queries =
      MakeQueries(rows, Bits::kUniform, ScanQueries(count) * 4, 31);
  PrintPoint(
      "kenal flat batch 8", count,
      MeasureSpeed(queries, 8, 2, SearchFlat(rows, queries, kDefaultRadius)),
      bytes);
  if (!faiss) return;
  const Queries few =
      MakeQueries(rows, Bits::kUniform, ScanQueries(count) / 4 + 8, 31);
  faiss::IndexBinaryFlat flat(kHashBits);
  flat.add(static_cast<int64_t>(count), rows.data());
  PrintPoint("faiss flat", count,
             MeasureSpeed(few, 8, 1, SearchFaiss(flat, few, kDefaultRadius)),
             bytes);
}

void PrintMultiHash(const HugeArray<uint8_t>& rows, uint64_t count) {
  faiss::IndexBinaryMultiHash index(kHashBits, 16, 16);
  index.nflip = 1;
  index.add(static_cast<int64_t>(count), rows.data());
  const Queries queries = MakeQueries(rows, Bits::kUniform, 512, 31);
  // Rows, and a label of eight bytes in each of sixteen maps; the maps' own
  // nodes are not counted.
  PrintPoint("faiss multihash 16x16", count,
             MeasureSpeed(queries, 512, 2,
                          SearchFaiss(index, queries, kDefaultRadius)),
             static_cast<double>(count) * (32 + 16 * 8));
}

void PrintGraph(const HugeArray<uint8_t>& rows, uint64_t count) {
  faiss::IndexBinaryHNSW index(kHashBits, 32);
  index.hnsw.efSearch = 64;
  index.add(static_cast<int64_t>(count), rows.data());
  const Queries queries = MakeQueries(rows, Bits::kUniform, 2048, 31);
  PrintPoint(
      "faiss hnsw 32", count,
      MeasureSpeed(queries, 1024, 2, SearchFaissNearest(index, queries, 10)),
      static_cast<double>(count) * (32 + 2 * 32 * 4));
}

}  // namespace

void PrintGrowth() {
  std::printf("engine,rows,queries_per_second,bytes_per_row,planted_found\n");
  for (int half = kFirstHalf; half <= kLastHalf; ++half) {
    const auto count =
        static_cast<uint64_t>(std::llround(std::pow(10, half / 2.0)));
    const auto rows = MakeRows(count, Bits::kUniform);
    PrintOurs(rows, count);
    PrintFlats(rows, count, half <= kFaissLastHalf);
    if (half <= kFaissLastHalf) PrintMultiHash(rows, count);
    if (half <= kGraphLastHalf) PrintGraph(rows, count);
  }
}

}  // namespace kenal::index::bench
