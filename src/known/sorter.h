// Sorts digests of any number in bounded memory, each kept once.
//
// Digests gather in one block of memory; a full block is sorted and spilled as
// a run to a file without a name; runs are merged when all is in.
#ifndef KENAL_SRC_KNOWN_SORTER_H_
#define KENAL_SRC_KNOWN_SORTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "kenal/status.h"
#include "src/known/disk.h"

namespace kenal::known {

// Not thread-safe. After an error only destruction makes sense.
class DigestSorter {
 public:
  // digest_bytes   16, 20 or 32
  // memory_bytes   all that is held: the block, then the buffers of the merge
  // workplace      where runs are spilled; must outlive the sorter
  DigestSorter(size_t digest_bytes, uint64_t memory_bytes,
               const Workplace& workplace);

  // Whole digests, one after the other.
  // Errors: as FileError; kResourceExhausted when there are more runs than
  //         the memory can merge, with the step to take
  Status Add(std::span<const uint8_t> digests);

  // After the last Add, once.
  Status Seal();

  // Limits of the number of different digests, after Seal: equal when all fit
  // in memory.
  uint64_t distinct_min() const { return distinct_min_; }
  uint64_t distinct_max() const { return distinct_max_; }

  // Gives each digest once, in ascending order, in blocks of at most
  // kBlockDigests; stops at the first error of `block` and returns it. After
  // Seal, any number of times.
  using Block = std::function<Status(std::span<const uint8_t> digests)>;
  Status Merge(const Block& block);

  static constexpr size_t kBlockDigests = 4096;

 private:
  struct Run {
    uint64_t begin = 0;  // in the spill file
    uint64_t end = 0;
  };
  class Merger;

  void SortBlock();
  Status Spill();
  Status MergeRuns(const Block& block);

  const size_t digest_bytes_;
  const size_t capacity_bytes_;
  const Workplace& workplace_;
  std::unique_ptr<uint8_t[]> memory_;
  size_t used_bytes_ = 0;
  Descriptor spill_;
  std::vector<Run> runs_;
  uint64_t distinct_min_ = 0;
  uint64_t distinct_max_ = 0;
};

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_SORTER_H_
