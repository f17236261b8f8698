// Hashes and queries for the index benchmarks.
#ifndef KENAL_BENCH_INDEX_DATA_H_
#define KENAL_BENCH_INDEX_DATA_H_

#include <cstdint>
#include <vector>

#include "kenal/signal.h"
#include "src/index/huge_array.h"

namespace kenal::index::bench {

// What the bits of a hash are drawn from.
enum class Bits {
  kUniform,  // each bit by itself
  kNormal,   // 128 of 256 set, as PDQ gives for ordinary pictures
};

// row_count * 32 bytes; the same for the same arguments.
HugeArray<uint8_t> MakeRows(uint64_t row_count, Bits bits);

// Queries of which the even ones are planted: a row with up to radius_bits
// bits flipped (an even number, half of them set, for kNormal).
struct Queries {
  std::vector<PdqHash> hashes;
  std::vector<uint32_t> planted_rows;  // of query 2 * i
};
Queries MakeQueries(const HugeArray<uint8_t>& rows, Bits bits, size_t count,
                    int radius_bits);

// Uniform rows made hard: of each hundred rows one shares 16 bits of a band
// with all its like, one is within 8 bits of zero, and one is in a cluster of
// 5,000 within 24 bits of each other. The queries that meet each kind.
struct HardData {
  HugeArray<uint8_t> rows;
  Queries crowded;
  Queries zeros;
  Queries clusters;
};
HardData MakeHardData(uint64_t row_count, size_t query_count);

}  // namespace kenal::index::bench

#endif  // KENAL_BENCH_INDEX_DATA_H_
