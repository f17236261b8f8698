// Limits of the wire contract, shared by both ends and stated in the comments
// of proto/kenal/v1.
#ifndef KENAL_SRC_WIRE_LIMITS_H_
#define KENAL_SRC_WIRE_LIMITS_H_

#include <cstddef>

namespace kenal::wire {

// A picture file sent for hashing. Larger files are hashed by the caller, who
// sends the signals.
inline constexpr size_t kPictureBytesMax = size_t{64} << 20;

// One request message: a picture and room for what is around it.
inline constexpr size_t kRequestBytesMax = size_t{65} << 20;

// One response message: 1,000,000 matches with long provenance. Well under
// the 2 GiB that a protobuf may have.
inline constexpr size_t kResponseBytesMax = size_t{1} << 30;

// Text of people: reasons, names, provenance. Longer than any path.
inline constexpr size_t kTextBytesMax = 4096;
inline constexpr size_t kSourceIdBytesMax = 512;
inline constexpr size_t kReferenceBytesMax = 1024;  // "source:" and an id
inline constexpr size_t kStreamIdBytesMax = 256;
inline constexpr size_t kWordBytesMax = 64;  // formats, failure codes

// PDQ's measure of detail.
inline constexpr int kQualityMax = 100;

// Classifications, and flags, of one entry.
inline constexpr int kTagsMax = 256;
inline constexpr int kOpinionsMax = 1024;
inline constexpr size_t kDetailsBytesMax = size_t{1} << 20;

// Drafts, references or records in one message: Curator::kDraftsMax.
inline constexpr int kItemsMax = 10'000;

// A status message travels in the trailing metadata, which many clients limit
// to 8 KiB, percent-encoded.
inline constexpr size_t kErrorBytesMax = 2048;

// Trailing metadata with every error that the server itself gives, so that a
// client can tell it from one that gRPC made up on the way.
inline constexpr char kErrorMark[] = "kenal-error";

// Import records a client puts into one message. The server takes a message
// apart on a thread that live calls need too, so it is small.
inline constexpr size_t kChunkBytes = size_t{64} << 10;

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_LIMITS_H_
