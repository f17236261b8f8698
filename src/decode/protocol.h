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
#include "src/sandbox/hello.h"
#include "src/sandbox/process.h"

namespace kenal::decode {

// The worker's inherited descriptors; it has no others but 0 to 2, which are
// /dev/null.
inline constexpr int kWorkerSocket = sandbox::kWorkerSocket;
inline constexpr int kWorkerInput = kWorkerSocket + 1;

// "KnlD", then the version of these messages in the last byte.
inline constexpr uint64_t kMark = 0x4B6E6C44'00000002;

inline constexpr size_t kRequestBytes = 32;
inline constexpr size_t kResponseBytes = 6'144;

using sandbox::Hello;
using sandbox::HelloMessage;
using sandbox::kHelloBytes;
using RequestMessage = std::array<uint8_t, kRequestBytes>;
using ResponseMessage = std::array<uint8_t, kResponseBytes>;

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
