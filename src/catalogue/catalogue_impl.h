// The catalogue over one Store.
#ifndef KENAL_SRC_CATALOGUE_CATALOGUE_IMPL_H_
#define KENAL_SRC_CATALOGUE_CATALOGUE_IMPL_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/mutex.h"
#include "src/catalogue/catalogue.h"
#include "src/catalogue/change_log.h"
#include "src/catalogue/draft_batch.h"
#include "src/catalogue/fair_mutex.h"
#include "src/catalogue/head_witness.h"
#include "src/catalogue/options.h"
#include "src/catalogue/plan.h"
#include "src/catalogue/records.h"
#include "src/catalogue/store.h"
#include "src/catalogue/store_lock.h"

namespace kenal::catalogue {

class CatalogueImpl final : public Catalogue {
 public:
  static StatusOr<std::unique_ptr<CatalogueImpl>> Open(
      const std::string& folder, const Options& options);
  ~CatalogueImpl() override;

  std::string store_id() const override;
  uint64_t incarnation() const override;
  Head head() const override;
  Status AnnounceServer(const std::string& address) override;
  void Subscribe(Subscriber subscriber) override;

  StatusOr<ListInfo> CreateList(std::string_view name, Purpose purpose,
                                const ListPolicy& policy,
                                const Authorship& by) override;
  StatusOr<ListInfo> SetListPolicy(std::string_view name,
                                   const ListPolicy& policy,
                                   const Authorship& by) override;
  std::vector<ListInfo> Lists() const override;
  StatusOr<ListInfo> GetList(std::string_view name) const override;

  StatusOr<EntriesReport> AddEntries(std::string_view list,
                                     std::span<const EntryDraft> drafts,
                                     const Authorship& by) override;
  StatusOr<ImportReport> Import(std::string_view list,
                                const ImportSource& source,
                                const ImportWatcher& watcher,
                                const Authorship& by) override;
  StatusOr<EntriesReport> SetEntryState(std::string_view list,
                                        std::span<const std::string> references,
                                        EntryState state,
                                        const Authorship& by) override;

  StatusOr<EntriesReport> SetNearActionLabel(
      std::string_view list, std::span<const std::string> references,
      std::string_view label, const Authorship& by) override;
  StatusOr<ChangePage> ReadChanges(const ChangeCursor& cursor,
                                   size_t entries_max, bool with_signals,
                                   Sequence last) const override;

  StatusOr<Entry> GetEntry(std::string_view list,
                           std::string_view reference) const override;
  StatusOr<std::vector<Entry>> GetEntries(
      std::span<const EntryId> ids) const override;
  uint64_t PostingCount() const override;
  Status VisitPostings(
      const std::function<void(const Posting&)>& visit) const override;
  Status VisitOverrulings(
      const std::function<void(const Overruling&)>& visit) const override;

  Status VisitExpiries(
      const std::function<void(const Expiry&)>& visit) const override;
  StatusOr<EntryPage> ReadEntries(std::string_view list, uint64_t serial,
                                  size_t entries_max,
                                  bool with_secrets) const override;
  StatusOr<ImportReport> RehearseImport(std::string_view list,
                                        const ImportSource& source,
                                        const ImportWatcher& watcher,
                                        const Authorship& by) override;

  StatusOr<VerifyReport> Verify(const VerifyWatcher& watcher) const override;
  uint64_t SizeBytes() const override;
  StatusOr<Sequence> EditKnownGood(std::string_view list,
                                   std::span<const KnownGoodEdit> edits,
                                   const Authorship& by) override;
  StatusOr<BackupInfo> Backup(const std::string& folder,
                              const ByteWatcher& watcher) override;
  StatusOr<CompactReport> Compact(const ByteWatcher& watcher) override;

 private:
  // Lists by name.
  using ListTable = std::map<std::string, ListRow, std::less<>>;

  CatalogueImpl(std::string folder, Options options)
      : folder_(std::move(folder)), options_(std::move(options)) {}

  // Open, step by step.
  Status LoadStore(Store::Access access);
  Status LoadLists();
  Status CheckLog() const;
  Status CheckWitness() const;
  // Of lists whose records are of an older format: see docs/format.md.
  Status DeriveVersions();

