#include "src/catalogue/verify.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/digest.h"
#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/change_log.h"
#include "src/catalogue/fingerprint.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/known_files.h"

namespace kenal::catalogue {
namespace {

// Problems named one by one; a damaged store may have millions.
constexpr size_t kProblemsNamed = 100;
constexpr uint64_t kRowsPerProgress = 65'536;

std::string Name(EntryId id) {
  return "entry " + std::to_string(id.serial()) + " of list " +
         std::to_string(id.list().value);
}

std::string Name(Sequence sequence) {
  return "log record " + std::to_string(sequence.value);
}

class Verifier {
 public:
  Verifier(const Store& store, const VerifyWatcher& watcher)
      : store_(store),
        watcher_(watcher),
        snapshot_(&store.db()),
        entry_postings_(seeds_),
        postings_(seeds_),
        entry_sources_(seeds_),
        sources_(seeds_) {}

  StatusOr<VerifyReport> Run();

 private:
  // A segment of an import, as far as its rows are unchanged since.
  struct Segment {
    std::array<uint8_t, 32> digest{};
    uint64_t rows = 0;
    uint64_t rows_seen = 0;
    uint64_t first_serial = 0;
    std::optional<std::vector<uint64_t>> replaced;  // when the log says
    base::Sha256Stream stream;
  };
  struct ListSeen {
    ListRow row;
    ListCounts counts;
    uint64_t entries = 0;
    // Of the last log record that changed it.
    Sequence version;
    int64_t changed_unix_ms = 0;
  };

  void Problem(const std::string& what);
  // Before each row. Errors: kCancelled.
  Status Step();
  // Notes a step that could not read all its rows.
  void Note(const Status& status);

  Status ReadHead();
  void CheckLists();
  void CheckLog();
  void CheckRecord(const LogRecord& record, const Chain& previous);
  void CheckOperations(const LogRecord& record);
  void CheckListOperation(Sequence at, const Operation& operation);
  void CheckEntryOperation(Sequence at, const Operation& operation, EntryId id,
                           std::string_view row);
  void CheckPolicies();
  void CheckVersions();
  void CheckKnownGood(Sequence log_base);
  void CheckEntries();
  Status CheckEntry(std::string_view key, std::string_view value);
  void CheckOverruled(const Entry& entry);
  void CheckSegments();
  void CheckCounts();
  void CheckPostings();
  void CheckSources();
  void CheckExpiries();
  void NamePostingProblems();
  void NameSourceProblems();
  Status CheckExpiry(std::string_view key, std::string_view value);

