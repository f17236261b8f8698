// The server's worker pools, by class of work, so that one class does not
// keep another waiting. Bulk and maintenance work has threads of low priority,
// and while they work the kernel is made to look often whether live work
// waits.
#ifndef KENAL_SRC_SERVICE_WORKERS_H_
#define KENAL_SRC_SERVICE_WORKERS_H_

#include <cstdint>
#include <limits>

#include "src/identity/method.h"
#include "src/service/limits.h"
#include "src/service/rescheduler.h"
#include "src/service/tuning.h"
#include "src/service/work_pool.h"

namespace kenal::service {

struct Workers {
  // Of `how`, match_workers is resolved. As many threads for pictures as there
  // are decoders behind them.
  Workers(const Tuning& how, int decoders, int bulk_decoders)
      : rescheduler(how.look_period),
        answers({.name = "answers",
                 .id = 10,
                 .worker_count = 1,
                 .queue_max = std::numeric_limits<int32_t>::max()}),
        searches({.name = "searches",
                  .id = 0,
                  .worker_count = how.match_workers,
                  .pinned = how.pin_workers,
                  .queue_max = how.live_queue,
                  .bytes_max = how.queue_bytes,
                  .wait_max = how.live_wait,
                  .joined_time_max = how.live_together}),
        bulk_searches({.name = "bulk searches",
                       .id = 1,
                       .worker_count = how.match_workers,
                       .niceness = how.low_priority,
                       .rescheduler = &rescheduler,
                       .queue_max = how.bulk_queue,
                       .bytes_max = how.queue_bytes}),
        pictures({.name = "pictures",
                  .id = 2,
                  .worker_count = decoders,
                  .queue_max = how.picture_queue,
                  .bytes_max = how.queue_bytes}),
        bulk_pictures({.name = "bulk pictures",
                       .id = 3,
                       .worker_count = bulk_decoders,
                       .niceness = how.low_priority,
                       .rescheduler = &rescheduler,
                       .queue_max = how.picture_queue,
                       .bytes_max = how.queue_bytes}),
        lookups({.name = "lookups",
                 .id = 4,
                 .worker_count = kLookupWorkers,
                 .queue_max = 16 * how.maintenance_queue,
                 .bytes_max = how.queue_bytes}),
        changes({.name = "changes",
                 .id = 5,
                 .worker_count = kChangeWorkers,
                 .queue_max = how.maintenance_queue,
                 .bytes_max = how.queue_bytes}),
        bulk_changes({.name = "large changes",
                      .id = 6,
                      .worker_count = 1,
                      .niceness = how.low_priority,
                      .rescheduler = &rescheduler,
                      .queue_max = how.maintenance_queue,
                      .bytes_max = how.queue_bytes}),
        followers({.name = "reading changes",
                   .id = 9,
                   .worker_count = kLookupWorkers,
                   .niceness = how.low_priority,
                   .rescheduler = &rescheduler,
                   .queue_max = 16 * how.maintenance_queue,
                   .bytes_max = how.queue_bytes}),
        labels({.name = "labels",
                .id = 8,
                .worker_count = 1,
                .niceness = how.low_priority,
                .rescheduler = &rescheduler}),
        long_calls({.name = "imports and verifications",
                    .id = 7,
                    .worker_count = kLongCallsMax,
                    .niceness = how.low_priority,
                    .rescheduler = &rescheduler}) {}

  WorkPool& SearchesOf(identity::WorkClass work) {
    return work == identity::WorkClass::kLive ? searches : bulk_searches;
  }
  WorkPool& PicturesOf(identity::WorkClass work) {
    return work == identity::WorkClass::kLive ? pictures : bulk_pictures;
  }
  WorkPool& ChangesOf(size_t size_bytes) {
    return size_bytes > kSmallChangeBytes ? bulk_changes : changes;
  }

  Rescheduler rescheduler;
  // See Desk::Speak. In the order in which they came.
  WorkPool answers;
  WorkPool searches;
  WorkPool bulk_searches;
  WorkPool pictures;
  WorkPool bulk_pictures;
  WorkPool lookups;
  // A change of a few entries is waited for; one of thousands can wait.
  WorkPool changes;
  WorkPool bulk_changes;
  // Pages of changes: a client that reads the whole log is in no hurry.
  WorkPool followers;
  // What the flood guard changes: never in the way of people's changes.
  WorkPool labels;
  WorkPool long_calls;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_WORKERS_H_
