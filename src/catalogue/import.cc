// Bulk import: segments of drafts, each one step of the store and short, so
// that other writers get in between.
#include <algorithm>
#include <functional>
#include <set>
#include <unordered_set>
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

// Drafts and tombstones that are written together: drafts first. What comes
// after a tombstone of its own source id waits for the next step.
class Waiting {
 public:
  // False: what waits has to be written first.
  bool Takes(const ImportItem& item) const {
    return item.tombstone || taken_back_.empty() ||
           !taken_back_.contains(item.draft.source_id);
  }
  void AddTombstone(const ImportItem& item) {
    taken_back_.insert(item.draft.source_id);
    references_.push_back("source:" + item.draft.source_id);
  }
  std::span<const std::string> references() const { return references_; }

  // `draft`: its place in the batch.
  void AddState(size_t draft, EntryState state) {
    if (state != EntryState::kActive) states_.emplace_back(draft, state);
  }
  // Of those that `fates` added.
  std::vector<std::string> AddedAs(EntryState state,
                                   const std::vector<Plan::Fate>& fates) const {
    std::vector<std::string> references;
    for (const auto& [draft, wanted] : states_) {
      if (wanted != state || fates[draft].outcome != Outcome::kAdded) continue;
      references.push_back(std::to_string(fates[draft].id.serial()));
    }
    return references;
  }

  void Clear() {
    taken_back_.clear();
    references_.clear();
    states_.clear();
  }

 private:
  std::set<std::string, std::less<>> taken_back_;
  std::vector<std::string> references_;
  std::vector<std::pair<size_t, EntryState>> states_;
};

void CountTombstones(const EntriesReport& entries, ImportReport& report) {
  for (const EntryResult& result : entries.results) {
    switch (result.outcome) {
      case Outcome::kStateChanged:
        ++report.withdrawn;
        break;
      case Outcome::kUnknown:
        ++report.not_there;
        break;
      default:
        ++report.unchanged;
    }
  }
}

size_t HashOf(const std::string& source_id) {
  return std::hash<std::string>()(source_id);
}

// The source says so, in this delivery.
Authorship ByTheSource(const Authorship& by, std::string_view reason,
                       const std::string& import_id) {
  Authorship source = by;
  source.reason = reason;
  if (source.reference.empty()) source.reference = import_id;
  return source;
}

void CountRefusal(uint64_t position, std::string why, ImportReport& report) {
  ++report.refused;
  if (report.refusals.size() < ImportReport::kRefusalsKept) {
    report.refusals.push_back({position, std::move(why)});
  }
}

}  // namespace

// One import on its way.
class CatalogueImpl::Importing {
 public:
  Importing(CatalogueImpl& catalogue, const ListRow& at_first,
            const ImportWatcher& watcher, const Authorship& by)
      : catalogue_(catalogue),
        at_first_(at_first),
        watcher_(watcher),
        by_(by),
        batch_(catalogue.identity_.secret, at_first.info.policy) {}

  Status Take(const ImportItem& item) {
    if (!waiting_.Takes(item)) KENAL_TRY(Write());
    ++report_.read;
    KENAL_TRY_ASSIGN(std::optional<std::string> refusal, Add(item));
    if (refusal) {
      CountRefusal(item.position, *std::move(refusal), report_);
    } else if (import_id_.empty()) {
      import_id_ = item.draft.provenance.import_id;
    }
    const Options& options = catalogue_.options_;
    const bool full =
        batch_.size() >= options.segment_records_max ||
        batch_.size_bytes() >= options.segment_bytes_max ||
        waiting_.references().size() >= options.segment_records_max;
    if (full) KENAL_TRY(Write());
    if (full || report_.read % kItemsPerProgress == 0) Tell();
    return OkStatus();
  }

  StatusOr<ImportReport> Finish() {
    KENAL_TRY(Write());
    Tell();
    report_.sequence = catalogue_.head().sequence;
    return std::move(report_);
  }

 private:
  StatusOr<std::optional<std::string>> Add(const ImportItem& item) {
    if (!item.refused.empty()) return std::optional(item.refused);
    if (item.tombstone) {
      if (item.draft.source_id.empty()) {
        return std::optional<std::string>(
            "takes back an entry without saying which");
      }
      waiting_.AddTombstone(item);
      taken_back_.insert(HashOf(item.draft.source_id));
      return std::optional<std::string>();
    }
    KENAL_TRY_ASSIGN(
        std::optional<std::string> refusal,
        catalogue_.Refusal(at_first_, item.draft, base::NowUnixMs(), batch_));
    if (refusal) return refusal;
    waiting_.AddState(batch_.size() - 1, item.state);
    if (taken_back_.contains(HashOf(item.draft.source_id))) batch_.Revive();
    return refusal;
  }

  Status Write() {
    const std::string& list = at_first_.info.name;
    std::vector<Plan::Fate> fates;
    KENAL_TRY(catalogue_.WriteSegment(
        list, batch_, {.import_id = import_id_, .read = report_.read}, by_,
        fates));
    CountFates(fates, report_);
    batch_.Clear();
    for (const EntryState state :
         {EntryState::kDisputed, EntryState::kQuarantined}) {
      const auto references = waiting_.AddedAs(state, fates);
      if (references.empty()) continue;
      KENAL_TRY(catalogue_
                    .SetEntryState(
                        list, references, state,
                        ByTheSource(by_, "as its source has it", import_id_))
                    .status());
    }
    if (!waiting_.references().empty()) {
      KENAL_TRY_ASSIGN(
          const EntriesReport withdrawn,
          catalogue_.SetEntryState(
              list, waiting_.references(), EntryState::kRetracted,
              ByTheSource(by_, "its source took it back", import_id_)));
      CountTombstones(withdrawn, report_);
    }
    waiting_.Clear();
    durable_ = report_.read;
    return OkStatus();
  }

  void Tell() const {
    if (watcher_) watcher_({.read = report_.read, .durable = durable_});
  }

  CatalogueImpl& catalogue_;
  const ListRow& at_first_;
  const ImportWatcher& watcher_;
  const Authorship& by_;
  DraftBatch batch_;
  Waiting waiting_;
  // Of the ids that this import has taken back: what gives them again after
  // that brings them back, so that importing it once more ends the same.
  std::unordered_set<size_t> taken_back_;
  std::string import_id_;
  ImportReport report_;
  uint64_t durable_ = 0;
};

StatusOr<ImportReport> CatalogueImpl::Import(std::string_view list,
                                             const ImportSource& source,
                                             const ImportWatcher& watcher,
                                             const Authorship& by) {
  {
    const FairLock lock(write_);
    KENAL_TRY(ReadyToWrite(by));
  }
  KENAL_TRY_ASSIGN(const ListRow at_first, FindList(list));
  Importing importing(*this, at_first, watcher, by);
  while (true) {
    KENAL_TRY_ASSIGN(const std::optional<ImportItem> item, source());
    if (!item) return importing.Finish();
    KENAL_TRY(importing.Take(*item));
  }
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
