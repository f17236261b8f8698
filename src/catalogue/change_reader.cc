// Reading changes: the log, a page at a time, with entries as they are now.
#include <algorithm>
#include <utility>

#include "src/catalogue/catalogue_impl.h"
#include "src/catalogue/keys.h"

namespace kenal::catalogue {
namespace {

// Of rows and policies in one page, so that it fits a message. The row that
// goes beyond is still taken.
constexpr size_t kPageBytesMax = size_t{2} << 20;
// Rows looked at for one page: some tenths of a second, when an old segment
// does not say which of them it replaced.
constexpr uint64_t kRowsPerPage = 100'000;
constexpr uint64_t kRowsPerRead = 128;

// Consecutive entries of one list.
struct Run {
  EntryId first;
  uint64_t count = 0;
  Sequence changed_from;  // entries that did not change since are left out
};

// What one record did to one list.
struct Part {
  ChangeKind kind = ChangeKind::kEntriesPut;
  ListNumber list;
  std::optional<ListPolicy> policy;
  std::optional<KnownGoodFile> known_good;
  std::vector<Run> runs;

  // In ChangeCursor::entries. A part without entries counts as one.
  uint64_t size() const {
    uint64_t sum = policy || known_good ? 1 : 0;
    for (const Run& run : runs) sum += run.count;
    return sum;
  }
};

class PartsMaker {
 public:
  explicit PartsMaker(Sequence sequence) : sequence_(sequence) {}

  void operator()(const CreateList& op) {
    parts.push_back({ChangeKind::kListCreated, op.number, op.policy, {}, {}});
  }
  void operator()(const SetPolicy& op) {
    parts.push_back({ChangeKind::kPolicySet, op.number, op.policy, {}, {}});
  }
  void operator()(const PutEntry& op) { Add(ChangeKind::kEntriesPut, op.id); }
  void operator()(const SetState& op) { Add(ChangeKind::kEntriesSet, op.id); }
  void operator()(const SetNearLabel& op) {
    Add(ChangeKind::kEntriesSet, op.id);
  }
  void operator()(const IngestSegment& op) {
    if (op.replaced > op.replaced_serials.size()) {
      AddRun({EntryId::Of(op.list, 1), op.first_serial - 1, sequence_});
    }
    for (const uint64_t serial : op.replaced_serials) {
      Add(ChangeKind::kEntriesPut, EntryId::Of(op.list, serial));
    }
    AddRun({EntryId::Of(op.list, op.first_serial), op.added, {}});
  }

  void operator()(const SetKnownGood& op) {
    KnownGoodFile file = op.file;
    file.set_at = sequence_;
    AddKnownGood(op.list, std::move(file));
  }
  void operator()(const RemoveKnownGood& op) {
    AddKnownGood(op.list, {.signal = op.signal, .set_at = sequence_});
  }

  std::vector<Part> parts;

 private:
  void AddKnownGood(ListNumber list, KnownGoodFile file) {
    parts.push_back({ChangeKind::kKnownGoodSet, list, {}, std::move(file), {}});
  }
  void Add(ChangeKind kind, EntryId id) {
    Part& part = PartOf(kind, id.list());
    if (!part.runs.empty()) {
      Run& last = part.runs.back();
      const bool follows = last.first.value + last.count == id.value;
      if (follows && last.changed_from == Sequence{}) {
        ++last.count;
        return;
      }
    }
    part.runs.push_back({id, 1, {}});
  }
  void AddRun(const Run& run) {
    if (run.count == 0) return;
    PartOf(ChangeKind::kEntriesPut, run.first.list()).runs.push_back(run);
  }
  Part& PartOf(ChangeKind kind, ListNumber list) {
    const bool same = !parts.empty() && parts.back().kind == kind &&
                      parts.back().list == list;
    if (!same) parts.push_back({kind, list, {}, {}, {}});
    return parts.back();
  }

  const Sequence sequence_;
};

class PageReader {
 public:
  PageReader(const Store& store, size_t entries_max, bool with_signals)
      : store_(store), entries_max_(entries_max), with_signals_(with_signals) {}

  bool full() const {
    return entries_ >= entries_max_ || page.changes.size() >= entries_max_ ||
           bytes_ >= kPageBytesMax || rows_ >= kRowsPerPage;
  }

  // Takes as much of `parts` as there is room for, from page.next on.
  // `name_of` gives the name of a list.
  template <typename NameOf>
  Status Take(const std::vector<Part>& parts, const NameOf& name_of);

  ChangePage page;

 private:
  Status TakeRuns(const Part& part, uint64_t skip, ListChange& change);
  Status TakeRows(const Run& run, uint64_t from, uint64_t count,
                  ListChange& change);
  uint64_t Room() const {
    return std::min<uint64_t>(
        {kRowsPerRead, entries_max_ - entries_, kRowsPerPage - rows_});
  }

