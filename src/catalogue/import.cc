// Bulk import: segments of drafts as sorted files that the store takes in
// whole.
#include <algorithm>
#include <utility>

#include "src/base/clock.h"
#include "src/base/digest.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/sorted_positions.h"
#include "src/catalogue/sst_stage.h"

namespace kenal::catalogue {
namespace {

// Items between two calls of the watcher: some hundredths of a second.
constexpr uint64_t kItemsPerProgress = 4096;
// Bytes on disk for one byte of a draft batch: rows and what compaction needs.
constexpr uint64_t kSpaceFactor = 2;

void StageEntries(const Plan& plan, SstStage& stage, IngestSegment& segment) {
  base::Sha256Stream stream;
  plan.VisitEntries([&](EntryId id, std::string_view row) {
    const std::string key = EntryKey(id);
    stage.Put(Family::kEntries, key, row);
    stream.Add(base::AsBytes(key));
    stream.Add(base::AsBytes(row));
    if (id.serial() < segment.first_serial) {
      segment.replaced_serials.push_back(id.serial());
    }
  });
  segment.digest = stream.Finish();
}

// Puts and deletes share one file, so they are sorted together. No key is in
// both: a delta's parts are disjoint.
void StagePostings(const Delta& delta, SstStage& stage) {
  std::string keys;
  std::vector<size_t> ends;
  const size_t count = delta.added.size() + delta.removed.size();
  ends.reserve(count + 1);
  ends.push_back(0);
  for (const auto* postings : {&delta.added, &delta.removed}) {
    for (const Posting& posting : *postings) {
      AppendPostingKey(posting, keys);
      ends.push_back(keys.size());
    }
  }
  const auto key = [&](size_t i) {
    return std::string_view(keys).substr(ends[i], ends[i + 1] - ends[i]);
  };
  for (const uint32_t i : SortedPositions(count, key)) {
    if (i < delta.added.size()) {
      stage.Put(Family::kPostings, key(i), "");
    } else {
      stage.Delete(Family::kPostings, key(i));
    }
  }
}

// `store_row`: when the segment moves the store to this format.
void StageRecord(const SealedRecord& record, const Totals& totals,
                 const std::map<ListNumber, std::string>& lists,
                 const std::optional<std::string>& store_row, SstStage& stage) {
  const std::string key = SequenceKey(record.head.sequence);
  stage.Put(Family::kChanges, key, record.change_value);
  stage.Put(Family::kPayloads, key, record.payload_value);
  for (const auto& [number, list] : lists) {
    stage.Put(Family::kLists, ListKey(number), list);
  }
  stage.Put(Family::kMeta, kHeadKey,
            Encode(HeadRow{.head = record.head, .totals = totals}));
  static_assert(kHeadKey < kStoreKey);
  if (store_row) stage.Put(Family::kMeta, kStoreKey, *store_row);
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
    const base::MutexLock lock(write_);
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
    KENAL_TRY(IngestSegment(
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
    const bool full = batch.size() >= SegmentRecordsMax() ||
                      batch.size_bytes() >= options_.segment_bytes_max;
    if (full) KENAL_TRY(flush());
    if (full || report.read % kItemsPerProgress == 0) tell();
  }
  KENAL_TRY(flush());
  tell();
  report.sequence = head().sequence;
  return report;
}

size_t CatalogueImpl::SegmentRecordsMax() const {
  if (store_->can_ingest()) return options_.segment_records_max;
  return std::min(options_.segment_records_max, Curator::kDraftsMax);
}

Status CatalogueImpl::IngestSegment(std::string_view list,
                                    const DraftBatch& batch,
                                    struct IngestSegment segment,
                                    const Authorship& by,
                                    std::vector<Plan::Fate>& fates) {
  const base::MutexLock lock(write_);
  KENAL_TRY(ReadyToWrite(by));
  KENAL_TRY_ASSIGN(const ListRow row, FindList(list));
  if (!store_->can_ingest()) {
    if (batch.size() <= Curator::kDraftsMax) {
      return AddBatch(row, batch, by, fates);
    }
    return Unavailable(folder_ +
                       ": the disk failed while the import ran; what was "
                       "committed is kept; import again");
  }
  const Sequence next{log_->head().sequence.value + 1};
  KENAL_TRY_ASSIGN(const Plan plan, Plan::Make(*store_, row, next, batch));
  fates = plan.fates();
  if (!plan.writes()) return OkStatus();
  KENAL_TRY(store_->CheckSpace(kSpaceFactor * batch.size_bytes()));
  KENAL_TRY_ASSIGN(Delta delta, plan.MakeDelta());

  SstStage stage(*store_, folder_);
  segment.list = row.info.number;
  segment.added = plan.added();
  segment.replaced = plan.replaced();
  segment.first_serial = row.last_serial + 1;
  StageEntries(plan, stage, segment);
  plan.VisitSources([&](std::string_view key, EntryId id) {
    stage.Put(Family::kSources, key, SourceValue(id));
  });
  StagePostings(delta, stage);
  Totals totals = log_->row().totals;
  totals.entries.active += plan.added();
  KENAL_TRY(CountPostings(delta, totals));
  const int64_t now_unix_ms = base::NowUnixMs();
  ListRow changed = plan.list();
  Stamp(changed, now_unix_ms);
  const SealedRecord record =
      log_->Seal({by, {std::move(segment)}}, now_unix_ms);
  StageRecord(record, totals, ListRecords(changed), RowOfNewFormat(), stage);
  KENAL_TRY(stage.Finish());
  AtPoint("segment staged");
  KENAL_TRY(stage.Ingest());
  AtPoint("segment ingested");
  format_ = kFormatVersion;
  log_->Adopt(record, totals);
  Publish(changed);
  log_->Tell(std::move(delta));
  return OkStatus();
}

}  // namespace kenal::catalogue
