#include "src/index/huge_array.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "src/base/check.h"

namespace kenal::index {
namespace {

constexpr size_t kHugePageBytes = size_t{2} << 20;
// A kernel without preemption gives the processor to nobody else meanwhile.
constexpr size_t kFreedAtOnce = 2 * kHugePageBytes;

size_t Padded(size_t size_bytes, size_t alignment) {
  return (size_bytes + kHugeTailBytes + alignment - 1) / alignment * alignment;
}

// Below this, a mapping of its own would waste more than it saves.
bool IsMapped(size_t size_bytes) { return size_bytes >= kHugePageBytes / 2; }

void* MapAligned(size_t size_bytes) {
  const size_t reserve = size_bytes + kHugePageBytes;
  void* raw = mmap(nullptr, reserve, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  KENAL_CHECK(raw != MAP_FAILED);
  char* begin = static_cast<char*>(raw);
  const uintptr_t address = reinterpret_cast<uintptr_t>(raw);
  const size_t skip =
      (kHugePageBytes - address % kHugePageBytes) % kHugePageBytes;
  if (skip > 0) munmap(begin, skip);
  munmap(begin + skip + size_bytes, kHugePageBytes - skip);
  madvise(begin + skip, size_bytes, MADV_HUGEPAGE);
  return begin + skip;
}

void Unmap(char* begin, size_t size_bytes) {
  while (size_bytes > 0) {
    const size_t piece = std::min(size_bytes, kFreedAtOnce);
    size_bytes -= piece;
    munmap(begin + size_bytes, piece);
  }
}

}  // namespace

void* AllocateHuge(size_t size_bytes) {
  if (IsMapped(size_bytes)) {
    return MapAligned(Padded(size_bytes, kHugePageBytes));
  }
  const size_t padded = Padded(size_bytes, 64);
  void* memory = std::aligned_alloc(64, padded);
  KENAL_CHECK(memory != nullptr);
  std::memset(memory, 0, padded);
  return memory;
}

void FreeHuge(void* memory, size_t size_bytes) {
  if (IsMapped(size_bytes)) {
    Unmap(static_cast<char*>(memory), Padded(size_bytes, kHugePageBytes));
  } else {
    std::free(memory);
  }
}

}  // namespace kenal::index
