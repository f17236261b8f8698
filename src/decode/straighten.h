// A tilted picture on a plain ground, set upright: what rotating within a
// canvas or photographing a print leaves.
#ifndef KENAL_SRC_DECODE_STRAIGHTEN_H_
#define KENAL_SRC_DECODE_STRAIGHTEN_H_

#include <optional>

#include "kenal/signal.h"
#include "src/signal/reduce.h"

namespace kenal::decode {

struct Straightened {
  signal::ReducedLuma luma;
  Region bounds;  // around it, in pixels of the copy
};

// Unset when the corners of the copy are not of one tone, or no four straight
// sides with a slope divide that tone from the rest. Computed in IEEE doubles
// without fused operations and without library functions, so the same on every
// CPU.
std::optional<Straightened> Straighten(const signal::ReducedLuma& copy);

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_STRAIGHTEN_H_
