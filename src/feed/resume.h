// Where a sync begins: the checkpoint, held against the store it speaks of.
#ifndef KENAL_SRC_FEED_RESUME_H_
#define KENAL_SRC_FEED_RESUME_H_

#include <cstdint>
#include <optional>

#include "src/feed/sync.h"

namespace kenal::feed {

struct Start {
  Range range;            // empty (from >= to): nothing to do
  Checkpoint checkpoint;  // as it was, or of this store, list and feed
  std::optional<int64_t> had_checkpoint;  // its time, when there was one
};

// Errors: those of RunSync that come before anything is fetched.
StatusOr<Start> FindStart(const Feed& feed, const SyncOptions& options,
                          Curator& curator, const CheckpointFile& file,
                          const Notice& notice);

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_RESUME_H_