  const Store& store_;
  const size_t entries_max_;
  const bool with_signals_;
  size_t entries_ = 0;
  size_t bytes_ = 0;
  uint64_t rows_ = 0;
};

template <typename NameOf>
Status PageReader::Take(const std::vector<Part>& parts, const NameOf& name_of) {
  const Sequence sequence{page.next.sequence.value + 1};
  uint64_t before = 0;  // of this record, in the parts passed
  for (const Part& part : parts) {
    const uint64_t end = before + part.size();
    if (page.next.entries < end) {
      if (full()) return OkStatus();
      ListChange change{.sequence = sequence,
                        .kind = part.kind,
                        .list = name_of(part.list),
                        .policy = part.policy,
                        .known_good = part.known_good,
                        .entries = {},
                        .last = false};
      if (part.policy) {
        bytes_ += sizeof(ListPolicy) + 2 * part.policy->regions.size();
        ++page.next.entries;
      }
      if (part.known_good) {
        bytes_ += sizeof(KnownGoodFile);
        ++page.next.entries;
      }
      KENAL_TRY(TakeRuns(part, page.next.entries - before, change));
      page.changes.push_back(std::move(change));
      if (page.next.entries < end) return OkStatus();
    }
    before = end;
  }
  if (page.next.entries > before || before == 0) {
    return absl::OutOfRangeError(
        "the cursor is beyond the end of log record " +
        std::to_string(sequence.value) +
        ", so it is of another store; start again without one");
  }
  page.next = {.sequence = sequence, .entries = 0};
  if (!page.changes.empty() && page.changes.back().sequence == sequence) {
    page.changes.back().last = true;
  }
  return OkStatus();
}

Status PageReader::TakeRuns(const Part& part, uint64_t skip,
                            ListChange& change) {
  for (const Run& run : part.runs) {
    uint64_t from = std::min(skip, run.count);
    skip -= from;
    while (from < run.count && !full()) {
      const uint64_t count = std::min(Room(), run.count - from);
      const uint64_t taken_before = page.next.entries;
      KENAL_TRY(TakeRows(run, from, count, change));
      from += page.next.entries - taken_before;
    }
    if (from < run.count) return OkStatus();
  }
  return OkStatus();
}

Status PageReader::TakeRows(const Run& run, uint64_t from, uint64_t count,
                            ListChange& change) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < count; ++i) {
    keys.push_back(EntryKey(EntryId{run.first.value + from + i}));
  }
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  KENAL_TRY_ASSIGN(const auto values, store_.MultiGet(Family::kEntries, views));
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0 && full()) return OkStatus();
    KENAL_TRY_ASSIGN(const EntryFrame frame,
                     DecodeEntryFrame(AsView(values[i])));
    ++page.next.entries;
    ++rows_;
    if (frame.changed_at < run.changed_from) continue;
    ++entries_;
    ChangedEntry& entry = change.entries.emplace_back();
    entry.id = EntryId{run.first.value + from + i};
    entry.source_id = frame.source_id;
    entry.state = frame.state;
    entry.near_action_label = frame.near_action_label;
    bytes_ += sizeof(ChangedEntry) + frame.source_id.size();
    if (!with_signals_) continue;
    bytes_ += frame.content.size();
    KENAL_TRY_ASSIGN(entry.signals, DecodeSignals(frame.content));
  }
  return OkStatus();
}

Status NotHeld(Sequence sequence) {
  return absl::OutOfRangeError("the log no longer holds record " +
                               std::to_string(sequence.value) +
                               "; read the lists anew and go on from the head");
}

}  // namespace

StatusOr<ChangePage> CatalogueImpl::ReadChanges(const ChangeCursor& cursor,
                                                size_t entries_max,
                                                bool with_signals,
                                                Sequence last) const {
  if (entries_max < 1 || entries_max > Curator::kChangedEntriesMax) {
    return InvalidArgument("a page holds 1 to " +
                           std::to_string(Curator::kChangedEntriesMax) +
                           " entries");
  }
  if (cursor.sequence > last ||
      (cursor.sequence == last && cursor.entries > 0)) {
    return absl::OutOfRangeError(
        "the cursor is after the last change, which is " +
        std::to_string(last.value) +
        ", so it is of another store; start again without one");
  }
  KENAL_TRY_ASSIGN(const Head base, ChangeLog::Base(*store_));
  if (cursor.sequence < base.sequence) {
    return NotHeld(Sequence{cursor.sequence.value + 1});
  }
  PageReader reader(*store_, entries_max, with_signals);
  reader.page.next = cursor;
  reader.page.head = last;
  const auto name_of = [&](ListNumber number) {
    const base::MutexLock lock(state_);
    const auto found = names_.find(number);
    return found == names_.end() ? std::string() : found->second;
  };
  while (reader.page.next.sequence < last && !reader.full()) {
    const Sequence at{reader.page.next.sequence.value + 1};
    KENAL_TRY_ASSIGN(const std::vector<LogRecord> record,
                     ChangeLog::Read(*store_, at, 1));
    if (record.empty() || !record[0].payload) return NotHeld(at);
    if (!record[0].payload_agrees) {
      return DataLoss(folder_ + ": log record " + std::to_string(at.value) +
                      " is damaged; run `kenal verify`");
    }
    KENAL_TRY_ASSIGN(const Change change,
                     DecodePayload(*record[0].payload, Records::kLeaveOut));
    PartsMaker maker(at);
    for (const Operation& operation : change.operations) {
      std::visit(maker, operation);
    }
    KENAL_TRY(reader.Take(maker.parts, name_of));
    if (reader.page.next.entries > 0) break;
  }
  reader.page.caught_up = reader.page.next.sequence == last;
  return std::move(reader.page);
}

}  // namespace kenal::catalogue
