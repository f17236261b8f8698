#include "src/feed/sync.h"

#include <algorithm>
#include <utility>

#include "src/base/clock.h"
#include "src/feed/apply.h"
#include "src/feed/page.h"
#include "src/feed/resume.h"
#include "src/feed/spool.h"
#include "src/feed/text_set.h"

namespace kenal::feed {
namespace {

// A year without entries needs no smaller steps.
constexpr int64_t kWindowMsMax = int64_t{366} * 24 * 3600 * 1000;

Status Stopped() { return absl::CancelledError("stopped"); }

class Sync {
 public:
  Sync(const Feed& feed, const Credentials& credentials,
       const SyncOptions& options, const SyncWatch& watch, Curator& curator,
       Fetcher& fetcher, CheckpointFile& file, Spool& body, SyncReport& report)
      : feed_(feed),
        credentials_(credentials),
        options_(options),
        watch_(watch),
        curator_(curator),
        fetcher_(fetcher),
        file_(file),
        body_(body),
        report_(report) {}

  Status Run();

 private:
  Status RunRange(const Range& range);
  Status RunPages(const Range& range);
  Status RunPage(const Address& page, const Range& range, std::string& next);
  Status CheckClock(const Range& range, const Response& response) const;
  Status SaveCheckpoint(const Range& range);
  Status Named(const Status& status) const;

  const Feed& feed_;
  const Credentials& credentials_;
  const SyncOptions& options_;
  const SyncWatch& watch_;
  Curator& curator_;
  Fetcher& fetcher_;
  CheckpointFile& file_;
  Spool& body_;
  SyncReport& report_;
  ApplyOptions apply_;
  Checkpoint checkpoint_;
  TextSet addresses_{kPagesMax};
  TextSet taken_back_{kTakenBackMax};
  uint64_t page_number_ = 0;
  size_t empty_pages_ = 0;
};

Status Sync::Named(const Status& status) const {
  if (status.ok()) return status;
  return Status(status.code(), feed_.Shown() + ": page " +
                                   std::to_string(page_number_) + ": " +
                                   std::string(status.message()));
}

Status Sync::Run() {
  KENAL_TRY(feed_.Check(credentials_));
  KENAL_TRY_ASSIGN(const ListInfo list, curator_.GetList(options_.list));
  apply_ = {.kind = feed_.kind(),
            .list = options_.list,
            .purpose = list.purpose,
            .source = options_.source,
            .import_id = "sync-" + base::FormatUtc(base::NowUnixMs()),
            .by = options_.by};
  KENAL_TRY_ASSIGN(Start start,
                   FindStart(feed_, options_, curator_, file_, watch_.notice));
  checkpoint_ = std::move(start.checkpoint);
  report_.checkpoint_unix_ms = start.had_checkpoint;
  report_.range = start.range;
  const auto [begin, end] = start.range;
  int64_t window = options_.window_ms;
  for (int64_t reached = begin; reached < end;) {
    const int64_t until = window > 0 ? std::min(end, reached + window) : end;
    const uint64_t read_before = report_.entries.read;
    KENAL_TRY(RunRange({std::max(begin, reached - kOverlapMs), until}));
    const bool empty = report_.entries.read == read_before;
    window = empty ? std::min(window * 2, std::max(window, kWindowMsMax))
                   : options_.window_ms;
    reached = until;
  }
  report_.complete = true;
  return OkStatus();
}

Status Sync::RunRange(const Range& range) {
  KENAL_TRY(RunPages(range));
  ++report_.ranges;
  return options_.dry_run ? OkStatus() : SaveCheckpoint(range);
}

Status Sync::RunPages(const Range& range) {
  addresses_.Clear();
  taken_back_.Clear();
  empty_pages_ = 0;
  Address page = feed_.First(range);
  while (true) {
    ++page_number_;
    if (watch_.stop.stop_requested()) return Stopped();
    if (addresses_.Has(page.query)) {
      return Named(FailedPrecondition(
          "its address was that of an earlier page: the feed goes in a "
          "circle"));
    }
    if (!addresses_.Add(page.query) || empty_pages_ > kEmptyPagesMax) {
      return Named(FailedPrecondition(
          "the feed does not end; use a smaller --window if it is that long"));
    }
    std::string next;
    KENAL_TRY(Named(RunPage(page, range, next)));
    if (next.empty()) return OkStatus();
    KENAL_TRY_ASSIGN(page, feed_.Next(next));
  }
}

Status Sync::RunPage(const Address& page, const Range& range,
                     std::string& next) {
  KENAL_TRY_ASSIGN(const Response response,
                   fetcher_.Fetch(feed_.RequestFor(page, credentials_), body_));
  KENAL_TRY(CheckClock(range, response));
  KENAL_TRY_ASSIGN(const PageFacts facts, ReadFacts(feed_.kind(), body_));
  if (!facts.next.empty()) KENAL_TRY(feed_.Next(facts.next).status());
  empty_pages_ = facts.records == 0 ? empty_pages_ + 1 : 0;
  next = facts.next;
  if (options_.dry_run) {
    report_.entries.read += facts.records;
    report_.entries.refused += facts.refused;
  } else if (facts.records > 0) {
    apply_.page = page_number_;
    KENAL_TRY(ApplyPage(apply_, body_, watch_, curator_, taken_back_, report_));
  }
  ++report_.pages;
  report_.bytes += body_.size_bytes();
  report_.tombstones += facts.tombstones;
  if (watch_.progress) watch_.progress(report_);
  return OkStatus();
}

// Times of the feed's are compared with ours, so both must tell the same.
Status Sync::CheckClock(const Range& range, const Response& response) const {
  if (!response.server_unix_ms) return OkStatus();
  const int64_t ahead = range.to_unix_ms - *response.server_unix_ms;
  if (ahead <= kClockMsMax) return OkStatus();
  return FailedPrecondition(
      "the clock of this machine is " + std::to_string(ahead / 1000) +
      " s ahead of the feed's, so changes would be missed; set it right");
}

Status Sync::SaveCheckpoint(const Range& range) {
  // One that begins after the checkpoint was refused; one that ends before it
  // looked at the past again.
  checkpoint_.until_unix_ms =
      std::max(checkpoint_.until_unix_ms, range.to_unix_ms);
  checkpoint_.saved_unix_ms = base::NowUnixMs();
  checkpoint_.sequence =
      std::max(checkpoint_.sequence, report_.entries.sequence);
  if (!apply_.last_source_id.empty()) {
    const StatusOr<EntrySummary> entry =
        curator_.GetEntry(options_.list, "source:" + apply_.last_source_id);
    // Who may add may perhaps not see; then the sequence has to do.
    if (entry.ok()) {
      checkpoint_.anchor = Anchor{apply_.last_source_id, entry->added_at};
    }
  }
  KENAL_TRY(file_.Save(checkpoint_));
  report_.checkpoint_unix_ms = checkpoint_.until_unix_ms;
  return OkStatus();
}

}  // namespace

Status RunSync(const Feed& feed, const Credentials& credentials,
               const SyncOptions& options, const SyncWatch& watch,
               Curator& curator, Fetcher& fetcher, CheckpointFile& file,
               SyncReport& report) {
  KENAL_TRY_ASSIGN(Spool body, Spool::Make(file.folder()));
  return Sync(feed, credentials, options, watch, curator, fetcher, file, body,
              report)
      .Run();
}

}  // namespace kenal::feed