  const Store& store_;
  const VerifyWatcher& watcher_;
  bool stopped_ = false;  // the watcher said so
  rocksdb::ManagedSnapshot snapshot_;
  HeadRow head_;
  std::map<uint16_t, ListSeen> lists_;
  std::map<uint16_t, ListPolicy> policies_;  // as the log leaves them
  // Known-good files by list and type: as the log leaves them, and their rows.
  // No file: the log removed it.
  using KnownName = std::pair<uint16_t, SignalType>;
  std::map<KnownName, std::optional<KnownGoodFile>> known_in_log_;
  bool erased_ = false;                   // some payload is
  std::map<uint64_t, Segment> segments_;  // by sequence
  const std::array<uint64_t, 2> seeds_ = Fingerprint::RandomSeeds();
  Fingerprint entry_postings_;
  Fingerprint postings_;
  Fingerprint entry_sources_;
  Fingerprint sources_;
  uint64_t expiring_ = 0;  // entries
  VerifyReport report_;
  std::map<std::string, uint16_t> numbers_;  // of lists, by name
  uint64_t problems_ = 0;
  uint64_t done_ = 0;
  uint64_t total_ = 0;
};

void Verifier::Problem(const std::string& what) {
  if (++problems_ <= kProblemsNamed) report_.problems.push_back(what);
}

Status Verifier::Step() {
  if (done_++ % kRowsPerProgress == 0 && watcher_) {
    stopped_ = !watcher_(std::min(done_, total_), total_);
  }
  return stopped_ ? absl::CancelledError("stopped; nothing is known yet")
                  : OkStatus();
}

void Verifier::Note(const Status& status) {
  if (!status.ok() && !stopped_) Problem(std::string(status.message()));
}

StatusOr<VerifyReport> Verifier::Run() {
  KENAL_TRY(ReadHead());
  for (const auto check : {&Verifier::CheckLists, &Verifier::CheckLog,
                           &Verifier::CheckEntries, &Verifier::CheckSegments,
                           &Verifier::CheckCounts, &Verifier::CheckPostings,
                           &Verifier::CheckSources, &Verifier::CheckExpiries}) {
    (this->*check)();
    if (stopped_) return absl::CancelledError("stopped before the end");
  }
  if (problems_ > kProblemsNamed) {
    report_.problems.push_back(
        "and " + std::to_string(problems_ - kProblemsNamed) + " more problems");
  }
  if (watcher_) watcher_(total_, total_);
  return std::move(report_);
}

Status Verifier::ReadHead() {
  KENAL_TRY_ASSIGN(const std::optional<std::string> value,
                   store_.Get(Family::kMeta, kHeadKey, snapshot_.snapshot()));
  if (!value) return DataLoss("the head record is missing");
  KENAL_TRY_ASSIGN(head_, DecodeHeadRow(*value));
  report_.head = head_.head.sequence;
  const ListCounts& entries = head_.totals.entries;
  total_ = head_.head.sequence.value + head_.totals.postings +
           2 * (entries.active + entries.disputed + entries.withdrawn +
                entries.quarantined);
  return OkStatus();
}

void Verifier::CheckLists() {
  Note(store_.Scan(
      Family::kLists, "", snapshot_.snapshot(),
      [&](std::string_view key, std::string_view value) -> Status {
        KENAL_TRY_ASSIGN(const ListNumber number, ParseListKey(key));
        KENAL_TRY_ASSIGN(ListRow row, DecodeListRow(number, value));
        numbers_[row.info.name] = number.value;
        lists_[number.value].row = std::move(row);
        return OkStatus();
      }));
}

void Verifier::CheckLog() {
  const StatusOr<Head> base = ChangeLog::Base(store_, snapshot_.snapshot());
  if (!base.ok()) return Note(base.status());
  Chain previous = base->chain;
  for (uint64_t n = base->sequence.value + 1; n <= head_.head.sequence.value;
       ++n) {
    if (!Step().ok()) return;
    const StatusOr<std::vector<LogRecord>> record =
        ChangeLog::Read(store_, Sequence{n}, 1, snapshot_.snapshot());
    if (!record.ok()) return Note(record.status());
    if (record->empty()) return Problem(Name(Sequence{n}) + " is missing");
    CheckRecord(record->front(), previous);
    previous = record->front().chain;
  }
  if (previous != head_.head.chain) {
    Problem("the head's chain is not that of the last log record");
  }
  CheckPolicies();
  CheckVersions();
  CheckKnownGood(base->sequence);
}

void Verifier::CheckRecord(const LogRecord& record, const Chain& previous) {
  ++report_.log_records;
  if (ChainOf(previous, record.header, record.commitment) != record.chain) {
    Problem(Name(record.sequence) + " does not chain to the one before it");
  }
  if (!record.payload) {
    erased_ = true;
  } else if (!record.payload_agrees) {
    Problem("the payload of " + Name(record.sequence) +
            " is not the one it commits to");
  } else {
    CheckOperations(record);
  }
}

void Verifier::CheckOperations(const LogRecord& record) {
  const StatusOr<Change> change = DecodePayload(*record.payload);
  if (!change.ok()) return Note(change.status());
  if (change->operations.size() != record.operations) {
    Problem(Name(record.sequence) + " has not as many operations as it says");
  }
  std::vector<std::pair<EntryId, const Operation*>> on_entries;
  for (const Operation& operation : change->operations) {
    if (const auto list = lists_.find(ListOf(operation).value);
        list != lists_.end()) {
      list->second.version = record.sequence;
      list->second.changed_unix_ms = record.unix_ms;
    }
    if (const auto* put = std::get_if<PutEntry>(&operation)) {
      on_entries.emplace_back(put->id, &operation);
    } else if (const auto* set = std::get_if<SetState>(&operation)) {
      on_entries.emplace_back(set->id, &operation);
    } else if (const auto* label = std::get_if<SetNearLabel>(&operation)) {
      on_entries.emplace_back(label->id, &operation);
    } else {
      CheckListOperation(record.sequence, operation);
    }
  }
  std::ranges::sort(on_entries);
  std::vector<std::string> keys;
  for (const auto& [id, operation] : on_entries) keys.push_back(EntryKey(id));
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  const auto rows =
      store_.MultiGet(Family::kEntries, views, snapshot_.snapshot());
  if (!rows.ok()) return Note(rows.status());
  for (size_t i = 0; i < on_entries.size(); ++i) {
    CheckEntryOperation(record.sequence, *on_entries[i].second,
                        on_entries[i].first, AsView((*rows)[i]));
  }
}

void Verifier::CheckListOperation(Sequence at, const Operation& operation) {
  if (const auto* create = std::get_if<CreateList>(&operation)) {
    const auto list = lists_.find(create->number.value);
    if (list == lists_.end() || list->second.row.info.name != create->name ||
        list->second.row.info.purpose != create->purpose) {
      Problem("the list made by " + Name(at) + " is not there as it was made");
    }
    policies_[create->number.value] = create->policy;
  } else if (const auto* set = std::get_if<SetPolicy>(&operation)) {
    policies_[set->number.value] = set->policy;
  } else if (const auto* known = std::get_if<SetKnownGood>(&operation)) {
    auto& seen = known_in_log_[{known->list.value, known->file.signal}];
    seen = known->file;
    seen->set_at = at;
  } else if (const auto* gone = std::get_if<RemoveKnownGood>(&operation)) {
    known_in_log_[{gone->list.value, gone->signal}].reset();
  } else if (const auto* segment = std::get_if<IngestSegment>(&operation)) {
    Segment& seen = segments_[at.value];
    seen.digest = segment->digest;
    seen.rows = segment->added + segment->replaced;
    seen.first_serial = segment->first_serial;
    if (segment->replaced == segment->replaced_serials.size()) {
      seen.replaced = segment->replaced_serials;
    }
  }
}

void Verifier::CheckEntryOperation(Sequence at, const Operation& operation,
                                   EntryId id, std::string_view row) {
  if (row.empty()) {
    return Problem(Name(id) + ", changed by " + Name(at) + ", is missing");
  }
  const StatusOr<EntryFrame> frame = DecodeEntryFrame(row);
  if (!frame.ok()) return;  // the walk over the entries names it
  if (frame->changed_at < at) {
    return Problem(Name(id) + " is older than " + Name(at) +
                   ", which changed it");
  }
  if (frame->changed_at > at) return;
  const auto* put = std::get_if<PutEntry>(&operation);
  const auto* set = std::get_if<SetState>(&operation);
  const auto* label = std::get_if<SetNearLabel>(&operation);
  if ((put != nullptr && put->record != row) ||
      (set != nullptr && set->state != frame->state) ||
      (label != nullptr && label->label != frame->near_action_label)) {
    Problem(Name(id) + " is not what " + Name(at) + " made of it");
  }
}

void Verifier::CheckPolicies() {
  if (erased_) return;  // an erased record may have set another
  for (const auto& [number, policy] : policies_) {
    const auto list = lists_.find(number);
    if (list == lists_.end()) {
      Problem("list " + std::to_string(number) + " is in the log only");
    } else if (list->second.row.info.policy != policy) {
      Problem("the policy of list " + std::to_string(number) +
              " is not the one in the log");
    }
  }
}

void Verifier::CheckVersions() {
  for (const auto& [number, list] : lists_) {
    const ListInfo& info = list.row.info;
    const bool not_recorded = info.version == Sequence{};  // an older format
    if (not_recorded) continue;
    // An erased record, or one that was cut off, may have been the last.
    const bool untold = erased_ || list.version == Sequence{};
    const bool agrees = info.version == list.version &&
                        info.changed_unix_ms == list.changed_unix_ms;
    if (info.version > head_.head.sequence || (!untold && !agrees)) {
      Problem("list " + std::to_string(number) +
              " does not say when it changed last");
    }
  }
}

void Verifier::CheckKnownGood(Sequence log_base) {
  std::map<KnownName, KnownGoodFile> rows;
  Note(ScanKnownRows(store_, snapshot_.snapshot(),
                     [&](ListNumber list, const KnownGoodFile& file) {
                       rows.emplace(KnownName(list.value, file.signal), file);
                       return OkStatus();
                     }));
  for (const auto& [name, row] : rows) {
    const std::string what = "the " + std::string(SignalTypeName(name.second)) +
                             " known-good file of list " +
                             std::to_string(name.first);
    const auto list = lists_.find(name.first);
    if (list == lists_.end() ||
        list->second.row.info.purpose != Purpose::kKnownBenign) {
      Problem(what + " is of a list that can have none");
    }
    // Records that are gone may have set or removed it.
    const bool untold = erased_ || row.set_at <= log_base;
    const auto logged = known_in_log_.find(name);
    if (!untold && (logged == known_in_log_.end() || logged->second != row)) {
      Problem(what + " is not the one in the log");
    }
  }
  for (const auto& [name, logged] : known_in_log_) {
    if (logged && !erased_ && !rows.contains(name)) {
      Problem("a known-good file of list " + std::to_string(name.first) +
              " is in the log only");
    }
  }
}

void Verifier::CheckEntries() {
  Note(store_.Scan(Family::kEntries, "", snapshot_.snapshot(),
                   [&](std::string_view key, std::string_view value) -> Status {
                     KENAL_TRY(Step());
                     Note(CheckEntry(key, value));
                     return OkStatus();
                   }));
}

Status Verifier::CheckEntry(std::string_view key, std::string_view value) {
  ++report_.entries;
  KENAL_TRY_ASSIGN(const EntryId id, ParseEntryKey(key));
  const StatusOr<Entry> entry = DecodeEntry(id, value);
  if (!entry.ok()) return DataLoss(Name(id) + " does not decode");
  const auto list = lists_.find(id.list().value);
  if (list == lists_.end()) return DataLoss(Name(id) + " has no list");
  ListSeen& seen = list->second;
  ++seen.entries;
  const ListCounts one = {
      .active = entry->state == EntryState::kActive ? 1u : 0u,
      .disputed = entry->state == EntryState::kDisputed ? 1u : 0u,
      .withdrawn = entry->state == EntryState::kWithdrawn ||
                           entry->state == EntryState::kRetracted
                       ? 1u
                       : 0u,
      .quarantined = entry->state == EntryState::kQuarantined ? 1u : 0u};
  seen.counts = seen.counts + one;

  if (entry->added_at > entry->changed_at ||
      entry->changed_at > head_.head.sequence || id.serial() == 0 ||
      id.serial() > seen.row.last_serial) {
    Problem(Name(id) + " has a number or sequence beyond the last");
  }
  if (IsMatched(entry->state)) {
    for (const Posting& posting : PostingsOf(id, entry->signals)) {
      entry_postings_.Add(PostingKey(posting));
    }
  }
  if (entry->expires_unix_ms) ++expiring_;
  if (entry->overrules) CheckOverruled(*entry);
  entry_sources_.Add(SourceKey(id.list(), entry->source_id) + SourceValue(id));
  const auto segment = segments_.find(entry->changed_at.value);
  if (segment != segments_.end()) {
    ++segment->second.rows_seen;
    segment->second.stream.Add(base::AsBytes(key));
    segment->second.stream.Add(base::AsBytes(value));
    const Segment& of = segment->second;
    if (id.serial() < of.first_serial && of.replaced &&
        !std::ranges::binary_search(*of.replaced, id.serial())) {
      Problem(Name(id) + " was replaced by " + Name(entry->changed_at) +
              ", which does not name it");
    }
  }
  return OkStatus();
}

void Verifier::CheckOverruled(const Entry& entry) {
  const auto other = numbers_.find(entry.overrules->list);
  if (other == numbers_.end()) {
    return Problem(Name(entry.id) +
                   " overrules an entry of a list that is not there");
  }
  const ListRow& row = lists_[other->second].row;
  const bool purposes = lists_[entry.id.list().value].row.info.purpose ==
                            Purpose::kOwnDecisions &&
                        row.info.purpose != Purpose::kOwnDecisions;
  if (!purposes || ParseSerial(entry.overrules->reference) > row.last_serial) {
    Problem(Name(entry.id) + " overrules what no own decision can");
  }
}

void Verifier::CheckSegments() {
  for (auto& [sequence, segment] : segments_) {
    // Fewer rows: others changed since, so the digest says nothing any more.
    const bool whole = segment.rows_seen == segment.rows;
    if (segment.rows_seen > segment.rows ||
        (whole && segment.stream.Finish() != segment.digest)) {
      Problem("the entries imported by " + Name(Sequence{sequence}) +
              " are not those that it names");
    }
  }
}

void Verifier::CheckCounts() {
  ListCounts sum;
  for (const auto& [number, list] : lists_) {
    sum = sum + list.counts;
    if (list.counts != list.row.info.counts ||
        list.entries != list.row.last_serial) {
      Problem("list " + std::to_string(number) +
              " has not as many entries as it counts");
    }
  }
  if (lists_.size() != head_.totals.lists || sum != head_.totals.entries) {
    Problem("the counts in the head record are not those of the lists");
  }
}

void Verifier::CheckPostings() {
  Note(store_.Scan(Family::kPostings, "", snapshot_.snapshot(),
                   [&](std::string_view key, std::string_view value) -> Status {
                     KENAL_TRY(Step());
                     ++report_.postings;
                     postings_.Add(key);
                     if (!value.empty()) Problem("a posting has a value");
                     return OkStatus();
                   }));
  if (stopped_) return;
  if (postings_.count() != head_.totals.postings) {
    Problem("there are not as many postings as the head record counts");
  }
  if (!(postings_ == entry_postings_)) NamePostingProblems();
}

void Verifier::NamePostingProblems() {
  const uint64_t before = problems_;
  const rocksdb::Snapshot* const at = snapshot_.snapshot();
  // It sorts what is in memory once; each Get would do so anew.
  rocksdb::ReadOptions options;
  options.snapshot = at;
  const std::unique_ptr<rocksdb::Iterator> rows(
      store_.db().NewIterator(options, store_.family(Family::kPostings)));
  Note(store_.Scan(
      Family::kEntries, "", at,
      [&](std::string_view key, std::string_view value) -> Status {
        KENAL_TRY(Step());
        KENAL_TRY_ASSIGN(const EntryId id, ParseEntryKey(key));
        const StatusOr<Entry> entry = DecodeEntry(id, value);
        if (!entry.ok() || !IsMatched(entry->state)) return OkStatus();
        for (const Posting& posting : PostingsOf(id, entry->signals)) {
          const std::string wanted = PostingKey(posting);
          rows->Seek(AsSlice(wanted));
          KENAL_TRY(store_.Say(rows->status()));
          if (rows->Valid() && AsView(rows->key()) == wanted) continue;
          Problem(Name(id) + " lacks a posting; it is not found");
        }
        return OkStatus();
      }));
  Note(store_.Scan(
      Family::kPostings, "", at,
      [&](std::string_view key, std::string_view) -> Status {
        const StatusOr<Posting> posting = ParsePostingKey(key);
        if (!posting.ok()) {
          Note(posting.status());
          return OkStatus();
        }
        KENAL_TRY_ASSIGN(
            const std::optional<std::string> row,
            store_.Get(Family::kEntries, EntryKey(posting->entry), at));
        const StatusOr<Entry> entry =
            DecodeEntry(posting->entry, row.value_or(""));
        if (!entry.ok() || !IsMatched(entry->state) ||
            !std::ranges::count(PostingsOf(posting->entry, entry->signals),
                                *posting)) {
          Problem("a posting names " + Name(posting->entry) +
                  ", which does not have it");
        }
        return OkStatus();
      }));
  if (problems_ == before) Problem("postings and entries do not agree");
}

void Verifier::CheckSources() {
  Note(store_.Scan(Family::kSources, "", snapshot_.snapshot(),
                   [&](std::string_view key, std::string_view value) -> Status {
                     KENAL_TRY(Step());
                     sources_.Add(std::string(key) + std::string(value));
                     return OkStatus();
                   }));
  if (!stopped_ && !(sources_ == entry_sources_)) NameSourceProblems();
}

void Verifier::NameSourceProblems() {
  const uint64_t before = problems_;
  const rocksdb::Snapshot* const at = snapshot_.snapshot();
  Note(store_.Scan(
      Family::kEntries, "", at,
      [&](std::string_view key, std::string_view value) -> Status {
        KENAL_TRY_ASSIGN(const EntryId id, ParseEntryKey(key));
        const StatusOr<EntryFrame> frame = DecodeEntryFrame(value);
        if (!frame.ok()) return OkStatus();
        KENAL_TRY_ASSIGN(
            const std::optional<std::string> row,
            store_.Get(Family::kSources, SourceKey(id.list(), frame->source_id),
                       at));
        if (row.value_or("") != SourceValue(id)) {
          Problem("the source id of " + Name(id) + " does not lead to it");
        }
        return OkStatus();
      }));
  if (sources_.count() != entry_sources_.count() || problems_ == before) {
    Problem("there are " + std::to_string(sources_.count()) +
            " source ids for " + std::to_string(entry_sources_.count()) +
            " entries");
  }
}

void Verifier::CheckExpiries() {
  uint64_t rows = 0;
  std::string end(kExpiryPrefix);
  ++end.back();
  Note(store_.Scan(Family::kMeta, kExpiryPrefix, snapshot_.snapshot(),
                   [&](std::string_view key, std::string_view value) -> Status {
                     if (key >= end) return OkStatus();
                     KENAL_TRY(Step());
                     ++rows;
                     return CheckExpiry(key, value);
                   }));
  if (!stopped_ && rows != expiring_) {
    Problem("there are " + std::to_string(rows) + " expiries for " +
            std::to_string(expiring_) + " entries that expire");
  }
}

Status Verifier::CheckExpiry(std::string_view key, std::string_view value) {
  KENAL_TRY_ASSIGN(const EntryId id, ParseExpiryKey(key));
  KENAL_TRY_ASSIGN(
      const std::optional<std::string> row,
      store_.Get(Family::kEntries, EntryKey(id), snapshot_.snapshot()));
  const StatusOr<Entry> entry = DecodeEntry(id, row.value_or(""));
  if (!entry.ok() || !entry->expires_unix_ms ||
      ExpiryValue(*entry->expires_unix_ms) != value) {
    Problem(Name(id) + " does not expire when it is said to");
  }
  return OkStatus();
}

}  // namespace

StatusOr<VerifyReport> VerifyStore(const Store& store,
                                   const VerifyWatcher& watcher) {
  return Verifier(store, watcher).Run();
}

StatusOr<VerifyReport> CatalogueImpl::Verify(
    const VerifyWatcher& watcher) const {
  return VerifyStore(*store_, watcher);
}

}  // namespace kenal::catalogue
