// The one conversion between our inclusive radius and FAISS's strict one.
#ifndef KENAL_SRC_INDEX_FAISS_RADIUS_H_
#define KENAL_SRC_INDEX_FAISS_RADIUS_H_

#include "kenal/signal.h"

namespace kenal::index {

// faiss::IndexBinary::range_search returns distances strictly below its
// argument; ours reach Radius::bits.
constexpr int ToFaissRadius(Radius radius) { return radius.bits + 1; }
constexpr Radius FromFaissRadius(int strict) { return Radius{strict - 1}; }

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_FAISS_RADIUS_H_