  StatusOr<ListRow> FindList(std::string_view name) const
      KENAL_EXCLUDES(state_);
  StatusOr<std::optional<EntryId>> FindEntry(const ListRow& list,
                                             std::string_view reference) const;
  // The entry that a draft for `list` overrules; 0 when it names none.
  // kInvalidArgument says why it cannot.
  StatusOr<EntryId> FindOverruled(const ListRow& list,
                                  const EntryDraft& draft) const;
  // Adds to `batch`; a refusal is a reason, any other failure an error.
  StatusOr<std::optional<std::string>> Refusal(const ListRow& list,
                                               const EntryDraft& draft,
                                               int64_t now_unix_ms,
                                               DraftBatch& batch) const;
  // Before each write: authorship, and a store that takes writes.
  Status ReadyToWrite(const Authorship& by) KENAL_REQUIRES(write_);
  // Appends `change` with `rows` and the row of the list that it alters, shows
  // it to readers and tells the subscriber.
  Status Commit(const Change& change, const Totals& totals, ListRow list,
                Rows& rows, Delta delta) KENAL_REQUIRES(write_);
  // Marks a list as changed by the next record.
  void Stamp(ListRow& list, int64_t unix_ms) const KENAL_REQUIRES(write_);
  // The store record that a change to a store of an older format writes too.
  std::optional<std::string> RowOfNewFormat() const KENAL_REQUIRES(write_);
  // The list records that the next change writes, by number: `changed`, and
  // all of them when it moves the store to this format.
  std::map<ListNumber, std::string> ListRecords(const ListRow& changed) const
      KENAL_REQUIRES(write_) KENAL_EXCLUDES(state_);
  // After a durable change: lists and head as readers see them.
  void Publish(const ListRow& list) KENAL_REQUIRES(write_)
      KENAL_EXCLUDES(state_);

  // What a plan writes, but for its entries and their log record.
  struct Prepared {
    Delta delta;
    Totals totals;
    Rows rows;
  };
  // kResourceExhausted when the disk has no room for it.
  StatusOr<Prepared> Prepare(const Plan& plan, const DraftBatch& batch) const
      KENAL_REQUIRES(write_);
  Status AddBatch(const ListRow& list, const DraftBatch& batch,
                  const Authorship& by, std::vector<Plan::Fate>& fates)
      KENAL_REQUIRES(write_);
  // Either a state or a label; a reason is needed.
  struct EntryEdit {
    std::optional<EntryState> state;
    std::string_view label;
  };
  StatusOr<EntriesReport> EditEntries(std::string_view list,
                                      std::span<const std::string> references,
                                      const EntryEdit& edit,
                                      const Authorship& by)
      KENAL_EXCLUDES(write_);
  class Importing;
  // Writes one segment of an import; `fates` are those of its drafts.
  Status WriteSegment(std::string_view list, const DraftBatch& batch,
                      IngestSegment segment, const Authorship& by,
                      std::vector<Plan::Fate>& fates) KENAL_EXCLUDES(write_);
  // One edit, not yet committed: its file in place, its row and operation.
  Status ApplyKnownGood(const KnownGoodEdit& edit, ListRow& list, Rows& rows,
                        Change& change) KENAL_REQUIRES(write_);
  // Names in `known/` that lists need.
  std::set<std::string> KnownFileNames() const KENAL_EXCLUDES(state_);
  // While a backup copies them, replaced files stay.
  class KnownFilesKept;

  void AtPoint(std::string_view point) const {
    if (options_.at_point) options_.at_point(point);
  }

  const std::string folder_;
  const Options options_;
  // Order of members: the lock goes last when the catalogue closes.
  std::unique_ptr<StoreLock> lock_;
  std::unique_ptr<HeadWitness> witness_;
  std::unique_ptr<Store> store_;
  StoreRow identity_;

  // One writer at a time, from reading what it alters to telling views.
  mutable FairMutex write_;
  std::unique_ptr<ChangeLog> log_;    // guarded by write_ after Open
  uint64_t format_ = kFormatVersion;  // on disk; guarded by write_ after Open

  mutable base::Mutex state_;  // taken briefly, after write_ if both
  Head head_ KENAL_GUARDED_BY(state_);
  ListTable lists_ KENAL_GUARDED_BY(state_);
  std::map<ListNumber, std::string> names_ KENAL_GUARDED_BY(state_);
  int known_files_kept_ KENAL_GUARDED_BY(state_) = 0;
};

// Counts one entry going from one state to another. kDataLoss when the stored
// counts have none in state `from`.
Status MoveCount(ListCounts& counts, EntryState from, EntryState to);
// Counts what a delta does. kDataLoss when it removes more than there are.
Status CountPostings(const Delta& delta, Totals& totals);
ListCounts operator+(const ListCounts& a, const ListCounts& b);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_CATALOGUE_IMPL_H_
