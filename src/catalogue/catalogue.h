// Catalogue: the durable store. Lists, entries, postings and the change log in
// one RocksDB; the bytes are described in docs/format.md.
//
// Every write is a change: one log record and the rows that it alters, in one
// atomic, synced step. Views (the index, replicas) are told of each in order,
// before the call that made it returns.
#ifndef KENAL_SRC_CATALOGUE_CATALOGUE_H_
#define KENAL_SRC_CATALOGUE_CATALOGUE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/backup.h"
#include "kenal/curator.h"
#include "kenal/entry.h"
#include "kenal/list.h"
#include "kenal/status.h"
#include "src/signal/posting.h"

namespace kenal::catalogue {

// Where the log stands: its last sequence and the chain over all records.
struct Head {
  Sequence sequence;
  std::array<uint8_t, 32> chain{};
  friend bool operator==(const Head&, const Head&) = default;
};

// Who holds the store, as its lock file tells.
struct LockHolder {
  int64_t pid = 0;
  std::string command;         // such as "kenal serve"
  std::string server_address;  // empty when it serves nobody
};

// What becomes of the known-good file of one type on a list.
struct KnownGoodEdit {
  SignalType signal = SignalType::kSha1;
  // What is set instead; without a time and `set_at`. Unset: it is removed.
  std::optional<KnownGoodFile> file;
  std::string built;  // path of the file, whole, synced and in KnownFolder
};

class Catalogue {
 public:
  // Called under the write lock, in sequence order, once a change is durable
  // and before the call that made it returns. Must not call the catalogue's
  // writing methods.
  using Subscriber = std::function<void(const Delta&)>;

  // Makes an empty store in `folder`, creating it when missing.
  // Errors: kAlreadyExists, kFailedPrecondition (folder holds other files).
  static Status Create(const std::string& folder);

  // Opens, locks and checks a store: format, head record, counts, that the
  // last log record chains. Errors as Engine::Open. A store of an older
  // format is read as it is and moves to this one with its first change.
  static StatusOr<std::unique_ptr<Catalogue>> Open(const std::string& folder);
  virtual ~Catalogue() = default;

  virtual std::string store_id() const = 0;  // 32 hex digits
  virtual uint64_t incarnation() const = 0;  // grows with each restore
  virtual Head head() const = 0;
  virtual Status AnnounceServer(const std::string& address) = 0;

  virtual void Subscribe(Subscriber subscriber) = 0;  // at most one

  virtual StatusOr<ListInfo> CreateList(std::string_view name, Purpose purpose,
                                        const ListPolicy& policy,
                                        const Authorship& by) = 0;
  virtual StatusOr<ListInfo> SetListPolicy(std::string_view name,
                                           const ListPolicy& policy,
                                           const Authorship& by) = 0;
  virtual std::vector<ListInfo> Lists() const = 0;  // by name
  virtual StatusOr<ListInfo> GetList(std::string_view name) const = 0;

  // As in Curator. What the list's policy, as of the beginning of the call,
  // does not keep is left out of each draft before it is compared: views
  // outside stored_views, and second opinions unless it asks for them.
  virtual StatusOr<EntriesReport> AddEntries(std::string_view list,
                                             std::span<const EntryDraft> drafts,
                                             const Authorship& by) = 0;
  virtual StatusOr<ImportReport> Import(std::string_view list,
                                        const ImportSource& source,
                                        const ImportWatcher& watcher,
                                        const Authorship& by) = 0;
  virtual StatusOr<EntriesReport> SetEntryState(
      std::string_view list, std::span<const std::string> references,
      EntryState state, const Authorship& by) = 0;

  virtual StatusOr<EntriesReport> SetNearActionLabel(
      std::string_view list, std::span<const std::string> references,
      std::string_view label, const Authorship& by) = 0;

  // As in Curator; nothing after `last` is read, which is at most the head.
  virtual StatusOr<ChangePage> ReadChanges(const ChangeCursor& cursor,
                                           size_t entries_max,
                                           bool with_signals,
                                           Sequence last) const = 0;

  virtual StatusOr<Entry> GetEntry(std::string_view list,
                                   std::string_view reference) const = 0;
  // In request order. Errors: kNotFound or kDataLoss for any of them.
  virtual StatusOr<std::vector<Entry>> GetEntries(
      std::span<const EntryId> ids) const = 0;

  // How many postings there are at `head()`.
  virtual uint64_t PostingCount() const = 0;
  // Visits every posting of active and disputed entries at `head()`.
  virtual Status VisitPostings(
      const std::function<void(const Posting&)>& visit) const = 0;

  // Visits what every own decision overrules at `head()`, withdrawn ones too.
  // Cost: reads the entries of lists of own decisions.
  virtual Status VisitOverrulings(
      const std::function<void(const Overruling&)>& visit) const = 0;

  // Visits when each entry that expires does so at `head()`, withdrawn ones
  // too.
  virtual Status VisitExpiries(
      const std::function<void(const Expiry&)>& visit) const = 0;

  // As in Curator.
  virtual StatusOr<EntryPage> ReadEntries(std::string_view list,
                                          uint64_t serial, size_t entries_max,
                                          bool with_secrets) const = 0;
  virtual StatusOr<ImportReport> RehearseImport(std::string_view list,
                                                const ImportSource& source,
                                                const ImportWatcher& watcher,
                                                const Authorship& by) = 0;

  virtual StatusOr<VerifyReport> Verify(const VerifyWatcher& watcher) const = 0;
  virtual uint64_t SizeBytes() const = 0;

  // Sets and removes known-good files of a list, as one log record. Files that
  // are set get their names in `known/` before it, those they replace go after
  // it, and those that failed are left over until the store is opened again.
  // Removing what is not there changes nothing.
  // Errors: kFailedPrecondition  the list is of another purpose than
  //                              known-benign
  //         those of every change
  virtual StatusOr<Sequence> EditKnownGood(std::string_view list,
                                           std::span<const KnownGoodEdit> edits,
                                           const Authorship& by) = 0;

  // As in Engine.
  virtual StatusOr<BackupInfo> Backup(const std::string& folder,
                                      const ByteWatcher& watcher) = 0;
  virtual StatusOr<CompactReport> Compact(const ByteWatcher& watcher) = 0;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_CATALOGUE_H_
