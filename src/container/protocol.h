// The words that parent and opener exchange over their socket pair.
//
// One message a packet (SOCK_SEQPACKET). Orders have a fixed size; answers are
// at most kPacketBytesMax. All of an answer is checked before it is used: a
// worker may have been taken over by the container it was given.
//
//   Open, then one Segments for each kSegmentsPerPacket descriptors, which
//     travel with it (SCM_RIGHTS)      -> Opened | End
//   Next                               -> Entries | End
//   Read, ReadImage                    -> Data ..., End
//
// A worker sends at most the credit that it was given before it waits for
// Credit or Stop. While it owes an answer it may send Alive at any time.
#ifndef KENAL_SRC_CONTAINER_PROTOCOL_H_
#define KENAL_SRC_CONTAINER_PROTOCOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/container/container.h"
#include "src/container/reason.h"

namespace kenal::container {

// "KnlO", then the version of these messages in the last byte.
inline constexpr uint64_t kMark = 0x4B6E6C4F'00000001;

inline constexpr size_t kOrderBytes = 96;
inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kDataBytesMax = 128 * 1024;
inline constexpr size_t kPacketBytesMax = kHeaderBytes + kDataBytesMax;
inline constexpr size_t kSegmentsPerPacket = 250;  // SCM_MAX_FD is 253
inline constexpr size_t kVolumesMax = 256;
inline constexpr size_t kDescriptionBytesMax = 128;
inline constexpr size_t kWordBytesMax = 32;
inline constexpr size_t kDigestsMax = 2;
// Two packets and a half fit in a socket; more credit keeps it full.
inline constexpr uint64_t kCreditBytes = 8 * kDataBytesMax;

enum class OrderType : uint8_t {
  kOpen = 1,
  kNext,
  kRead,
  kReadImage,
  kCredit,  // as much again as kCreditBytes / 2
  kStop,    // no more Data; End follows
  kClose,   // the container is done with; no answer
};

struct Order {
  OrderType type = OrderType::kNext;
  // Of kOpen.
  Kind kind = Kind::kNone;
  uint32_t segment_count = 0;
  Limits limits;  // those that a worker holds itself to
  // Of kRead.
  Place place;
};
using OrderMessage = std::array<uint8_t, kOrderBytes>;

enum class AnswerType : uint8_t {
  kAlive = 1,
  kOpened,
  kEntries,
  kData,
  kEnd,
};

struct Opened {
  std::string format;
  uint64_t media_bytes = 0;
  std::vector<Volume> volumes;
  std::vector<StoredDigest> digests;
};

struct Answer {
  AnswerType type = AnswerType::kAlive;
  Opened opened;
  std::vector<Entry> entries;
  std::span<const uint8_t> data;  // within the packet
  Reason reason = Reason::kNone;  // of kEnd
};

OrderMessage Encode(const Order& order);
StatusOr<Order> ParseOrder(std::span<const uint8_t> message);

// The sizes of the segments whose descriptors come with it.
std::vector<uint8_t> EncodeSegments(std::span<const uint64_t> sizes);
StatusOr<std::vector<uint64_t>> ParseSegments(std::span<const uint8_t> message);

// Builds one answer, as far as it fits.
class AnswerWriter {
 public:
  std::span<const uint8_t> Alive();
  std::span<const uint8_t> End(Reason reason);
  std::span<const uint8_t> Describe(const Opened& opened);
  // Cut to kDataBytesMax.
  std::span<const uint8_t> Data(std::span<const uint8_t> bytes);

  void BeginEntries();
  // False when it does not fit any more.
  bool Add(const Entry& entry);
  size_t entry_count() const { return entry_count_; }
  std::span<const uint8_t> EndEntries();

 private:
  void Begin(AnswerType type);
  void Number(uint64_t value, size_t size_bytes);
  void Bytes(std::string_view bytes, size_t length_bytes);

  std::vector<uint8_t> packet_;
  size_t entry_count_ = 0;
};

// Errors: kInvalidArgument, when a message is not exactly what an honest
// worker can have sent after it said that there are `volume_count` volumes
// (1 for what has none).
StatusOr<Answer> ParseAnswer(std::span<const uint8_t> message,
                             uint32_t volume_count);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_PROTOCOL_H_
