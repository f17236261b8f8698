// Sequence: a position in the change log.
#ifndef KENAL_SEQUENCE_H_
#define KENAL_SEQUENCE_H_

#include <compare>
#include <cstdint>

namespace kenal {

// Position in the change log; 0 is the empty store.
struct Sequence {
  uint64_t value = 0;
  friend auto operator<=>(const Sequence&, const Sequence&) = default;
};

}  // namespace kenal

#endif  // KENAL_SEQUENCE_H_
