// Verify: reads a whole store and compares its parts with each other.
#ifndef KENAL_SRC_CATALOGUE_VERIFY_H_
#define KENAL_SRC_CATALOGUE_VERIFY_H_

#include <cstdint>

#include "kenal/curator.h"
#include "kenal/status.h"
#include "src/catalogue/store.h"

namespace kenal::catalogue {

// As Curator::Verify, over one snapshot; writers go on meanwhile.
StatusOr<VerifyReport> VerifyStore(const Store& store,
                                   const VerifyWatcher& watcher);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_VERIFY_H_
