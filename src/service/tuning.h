// Tuning: what an operator may set of queues, quotas and deadlines. The rest
// is in limits.h.
#ifndef KENAL_SRC_SERVICE_TUNING_H_
#define KENAL_SRC_SERVICE_TUNING_H_

#include <chrono>
#include <cstddef>

#include "src/identity/client_table.h"
#include "src/operate/flood_guard.h"

namespace kenal::service {

struct Tuning {
  // Threads that search for live work, and as many of low priority for bulk
  // work. 0: one a core.
  int match_workers = 0;
  // Niceness of the threads for bulk and maintenance work, 0..19.
  int low_priority = 19;
  // While such work runs, each processor looks this often whether live work
  // waits. 0: as often as the kernel does by itself.
  std::chrono::microseconds look_period{1000};
  // Live searches wait on the processors of workers, one each, in turn.
  bool pin_workers = false;

  // Items that wait, by class. At some thousand answers a second a full live
  // queue is emptied well within its deadline.
  size_t live_queue = 4096;
  size_t bulk_queue = 16'384;
  size_t maintenance_queue = 64;  // changes; lookups get 16 times as many
  // Pictures that wait, in each of live and bulk.
  size_t picture_queue = 512;
  // Bytes of requests that wait, by queue; and of all requests under way.
  size_t queue_bytes = size_t{256} << 20;
  size_t bytes_under_way = size_t{1} << 30;

  // A live search that would wait longer than this by the pace of the moment
  // is refused at once.
  std::chrono::milliseconds live_wait{25};
  // Searches that wait are made together only while all of them take no longer
  // than this by the pace of the moment: they end together. 0: whatever it is.
  std::chrono::milliseconds live_together{2};
  // For requests without a deadline.
  std::chrono::milliseconds live_deadline{10'000};
  std::chrono::milliseconds bulk_deadline{60'000};
  std::chrono::milliseconds maintenance_deadline{120'000};

  // Of clients whose row in the table sets none.
  identity::Quota quota;

  operate::FloodOptions flood;
  // Whether a flooded entry gets the label "review".
  bool flood_label = true;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_TUNING_H_
