// What a worker says of itself before its first input.
#ifndef KENAL_SRC_SANDBOX_HELLO_H_
#define KENAL_SRC_SANDBOX_HELLO_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kenal/status.h"

namespace kenal::sandbox {

struct Hello {
  // 0: locked in and proven. Else which step of the lock or of its self-test
  // failed (LockStepName in lock.h); the worker ends after saying so.
  uint32_t failed_step = 0;
  uint32_t error_number = 0;
};

inline constexpr size_t kHelloBytes = 16;
using HelloMessage = std::array<uint8_t, kHelloBytes>;

// `mark`: of the kind of worker, with the version of its messages.
HelloMessage Encode(const Hello& hello, uint64_t mark);

// `who`: "decoder", for messages.
// Errors: kInvalidArgument, when the message is not exactly what an honest
// worker of that mark can have sent.
StatusOr<Hello> ParseHello(std::span<const uint8_t> message, uint64_t mark,
                           std::string_view who);

}  // namespace kenal::sandbox

#endif  // KENAL_SRC_SANDBOX_HELLO_H_
