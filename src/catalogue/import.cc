// Bulk import: segments of drafts, each one step of the store and short, so
// that other writers get in between.
#include <algorithm>
#include <utility>

#include "src/base/clock.h"
#include "src/base/digest.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"

namespace kenal::catalogue {
namespace {

// Items between two calls of the watcher: some hundredths of a second.
constexpr uint64_t kItemsPerProgress = 4096;

void PutEntries(const Plan& plan, Rows& rows, IngestSegment& segment) {
  base::Sha256Stream stream;
  plan.VisitEntries([&](EntryId id, std::string_view row) {
    const std::string key = EntryKey(id);
    rows.Put(Family::kEntries, key, row);
    stream.Add(base::AsBytes(key));
    stream.Add(base::AsBytes(row));
    if (id.serial() < segment.first_serial) {
      segment.replaced_serials.push_back(id.serial());
    }
  });
  segment.digest = stream.Finish();
}

void CountFates(const std::vector<Plan::Fate>& fates, ImportReport& report) {
  for (const Plan::Fate& fate : fates) {
    switch (fate.outcome) {
      case Outcome::kAdded:
        ++report.added;
        break;
      case Outcome::kReplaced:
        ++report.replaced;
        break;
      case Outcome::kKeptWithdrawn:
        ++report.kept_withdrawn;
        break;
      default:
        ++report.unchanged;
    }
  }
}

void CountRefusal(uint64_t position, std::string why, ImportReport& report) {
  ++report.refused;
  if (report.refusals.size() < ImportReport::kRefusalsKept) {
    report.refusals.push_back({position, std::move(why)});
  }
}

}  // namespace

StatusOr<ImportReport> CatalogueImpl::Import(std::string_view list,
                                             const ImportSource& source,
                                             const ImportWatcher& watcher,
                                             const Authorship& by) {
  {
    const FairLock lock(write_);
    KENAL_TRY(ReadyToWrite(by));
  }
  KENAL_TRY_ASSIGN(const ListRow at_first, FindList(list));
  ImportReport report;
  ImportProgress progress;
  DraftBatch batch(identity_.secret, at_first.info.policy);
  std::string import_id;
  const auto tell = [&] {
    progress.read = report.read;
    if (watcher) watcher(progress);
  };
  const auto flush = [&]() -> Status {
    std::vector<Plan::Fate> fates;
    KENAL_TRY(WriteSegment(
        list, batch, {.import_id = import_id, .read = report.read}, by, fates));
    CountFates(fates, report);
    batch.Clear();
    progress.durable = report.read;
    return OkStatus();
  };
  while (true) {
    KENAL_TRY_ASSIGN(const std::optional<ImportItem> item, source());
    if (!item) break;
    ++report.read;
    std::optional<std::string> refusal;
    if (item->refused.empty()) {
      KENAL_TRY_ASSIGN(
          refusal, Refusal(at_first, item->draft, base::NowUnixMs(), batch));
    } else {
      refusal = item->refused;
    }
    if (refusal) {
      CountRefusal(item->position, *std::move(refusal), report);
    } else if (batch.size() == 1) {
      import_id = item->draft.provenance.import_id;
    }
    const bool full = batch.size() >= options_.segment_records_max ||
                      batch.size_bytes() >= options_.segment_bytes_max;
    if (full) KENAL_TRY(flush());
    if (full || report.read % kItemsPerProgress == 0) tell();
  }
  KENAL_TRY(flush());
  tell();
  report.sequence = head().sequence;
  return report;
}

Status CatalogueImpl::WriteSegment(std::string_view list,
                                   const DraftBatch& batch,
                                   IngestSegment segment, const Authorship& by,
                                   std::vector<Plan::Fate>& fates) {
  store_->AwaitRoom();
  const FairLock lock(write_);
  KENAL_TRY(ReadyToWrite(by));
  KENAL_TRY_ASSIGN(const ListRow row, FindList(list));
  const Sequence next{log_->head().sequence.value + 1};
  KENAL_TRY_ASSIGN(const Plan plan, Plan::Make(*store_, row, next, batch));
  fates = plan.fates();
  if (!plan.writes()) return OkStatus();
  KENAL_TRY_ASSIGN(Prepared prepared, Prepare(plan, batch));
  segment.list = row.info.number;
  segment.added = plan.added();
  segment.replaced = plan.replaced();
  segment.first_serial = row.last_serial + 1;
  PutEntries(plan, prepared.rows, segment);
  return Commit({by, {std::move(segment)}}, prepared.totals, plan.list(),
                prepared.rows, std::move(prepared.delta));
}

}  // namespace kenal::catalogue
