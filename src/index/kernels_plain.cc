#include <bit>
#include <cstring>

#include "src/index/kernels.h"

namespace kenal::index::plain {
namespace {

int Distance(const uint8_t* a, const uint8_t* b) {
  int distance = 0;
  for (size_t i = 0; i < kHashBytes; ++i) {
    distance += std::popcount(static_cast<uint8_t>(a[i] ^ b[i]));
  }
  return distance;
}

}  // namespace

size_t ScanRuns(const uint16_t* const* sketches_by_band,
                std::span<const SketchRun> runs, ScanCursor& cursor,
                std::span<Survivor> out) {
  size_t count = 0;
  for (; cursor.run < runs.size(); ++cursor.run, cursor.done = 0) {
    const SketchRun& run = runs[cursor.run];
    const uint16_t* sketches = sketches_by_band[run.band] + run.start;
    for (; cursor.done < run.length; ++cursor.done) {
      if (out.size() - count < kSurvivorsMin) return count;
      const auto differing =
          static_cast<uint16_t>(sketches[cursor.done] ^ run.sketch);
      if (std::popcount(differing) > run.bound) continue;
      out[count++] = {static_cast<uint32_t>(cursor.run),
                      run.start + cursor.done};
    }
  }
  return count;
}

size_t VerifyRows(const RowNumbers& rows, const uint8_t* hashes,
                  const uint8_t* queries, std::span<const SketchRun> runs,
                  std::span<const Survivor> survivors, int radius_bits,
                  Verified* out) {
  size_t count = 0;
  for (const Survivor& survivor : survivors) {
    const SketchRun& run = runs[survivor.run];
    const uint8_t* place =
        rows.by_band[run.band] + size_t{survivor.position} * rows.bytes;
    uint32_t row = 0;
    for (uint32_t i = 0; i < rows.bytes; ++i) {
      row |= uint32_t{place[i]} << (8 * i);
    }
    const int distance =
        Distance(hashes + row * kHashBytes, queries + run.query * kHashBytes);
    if (distance > radius_bits) continue;
    out[count++] = {{run.query, row, distance}, survivor.run};
  }
  return count;
}

void FlatScan(const uint8_t* hashes, size_t row_count, const uint8_t* queries,
              size_t query_count, int radius_bits, std::vector<RowHit>& hits) {
  for (size_t row = 0; row < row_count; ++row) {
    for (size_t query = 0; query < query_count; ++query) {
      const int distance =
          Distance(hashes + row * kHashBytes, queries + query * kHashBytes);
      if (distance > radius_bits) continue;
      hits.push_back(
          {static_cast<uint32_t>(query), static_cast<uint32_t>(row), distance});
    }
  }
}

}  // namespace kenal::index::plain
