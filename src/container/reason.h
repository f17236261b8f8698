// Why something failed, in numbers: a worker sends no sentences, so that
// nothing of a container's content can travel in a message.
#ifndef KENAL_SRC_CONTAINER_REASON_H_
#define KENAL_SRC_CONTAINER_REASON_H_

#include <cstdint>
#include <optional>

#include "src/container/container.h"

namespace kenal::container {

// Sent between processes of one build; never stored.
enum class Reason : uint8_t {
  kNone = 0,
  kEncrypted,
  kBitLocker,
  kLuks,
  kFileVault,
  kDamaged,
  kNotAContainer,
  kNotSupported,
  kTooManyMembers,
  kMemberTooLarge,
  kExpandsTooMuch,
  kTooDeep,
  kNeedsTooMuchMemory,
  kReallocated,
  kUnreadable,
  kStopped,
  // Said by the parent alone.
  kTimedOut,
  kOpenerDied,
};
inline constexpr int kReasonCount = static_cast<int>(Reason::kOpenerDied) + 1;

// The reason in the house's words; nothing for kNone.
std::optional<Failure> Describe(Reason reason);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_REASON_H_
