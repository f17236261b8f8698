// The inner loops of the radius search, each once for every instruction set
// (chosen at run time through Highway) and once as a plain twin that the
// tests hold them against.
//
// Hashes are 32 bytes, rows one after another. Nothing here checks its
// arguments; the callers own the buffers.
#ifndef KENAL_SRC_INDEX_KERNELS_H_
#define KENAL_SRC_INDEX_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kenal::index {

inline constexpr size_t kHashBytes = 32;

// One row near one query.
struct RowHit {
  uint32_t query = 0;  // position in the call's queries
  uint32_t row = 0;
  int32_t distance = 0;
  friend auto operator<=>(const RowHit&, const RowHit&) = default;
};

// A stretch of one band's sketches to scan for one query.
struct SketchRun {
  uint32_t start = 0;  // position in the band
  uint32_t length = 0;
  uint32_t query = 0;
  uint16_t sketch = 0;  // of the query
  uint8_t bound = 0;    // sketches farther than this are rejected
  uint8_t band = 0;
};

// A sketch within its run's bound.
struct Survivor {
  uint32_t run = 0;
  uint32_t position = 0;  // in the run's band
  friend bool operator==(const Survivor&, const Survivor&) = default;
};

// A survivor whose whole hash is within the radius.
struct Verified {
  RowHit hit;
  uint32_t run = 0;
  friend bool operator==(const Verified&, const Verified&) = default;
};

// Where ScanRuns goes on.
struct ScanCursor {
  size_t run = 0;
  uint32_t done = 0;  // sketches of that run
};

// The row numbers beside the sketches of each band: `bytes` little-endian
// bytes each, 3 or 4. One byte beyond the last is readable.
struct RowNumbers {
  const uint8_t* const* by_band = nullptr;
  uint32_t bytes = 4;
};

// Free places that ScanRuns needs to make progress: a whole vector's worth.
inline constexpr size_t kSurvivorsMin = 64;

// Scans runs from `cursor` until all are done (cursor.run == runs.size()) or
// fewer than kSurvivorsMin places of `out` are free. Returns the survivors
// written, in run and position order. Each band's sketches must be readable
// for kHugeTailBytes beyond their end.
size_t ScanRuns(const uint16_t* const* sketches_by_band,
                std::span<const SketchRun> runs, ScanCursor& cursor,
                std::span<Survivor> out);

// Looks up the rows of survivors and keeps those within the radius, in order.
// out  as long as `survivors`.
size_t VerifyRows(const RowNumbers& rows, const uint8_t* hashes,
                  const uint8_t* queries, std::span<const SketchRun> runs,
                  std::span<const Survivor> survivors, int radius_bits,
                  Verified* out);

// Appends every row within the radius of each query: brute force. Batches of
// 8 and more use each row they load for all of them.
void FlatScan(const uint8_t* hashes, size_t row_count, const uint8_t* queries,
              size_t query_count, int radius_bits, std::vector<RowHit>& hits);

namespace plain {

size_t ScanRuns(const uint16_t* const* sketches_by_band,
                std::span<const SketchRun> runs, ScanCursor& cursor,
                std::span<Survivor> out);
size_t VerifyRows(const RowNumbers& rows, const uint8_t* hashes,
                  const uint8_t* queries, std::span<const SketchRun> runs,
                  std::span<const Survivor> survivors, int radius_bits,
                  Verified* out);
void FlatScan(const uint8_t* hashes, size_t row_count, const uint8_t* queries,
              size_t query_count, int radius_bits, std::vector<RowHit>& hits);

}  // namespace plain

// Names of the instruction sets that this machine runs, best first.
std::vector<const char*> KernelTargets();
// Restricts the kernels to one of them until called with nullptr. Tests and
// benchmarks only; not while another thread searches.
void UseKernelTarget(const char* name);

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_KERNELS_H_
