// Sync: brings a list up to what its feed says.
//
//   ranges of time, from the checkpoint on   (one, unless windows are asked
//   for)
//     pages in the order of the feed         fetched, read to the end, then
//       one import each                      durable before the next is fetched
//     checkpoint                             when the last page is durable
//
// Entries of a feed are in no order of time, so a checkpoint means something
// only once a range is exhausted. What ends a sync early (an error, a signal,
// kill -9) leaves the checkpoint where it was; the next sync reads that range
// again from its beginning, which changes nothing that is there already, and
// comes to the same state as one that was not interrupted. For that, what a
// feed takes back stays so until the end of the range, whatever comes later in
// it: without that, an entry taken back before the list ever had it and given
// later would be there after one run and withdrawn after two. The next range
// may give it again.
//
// A range begins ten minutes before the checkpoint: what a service puts into
// its list late, or with a clock that is a little behind, is met then.
#ifndef KENAL_SRC_FEED_SYNC_H_
#define KENAL_SRC_FEED_SYNC_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kenal/curator.h"
#include "src/feed/checkpoint.h"
#include "src/feed/feed.h"
#include "src/feed/fetcher.h"

namespace kenal::feed {

inline constexpr int64_t kOverlapMs = 10 * 60 * 1000;
// How far the clocks of both ends may be apart; less than the overlap.
inline constexpr int64_t kClockMsMax = 5 * 60 * 1000;
// Bounds on what a feed that does not end can make of us, in one range.
inline constexpr size_t kPagesMax = 1'000'000;
inline constexpr size_t kEmptyPagesMax = 1'000;  // one after another
inline constexpr size_t kTakenBackMax = 4'000'000;

struct SyncOptions {
  std::string list;
  std::string source;  // on whose word the entries are there
  Authorship by;
  // Unset: from the checkpoint, or from 1970 when there is none.
  std::optional<int64_t> from_unix_ms;
  std::optional<int64_t> to_unix_ms;  // unset: now
  // The longest range, but for those after an empty one, which double. 0: one
  // range for all. A checkpoint is stored after each.
  int64_t window_ms = 0;
  // Fetches and reads the pages and does nothing else.
  bool dry_run = false;
};

struct PageRefusal {
  uint64_t page = 0;  // from 1, of the whole sync
  Refusal refusal;    // position: the line, or the record in JSON
};

struct SyncReport {
  Range range;          // what was to be read
  uint64_t ranges = 0;  // exhausted
  uint64_t pages = 0;   // applied
  uint64_t bytes = 0;   // of their bodies
  uint64_t tombstones = 0;
  // Sums over the pages. `kept_withdrawn` counts also what was taken back and
  // given again within one range. Of a rehearsal `read`, `refused` (by the
  // reader) and the above alone.
  ImportReport entries;
  std::vector<PageRefusal> refusals;  // the first ImportReport::kRefusalsKept
  // Where the next one begins, but for the overlap; unset: there is none.
  std::optional<int64_t> checkpoint_unix_ms;
  bool complete = false;  // all of `range`
};

struct SyncWatch {
  std::function<void(const SyncReport&)> progress;  // after some entries
  Notice notice;
  std::stop_token stop;  // ends it after the page that is being applied
};

// Fills `report` whatever the outcome: what was applied before an error is.
// Not thread-safe; `file` is held for as long.
// Errors, the first before anything is fetched; messages name the page, where
// in it, and the address without its query:
//   kNotFound            no such list
//   kInvalidArgument     times that make no sense, credentials that are missing
//   kFailedPrecondition  the checkpoint is of another store, list or feed, or
//                        ahead of the store; the feed leads elsewhere, in a
//                        circle or on without end; clocks are apart
//   kDataLoss            a page cannot be read: nothing of it is applied
//   those of Fetcher, CheckpointFile and Curator
Status RunSync(const Feed& feed, const Credentials& credentials,
               const SyncOptions& options, const SyncWatch& watch,
               Curator& curator, Fetcher& fetcher, CheckpointFile& file,
               SyncReport& report);

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_SYNC_H_
