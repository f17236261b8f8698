// Curator: keeps the lists. Every call that changes something is one record
// in the change log, durable and visible to every later answer when it
// returns.
//
// Engine changes a store in this process; client::Connection asks a running
// `kenal serve`. Thread-safe; writers wait for each other.
#ifndef KENAL_CURATOR_H_
#define KENAL_CURATOR_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/entry.h"
#include "kenal/list.h"
#include "kenal/status.h"

namespace kenal {

// Who makes a change and why; both go into the log. `actor` is not empty.
struct Authorship {
  std::string actor;
  std::string reason;
  std::string reference;  // a case or ticket, if there is one
};

// What became of one draft or one named entry.
enum class Outcome : uint8_t {
  kAdded = 1,
  kReplaced = 2,       // same source id, and other content or retracted before
  kUnchanged = 3,      // same source id, same content: nothing written
  kKeptWithdrawn = 4,  // withdrawn earlier: adding does not bring it back
  kStateChanged = 5,
  kRefused = 6,  // invalid; `why` says so and nothing was written
  kUnknown = 7,  // no such entry on that list
};
std::string_view OutcomeName(Outcome outcome);

struct EntryResult {
  Outcome outcome = Outcome::kRefused;
  EntryId id;       // 0 when refused or unknown
  std::string why;  // for kRefused
};

// Sequence is that of the log record, or of the head if nothing was written.
struct EntriesReport {
  Sequence sequence;
  std::vector<EntryResult> results;  // one a draft or reference, in order
};

// Yields drafts one at a time; nullopt at the end. An item may be a refusal of
// one bad record (position and reason), which is counted and not fatal; an
// error status is fatal.
struct ImportItem {
  EntryDraft draft;
  // The source takes its entry of draft.source_id back: it is retracted. Of the
  // draft only that and provenance.import_id are read.
  bool tombstone = false;
  // kDisputed or kQuarantined: the entry is put into that state once it has
  // been added. One that was there keeps the state that it has.
  EntryState state = EntryState::kActive;
  std::string refused;    // not empty: this record is bad, and why
  uint64_t position = 0;  // line or record number from 1, as the caller counts
};
using ImportSource = std::function<StatusOr<std::optional<ImportItem>>()>;

struct ImportProgress {
  uint64_t read = 0;
  uint64_t durable = 0;  // read so far and safe from a crash
};
using ImportWatcher = std::function<void(const ImportProgress&)>;

struct Refusal {
  uint64_t position = 0;
  std::string why;
};

struct ImportReport {
  static constexpr size_t kRefusalsKept = 1000;

  Sequence sequence;
  uint64_t read = 0;
  uint64_t added = 0;
  uint64_t replaced = 0;
  uint64_t unchanged = 0;
  uint64_t kept_withdrawn = 0;
  uint64_t withdrawn = 0;  // by tombstones
  uint64_t not_there = 0;  // tombstones of entries that the list never had
  uint64_t refused = 0;
  std::vector<Refusal> refusals;  // the first kRefusalsKept
};

struct StoreStats {
  std::string store_id;  // hex, made by init
  Sequence head;
  std::vector<ListInfo> lists;
  // Near-searchable hashes and digests, once an index: lists with a review
  // radius are in an index of their own, so what is on lists of both kinds
  // counts twice.
  uint64_t pdq_rows = 0;
  uint64_t digest_rows = 0;
  uint64_t index_bytes = 0;
  uint64_t store_bytes = 0;  // on disk
  // The change log's last record, which may be ahead of `head`, and the chain
  // over all records up to it, in hex: who notes it can tell later whether the
  // lists were these.
  Sequence log_head;
  std::string log_chain;
};

// Gets (done, total) rows now and then; false: stop.
using VerifyWatcher = std::function<bool(uint64_t, uint64_t)>;

struct VerifyReport {
  Sequence head;
  uint64_t log_records = 0;
  uint64_t entries = 0;
  uint64_t postings = 0;
  std::vector<std::string> problems;  // empty: everything agrees
};

// What one change did, without who and why.
enum class ChangeKind : uint8_t {
  kListCreated = 1,
  kPolicySet = 2,
  kEntriesPut = 3,    // added or replaced
  kEntriesSet = 4,    // state or label of entries
  kKnownGoodSet = 5,  // or removed
};
std::string_view ChangeKindName(ChangeKind kind);

// One entry as it is now: what happened to it later comes as later changes.
struct ChangedEntry {
  EntryId id;
  std::string source_id;
  EntryState state = EntryState::kActive;
  std::string near_action_label;
  std::optional<SignalSet> signals;  // when asked for
  friend bool operator==(const ChangedEntry&, const ChangedEntry&) = default;
};

// A part of one log record: long ones come in several, all of one sequence.
struct ListChange {
  Sequence sequence;
  ChangeKind kind = ChangeKind::kEntriesPut;
  std::string list;
  std::optional<ListPolicy> policy;  // of the first two kinds
  // Of kKnownGoodSet, a part each; of no bytes: it was removed.
  std::optional<KnownGoodFile> known_good;
  std::vector<ChangedEntry> entries;
  bool last = true;  // of its sequence
  friend bool operator==(const ListChange&, const ListChange&) = default;
};

// Where a reader of changes is. The default is before the first change.
struct ChangeCursor {
  Sequence sequence;     // the change being read, or the last one read
  uint64_t entries = 0;  // read of the change after `sequence`
  friend bool operator==(const ChangeCursor&, const ChangeCursor&) = default;
};

struct ChangePage {
  std::vector<ListChange> changes;
  ChangeCursor next;
  bool caught_up = false;  // nothing came after `next` when this was read
  Sequence head;
};

// One entry of a page.
struct ListedEntry {
  EntrySummary summary;
  std::optional<EntrySecrets> secrets;  // when asked for
  friend bool operator==(const ListedEntry&, const ListedEntry&) = default;
};

// Entries of a list by serial. Pages are read one after another, so an entry
// that changes in between is told as one of them saw it.
struct EntryPage {
  std::vector<ListedEntry> entries;
  uint64_t last_serial = 0;  // where to go on from
  bool at_end = false;       // nothing came after it
  Sequence sequence;         // of the store when this was read
};

class Curator {
 public:
  static constexpr size_t kListedEntriesMax = 10'000;  // in one EntryPage

