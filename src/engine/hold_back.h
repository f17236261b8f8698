// What an explanation does not tell of an entry. Its hashes are secrets, and
// exact distances of hashes that the asker chooses would spell them out.
#ifndef KENAL_SRC_ENGINE_HOLD_BACK_H_
#define KENAL_SRC_ENGINE_HOLD_BACK_H_

#include "kenal/explain.h"

namespace kenal::engine {

inline constexpr int kRoundedToBits = 16;

// Of every pair that is no hit: rounds the distance to the nearest multiple of
// kRoundedToBits (a half upwards), leaves out the second opinion, and the
// variant (kOrig) unless more effort would make it a hit. Pairs are put in
// order anew, so that it does not tell either.
void HoldBack(Explanation& explanation);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_HOLD_BACK_H_
