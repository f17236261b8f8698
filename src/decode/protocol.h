// The words that parent and worker exchange over their socket pair.
//
// Fixed sizes, one message a packet (SOCK_SEQPACKET), numbers only. The
// picture's bytes travel in a memory file that both hold; the request says how
// many there are. Everything that a worker sends is checked before it is used,
// since a worker may have been taken over by the file it was given.
#ifndef KENAL_SRC_DECODE_PROTOCOL_H_
#define KENAL_SRC_DECODE_PROTOCOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kenal/status.h"
#include "src/decode/outcome.h"

namespace kenal::decode {

// The worker's inherited descriptors; it has no others but 0 to 2, which are
// /dev/null.
inline constexpr int kWorkerSocket = 3;
inline constexpr int kWorkerInput = 4;

inline constexpr size_t kHelloBytes = 16;
inline constexpr size_t kRequestBytes = 32;
inline constexpr size_t kResponseBytes = 6'144;

using HelloMessage = std::array<uint8_t, kHelloBytes>;
using RequestMessage = std::array<uint8_t, kRequestBytes>;
using ResponseMessage = std::array<uint8_t, kResponseBytes>;

// What a worker says of itself before its first file.
struct Hello {
  // 0: locked in and proven. Else which step of the lock or of its self-test
  // failed (LockStepName in sandbox.h); the worker ends after saying so.
  uint32_t failed_step = 0;
  uint32_t error_number = 0;
};

struct Request {
  uint64_t id = 0;          // counts up, never repeats for one worker
  uint64_t size_bytes = 0;  // 1..kInputBytesMax
  DecodeWork work;
};

HelloMessage Encode(const Hello& hello);
RequestMessage Encode(const Request& request);
ResponseMessage Encode(uint64_t id, const Outcome& outcome);

// Errors: kInvalidArgument, when a message is not exactly what an honest
// other side can have sent: length, mark, version, ranges, and for a response
// the id, and views that fit the outcome and were asked for.
StatusOr<Hello> ParseHello(std::span<const uint8_t> message);
StatusOr<Request> ParseRequest(std::span<const uint8_t> message);
StatusOr<Outcome> ParseResponse(std::span<const uint8_t> message, uint64_t id,
                                const DecodeWork& work);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_PROTOCOL_H_
