// Where everything is in a known-good file. The bytes are described in
// docs/known-good.md, "Bytes".
//
// Everything here is a function of the digest type, the number of digests and
// the number of crowded buckets, so that one set of digests has one file.
#ifndef KENAL_SRC_KNOWN_LAYOUT_H_
#define KENAL_SRC_KNOWN_LAYOUT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal::known {

// Far above any list there is (16 G); keeps arithmetic within 64 bits.
inline constexpr uint64_t kCountMax = uint64_t{1} << 34;

inline constexpr size_t kHeadBytes = 128;
inline constexpr size_t kTrailerBytes = 64;
inline constexpr size_t kCrowdedBytes = 16;  // an entry of the crowded table

// A line of the directory: a base (the digests before this line's buckets,
// and kCrowdedFlag), then the size of each bucket in a byte.
inline constexpr size_t kLineBytes = 64;
inline constexpr size_t kLineBaseBytes = 8;
inline constexpr size_t kLineBuckets = kLineBytes - kLineBaseBytes;
// A bucket of this many digests or more; its size is in the crowded table.
inline constexpr uint8_t kCrowded = 255;
inline constexpr uint64_t kCrowdedFlag = uint64_t{1} << 63;

inline constexpr size_t kListBytesMax = 64;
inline constexpr size_t kDigestBytesMax = 32;

// True for md5, sha1 and sha256.
bool IsDigest(SignalType type);

// Leading bits of a digest that choose its bucket: 0..34, never falling as
// the count grows. About 4 to 8 digests a bucket; fewer where that drops a
// byte more from each digest.
unsigned BucketBits(uint64_t count);

// The first `bits` bits of a digest of at least 8 bytes.
uint64_t BucketOf(const uint8_t* digest, unsigned bits);

struct Layout {
  SignalType type = SignalType::kSha1;
  uint64_t count = 0;
  uint64_t crowded_count = 0;

  size_t digest_bytes = 0;
  unsigned bucket_bits = 0;
  // Whole bytes that the bucket says already, and those that are kept.
  size_t dropped_bytes = 0;
  size_t kept_bytes = 0;  // 12..32
  uint64_t line_count = 0;
  // Sections, in this order, from kHeadBytes on.
  uint64_t kept_end = 0;  // the last byte of the kept bytes, and one
  uint64_t lines_begin = 0;
  uint64_t crowded_begin = 0;
  uint64_t trailer_begin = 0;
  uint64_t file_bytes = 0;
};

// count           0..kCountMax
// crowded_count   0..count / kCrowded
Layout LayoutOf(SignalType type, uint64_t count, uint64_t crowded_count);

using Head = std::array<uint8_t, kHeadBytes>;
using Trailer = std::array<uint8_t, kTrailerBytes>;

Head HeadOf(SignalType type, std::string_view list);
Trailer TrailerOf(const Head& head, const Layout& layout);

struct Opening {
  std::string list;
  Layout layout;
};
// What the two ends of a file of `size_bytes` bytes say, when they are whole
// and agree with each other and with the size.
// Errors: kDataLoss            not a known-good file, or damaged
//         kFailedPrecondition  a format of a later version
StatusOr<Opening> ReadOpening(const std::string& path, const Head& head,
                              const Trailer& trailer, uint64_t size_bytes);

// "known-good file PATH is damaged: WHAT; build it again from its source".
Status Damaged(const std::string& path, std::string_view what);

// Little-endian numbers at any address.
uint64_t Load64(const uint8_t* from);
void Store64(uint8_t* to, uint64_t value);

}  // namespace kenal::known

#endif  // KENAL_SRC_KNOWN_LAYOUT_H_
