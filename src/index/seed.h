// A random number of this process, so that nobody outside can choose keys that
// collide in a hash table.
#ifndef KENAL_SRC_INDEX_SEED_H_
#define KENAL_SRC_INDEX_SEED_H_

#include <cstdint>

namespace kenal::index {

uint64_t ProcessSeed();

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_SEED_H_
