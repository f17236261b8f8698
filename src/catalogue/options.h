// Seams of the store for tests and for unusual machines.
#ifndef KENAL_SRC_CATALOGUE_OPTIONS_H_
#define KENAL_SRC_CATALOGUE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "src/catalogue/catalogue.h"

namespace rocksdb {
class Env;
}

namespace kenal::catalogue {

// Free space that writes other than withdrawals, disputes and policy edits
// leave alone: room for those, and for RocksDB to tidy up on a full disk.
inline constexpr uint64_t kSpaceReserveBytes = uint64_t{64} << 20;
// Overrides kSpaceReserveBytes for a whole process, such as on a small disk.
inline constexpr char kSpaceReserveVariable[] = "KENAL_SPACE_RESERVE_BYTES";

// A segment of an import. Other writers wait for it, so it is some hundredths
// of a second: more would be a tenth faster.
inline constexpr size_t kSegmentRecordsMax = 1'000;
inline constexpr size_t kSegmentBytesMax = size_t{2} << 20;
// Rows of all families that wait in memory, and in the write-ahead log, to be
// written out: more means fewer and longer compactions.
inline constexpr size_t kMemtableBytes = size_t{32} << 20;

struct Options {
  rocksdb::Env* env = nullptr;  // null: the system's; outlives the store
  uint64_t space_reserve_bytes = kSpaceReserveBytes;
  size_t segment_records_max = kSegmentRecordsMax;
  size_t segment_bytes_max = kSegmentBytesMax;
  size_t memtable_bytes = kMemtableBytes;
  // Called at named points of a write; tests stop the process there.
  std::function<void(std::string_view point)> at_point;
};

// Options as Catalogue::Open takes them: defaults and the environment.
Options DefaultOptions();

Status CreateWith(const std::string& folder, const Options& options);
StatusOr<std::unique_ptr<Catalogue>> OpenWith(const std::string& folder,
                                              const Options& options);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_OPTIONS_H_