  static constexpr size_t kChangedEntriesMax = 10'000;  // in one ChangePage

  static constexpr size_t kDraftsMax = 10'000;  // in one AddEntries

  virtual ~Curator() = default;

  // Errors: kAlreadyExists, kInvalidArgument (name, radius).
  virtual StatusOr<ListInfo> CreateList(std::string_view name, Purpose purpose,
                                        const ListPolicy& policy,
                                        const Authorship& by) = 0;
  // Ordered by name.
  virtual StatusOr<std::vector<ListInfo>> Lists() = 0;
  // Errors: kNotFound names the lists there are.
  virtual StatusOr<ListInfo> GetList(std::string_view name) = 0;
  virtual StatusOr<ListInfo> SetListPolicy(std::string_view name,
                                           const ListPolicy& policy,
                                           const Authorship& by) = 0;

  // At most kDraftsMax drafts, as one log record: all become visible together.
  virtual StatusOr<EntriesReport> AddEntries(std::string_view list,
                                             std::span<const EntryDraft> drafts,
                                             const Authorship& by) = 0;

  // Any number of drafts, staged in segments that each become visible in one
  // step. After a crash whole segments are there and importing again adds the
  // rest.
  virtual StatusOr<ImportReport> Import(std::string_view list,
                                        const ImportSource& source,
                                        const ImportWatcher& watcher,
                                        const Authorship& by) = 0;

  // What Import would report, with nothing changed: it is done on a copy of the
  // store, which is dropped.
  // Cost: as Import, and the same space on disk while it runs.
  virtual StatusOr<ImportReport> RehearseImport(std::string_view list,
                                                const ImportSource& source,
                                                const ImportWatcher& watcher,
                                                const Authorship& by) = 0;

  // The entries of a list after `serial`, in every state: at most
  // `entries_max` (1..kListedEntriesMax) and about 4 MiB. `with_secrets` is for
  // those who may export them.
  virtual StatusOr<EntryPage> ReadEntries(std::string_view list,
                                          uint64_t serial, size_t entries_max,
                                          bool with_secrets) = 0;

  // `reference`: the decimal serial of the entry, or "source:" and the
  // source's own id. Without hash bits: Summarize(entry). Errors: kNotFound.
  virtual StatusOr<EntrySummary> GetEntry(std::string_view list,
                                          std::string_view reference) = 0;
  // One log record. Unknown references are reported and change nothing.
  // A withdrawn entry stays withdrawn; a quarantined one may be activated.
  // Errors: kInvalidArgument for an empty reason.
  virtual StatusOr<EntriesReport> SetEntryState(
      std::string_view list, std::span<const std::string> references,
      EntryState state, const Authorship& by) = 0;

  // What the near matches of entries are labelled with from now on, instead of
  // their list's label; empty: the list's again. One log record; verdicts and
  // digest hits stay. References as in SetEntryState. Errors: kInvalidArgument
  // for an empty reason or a malformed label.
  virtual StatusOr<EntriesReport> SetNearActionLabel(
      std::string_view list, std::span<const std::string> references,
      std::string_view label, const Authorship& by) = 0;

  // The changes after `cursor`, at most `entries_max` entries
  // (1..kChangedEntriesMax) and as many changes. Signals of entries are
  // secrets: `with_signals` is for those who may export them.
  // Errors: kOutOfRange  the cursor is after the head, so it is another
  //                      store's, or before what the log still holds; start
  //                      again with a default one
  virtual StatusOr<ChangePage> ReadChanges(const ChangeCursor& cursor,
                                           size_t entries_max,
                                           bool with_signals) = 0;

  // Sequence of the last change that every later answer holds. Cheap.
  virtual StatusOr<Sequence> Head() = 0;
  // Sequence of the last change in the log, which answers may not hold yet.
  virtual StatusOr<Sequence> LogHead() = 0;

  virtual StatusOr<StoreStats> Stats() = 0;

  // Reads everything: chain, rows against the log's counts, postings against
  // entries. `watcher` may be empty. Errors: kCancelled  the watcher said so
  virtual StatusOr<VerifyReport> Verify(const VerifyWatcher& watcher) = 0;
};

}  // namespace kenal

#endif  // KENAL_CURATOR_H_
