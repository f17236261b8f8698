// Verify: reads a whole store and compares its parts with each other.
#ifndef KENAL_SRC_CATALOGUE_VERIFY_H_
#define KENAL_SRC_CATALOGUE_VERIFY_H_

#include <cstdint>
#include <functional>

#include "kenal/curator.h"
#include "kenal/status.h"
#include "src/catalogue/store.h"

namespace kenal::catalogue {

// As Curator::Verify, over one snapshot; writers go on meanwhile.
StatusOr<VerifyReport> VerifyStore(
    const Store& store, const std::function<void(uint64_t, uint64_t)>& watcher);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_VERIFY_H_
