// Every limit of the decoder, with its reason. What a header says is held
// against these before memory is asked for.
#ifndef KENAL_SRC_DECODE_LIMITS_H_
#define KENAL_SRC_DECODE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace kenal::decode {

inline constexpr uint64_t kMebibyte = 1024 * 1024;

// One picture file. The largest that cameras write are about half of this.
inline constexpr uint64_t kInputBytesMax = 256 * kMebibyte;

// One side of a picture: PdqStream's limit.
inline constexpr uint32_t kSideMax = 32'768;

// Pixels, where rows go straight from the codec into the hash and memory does
// not grow with the picture. Phones make 108 and 200 Mpx.
inline constexpr uint64_t kStreamedPixelsMax = 256'000'000;

// Memory that a codec and the turned copy may need, computed from the header.
// With the input, the program and its libraries it stays under
// kWorkerBytesMax.
inline constexpr uint64_t kDecodeBytesMax = 384 * kMebibyte;

// Address space of a worker (RLIMIT_AS), hence also its resident memory.
inline constexpr uint64_t kWorkerBytesMax = 576 * kMebibyte;

// Address space of the program, its libraries and tables before the first
// file: 101 MiB measured, rounded up. OpenCV and what it brings are 66 of
// them, of which hardly any is ever touched: 15 MiB are resident.
inline constexpr uint64_t kProgramBytes = 112 * kMebibyte;

// Address space for stacks, the codec's tables and fragments, kept free when
// the input and the need are held against kWorkerBytesMax.
inline constexpr uint64_t kWorkerSlackBytes = 24 * kMebibyte;

// Scans of a progressive JPEG. Encoders make about ten; each scan is another
// pass over all coefficients, which makes a small file slow.
inline constexpr int kJpegScansMax = 500;

// Chunks looked at in one WebP file. A frame is a chunk; only the first frame
// is decoded, the rest is walked over to find the orientation.
inline constexpr int kWebpChunksMax = 100'000;

// Blocks before the first frame of a GIF, and markers before the first scan
// of a JPEG. Real files have under a hundred.
inline constexpr int kHeaderBlocksMax = 10'000;

// Items of a HEIF or AVIF file made from items, one from the other. An overlay
// of grids with an alpha of their own is 3.
inline constexpr int kHeifDepthMax = 8;

// Items decoded for one picture, each as often as something is made from it:
// eight grids of one another would decode one tile 2^128 times. A grid may have
// 65,536 tiles, but long before that the CPU limit ends it.
inline constexpr uint64_t kHeifDecodesMax = 20'000;

// Items of a file: what libheif reads, too.
inline constexpr size_t kHeifItemsMax = 20'000;

// References between them; a real grid has a few hundred.
inline constexpr size_t kHeifReferencesMax = 100'000;

// What libpng may ask for at once: a chunk, as the file has it or inflated.
// Its rows are smaller.
inline constexpr uint64_t kPngChunkBytesMax = 4 * kMebibyte;

// CPU time for one file; a 256 Mpx JPEG with its turned copy takes about 4 s.
// The worker's own timer ends it at the first figure, the parent at the
// second.
inline constexpr int64_t kWorkerCpuMs = 4'700;
inline constexpr int64_t kFileCpuMs = 4'900;

// Wall-clock time for one file. Four times the CPU limit, since a machine may
// be busy with other work.
inline constexpr int64_t kFileWallMs = 20'000;

// Files after which a worker gives way to a fresh one, so that a slow leak in
// a codec cannot add up.
inline constexpr int kFilesPerWorker = 20'000;

// Files that ended a worker, remembered by digest so as not to try them
// again. 32 bytes each.
inline constexpr size_t kRefusedFilesMax = 65'536;

inline constexpr int kWorkersMax = 64;

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_LIMITS_H_
