#include "src/feed/resume.h"

#include <algorithm>
#include <utility>

#include "src/base/clock.h"

namespace kenal::feed {
namespace {

constexpr int64_t kMsPerSecond = 1000;
constexpr int64_t kMsPerDay = 24 * 3600 * kMsPerSecond;

// Feeds know whole seconds.
int64_t WholeSeconds(int64_t unix_ms) {
  return unix_ms - unix_ms % kMsPerSecond;
}

Status OfAnother(std::string_view what) {
  return FailedPrecondition("the checkpoint is of another " +
                            std::string(what) +
                            "; give this one a --state of its own");
}

Status Ahead(std::string_view why) {
  return FailedPrecondition(
      "the checkpoint is ahead of the store, which " + std::string(why) +
      ", so it was restored from before; remove the file of --state, and sync "
      "from the beginning or with a --from before that backup");
}

Status CheckAnchor(const Anchor& anchor, const std::string& list,
                   Curator& curator) {
  const StatusOr<EntrySummary> entry =
      curator.GetEntry(list, "source:" + anchor.source_id);
  if (entry.ok()) {
    return entry->added_at == anchor.added_at
               ? OkStatus()
               : Ahead("has an entry of then at another place");
  }
  if (entry.status().code() == StatusCode::kNotFound) {
    return Ahead("has no entry of then");
  }
  if (entry.status().code() == StatusCode::kPermissionDenied) return OkStatus();
  return entry.status();
}

Status CheckCheckpoint(const Checkpoint& then, const Checkpoint& now,
                       Curator& curator) {
  if (then.store_id != now.store_id) return OfAnother("store");
  if (then.list != now.list) return OfAnother("list");
  if (then.kind != now.kind || then.feed != now.feed) return OfAnother("feed");
  if (then.sequence > now.sequence) return Ahead("has fewer changes than then");
  if (!then.anchor) return OkStatus();
  return CheckAnchor(*then.anchor, now.list, curator);
}

// Some feeds forget what they took back.
Status CheckAge(const Feed& feed, const SyncOptions& options,
                const Checkpoint& checkpoint, int64_t now_unix_ms) {
  const int64_t days = feed.tombstone_days();
  const int64_t age = (now_unix_ms - checkpoint.until_unix_ms) / kMsPerDay;
  if (days == 0 || age <= days || options.from_unix_ms) return OkStatus();
  return FailedPrecondition(
      "the checkpoint is " + std::to_string(age) +
      " days old, and this feed forgets what it took back after " +
      std::to_string(days) +
      ": sync a new list from the beginning, or give --from to go on and keep "
      "what was taken back meanwhile");
}

StatusOr<Range> RangeOf(const SyncOptions& options,
                        const std::optional<int64_t>& checkpoint,
                        int64_t now_unix_ms) {
  Range range{.to_unix_ms =
                  WholeSeconds(options.to_unix_ms.value_or(now_unix_ms))};
  if (range.to_unix_ms > now_unix_ms) {
    return InvalidArgument("--to is in the future");
  }
  if (checkpoint) {
    range.from_unix_ms = std::max<int64_t>(*checkpoint - kOverlapMs, 0);
  }
  if (!options.from_unix_ms) return range;
  range.from_unix_ms = WholeSeconds(*options.from_unix_ms);
  if (checkpoint && range.from_unix_ms > *checkpoint) {
    return InvalidArgument("--from is after the checkpoint, " +
                           base::FormatUtc(*checkpoint) +
                           ": what changed between would be missed");
  }
  if (range.from_unix_ms >= range.to_unix_ms) {
    return InvalidArgument("--from is not before --to");
  }
  return range;
}

}  // namespace

StatusOr<Start> FindStart(const Feed& feed, const SyncOptions& options,
                          Curator& curator, const CheckpointFile& file,
                          const Notice& notice) {
  const int64_t now = base::NowUnixMs();
  KENAL_TRY_ASSIGN(const StoreStats stats, curator.Stats());
  Start start;
  start.checkpoint = {.store_id = stats.store_id,
                      .list = options.list,
                      .kind = std::string(FeedKindName(feed.kind())),
                      .feed = feed.Name(),
                      .sequence = stats.head};
  KENAL_TRY_ASSIGN(std::optional<Checkpoint> then, file.Load());
  if (then) {
    KENAL_TRY(CheckCheckpoint(*then, start.checkpoint, curator));
    KENAL_TRY(CheckAge(feed, options, *then, now));
    start.checkpoint = *std::move(then);
    start.had_checkpoint = start.checkpoint.until_unix_ms;
  } else if (notice) {
    notice("there is no checkpoint yet; syncing from " +
           base::FormatUtc(options.from_unix_ms.value_or(0)));
  }
  KENAL_TRY_ASSIGN(start.range, RangeOf(options, start.had_checkpoint, now));
  return start;
}

}  // namespace kenal::feed
