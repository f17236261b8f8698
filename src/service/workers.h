// The server's worker pools, by class of work, so that one class does not
// keep another waiting.
#ifndef KENAL_SRC_SERVICE_WORKERS_H_
#define KENAL_SRC_SERVICE_WORKERS_H_

#include "src/service/limits.h"
#include "src/service/work_pool.h"

namespace kenal::service {

struct Workers {
  Workers(int match_workers, int picture_workers)
      : matches({"matches", match_workers, kMatchQueueMax, kQueueBytesMax}),
        pictures(
            {"pictures", picture_workers, kPictureQueueMax, kQueueBytesMax}),
        lookups({"lookups", kLookupWorkers, kLookupQueueMax, kQueueBytesMax}),
        changes({"changes", kChangeWorkers, kChangeQueueMax, kQueueBytesMax}),
        long_calls({"imports and verifications", kLongCallsMax, 0, 0}) {}

  WorkPool matches;
  WorkPool pictures;
  WorkPool lookups;
  WorkPool changes;
  WorkPool long_calls;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_WORKERS_H_
