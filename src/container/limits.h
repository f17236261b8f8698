// Limits of the worker that opens containers, with their reasons. What a
// caller may choose is in container.h (Limits).
#ifndef KENAL_SRC_CONTAINER_LIMITS_H_
#define KENAL_SRC_CONTAINER_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace kenal::container {

// Address space of a worker (RLIMIT_AS), hence also its resident memory. The
// program and its libraries are a tenth of it; a folder of a million names
// that libtsk holds at once is half; a 7z or rar dictionary of 256 MiB fits.
inline constexpr uint64_t kOpenerBytesMax = uint64_t{640} << 20;

// Entries in one packet at most, so that a slow listing shows early.
inline constexpr size_t kBatchEntriesMax = 256;

// Folders in one another. Windows and Linux stop at paths of 32 KiB and
// 4 KiB; real trees have under a hundred.
inline constexpr size_t kDepthMax = 512;

// What an archive may unpack to whatever its size.
inline constexpr uint64_t kExpansionFloorBytes = uint64_t{1} << 30;

// Thumbnails of one cache, and bytes of one of them. Windows keeps up to 1,280
// pixels a side, which is 6 MiB uncompressed.
inline constexpr size_t kThumbnailsMax = 200'000;
inline constexpr uint64_t kThumbnailBytesMax = uint64_t{16} << 20;

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_LIMITS_H_
