// Snapshots: a PartSet on disk, tied to the store and the moment it shows.
#ifndef KENAL_SRC_INDEX_SNAPSHOT_H_
#define KENAL_SRC_INDEX_SNAPSHOT_H_

#include <memory>
#include <string>

#include "src/index/live_index.h"
#include "src/index/part_set.h"

namespace kenal::index {

// As LiveIndex::Save.
Status SaveSnapshot(const std::string& path, const SnapshotOrigin& origin,
                    const PartSet& set);

// As LiveIndex::Load; `fresh` becomes the last part.
StatusOr<std::shared_ptr<const PartSet>> LoadSnapshot(
    const std::string& path, const SnapshotOrigin& expected,
    std::shared_ptr<Fresh> fresh);

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_SNAPSHOT_H_
