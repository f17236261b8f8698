// Reading changes: copies of a store, folded from pages of its log, against
// the store; and what each record is said to have done against what was done.
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "tests/catalogue/testing.h"
#include "tests/support/support.h"

namespace kenal::catalogue {
namespace {

using ::kenal::testing::TestSeed;
using ::testing::IsEmpty;

struct CopiedList {
  ListPolicy policy;
  std::map<EntryId, ChangedEntry> entries;
  friend bool operator==(const CopiedList&, const CopiedList&) = default;
};
using Copy = std::map<std::string, CopiedList>;

// What one call did, or one record is said to have done.
struct Done {
  ChangeKind kind = ChangeKind::kEntriesPut;
  std::string list;
  std::set<EntryId> entries;
  friend bool operator==(const Done&, const Done&) = default;
};

Copy CopyOf(const Catalogue& catalogue, bool with_signals) {
  Copy copy;
  for (const ListInfo& list : catalogue.Lists()) {
    CopiedList& copied = copy[list.name];
    copied.policy = list.policy;
    const ListCounts& counts = list.counts;
    const uint64_t count = counts.active + counts.disputed + counts.withdrawn;
    for (uint64_t serial = 1; serial <= count; ++serial) {
      const auto entry = catalogue.GetEntry(list.name, std::to_string(serial));
      EXPECT_TRUE(entry.ok()) << entry.status();
      ChangedEntry& one = copied.entries[entry->id];
      one = {.id = entry->id,
             .source_id = entry->source_id,
             .state = entry->state,
             .near_action_label = entry->near_action_label,
             .signals = std::nullopt};
      if (with_signals) one.signals = entry->signals;
    }
  }
  return copy;
}

// Follows one store page by page, and checks each page by itself.
class Reader {
 public:
  explicit Reader(bool with_signals) : with_signals_(with_signals) {}

  void ReadPage(const Catalogue& catalogue, size_t entries_max) {
    const Sequence head = catalogue.head().sequence;
    const auto page =
        catalogue.ReadChanges(cursor_, entries_max, with_signals_, head);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_EQ(page->head, head);
    ASSERT_EQ(page->caught_up, page->next == ChangeCursor{.sequence = head});
    ASSERT_LE(page->changes.size(), entries_max);
    size_t entries = 0;
    Sequence at = cursor_.sequence;  // read to its end
    bool within = false;             // the record after `at`
    for (const ListChange& change : page->changes) {
      ASSERT_EQ(change.sequence.value, at.value + 1);
      entries += change.entries.size();
      within = !change.last;
      if (change.last) at = change.sequence;
      Fold(change);
    }
    ASSERT_LE(entries, entries_max);
    ASSERT_EQ(page->next.sequence, at);
    ASSERT_EQ(page->next.entries > 0, within);
    ASSERT_TRUE(page->next != cursor_ || page->caught_up);
    cursor_ = page->next;
    caught_up_ = page->caught_up;
  }
  void CatchUp(const Catalogue& catalogue, size_t entries_max) {
    do {
      ReadPage(catalogue, entries_max);
    } while (!caught_up_ && !::testing::Test::HasFatalFailure());
  }
  void ExpectEquals(const Catalogue& catalogue) const {
    const Copy store = CopyOf(catalogue, with_signals_);
    ASSERT_EQ(copy_.size(), store.size());
    for (const auto& [name, list] : store) {
      ASSERT_TRUE(copy_.contains(name)) << name;
      ASSERT_EQ(copy_.at(name).entries.size(), list.entries.size()) << name;
      ASSERT_TRUE(copy_.at(name) == list) << name;
    }
  }
  // By sequence: its kind, list and entries.
  const std::map<Sequence, Done>& told() const { return told_; }

 private:
  void Fold(const ListChange& change) {
    const bool makes = change.kind == ChangeKind::kListCreated;
    const bool sets = change.kind == ChangeKind::kPolicySet;
    ASSERT_EQ(copy_.contains(change.list), !makes);
    ASSERT_EQ(change.policy.has_value(), makes || sets);
    ASSERT_EQ(change.entries.empty(), makes || sets);
    CopiedList& list = copy_[change.list];
    if (change.policy) list.policy = *change.policy;
    Done& done = told_[change.sequence];
    done.kind = change.kind;
    done.list = change.list;
    for (const ChangedEntry& entry : change.entries) {
      ASSERT_EQ(entry.signals.has_value(), with_signals_);
      list.entries[entry.id] = entry;
      done.entries.insert(entry.id);
    }
  }

  const bool with_signals_;
  ChangeCursor cursor_;
  bool caught_up_ = false;
  Copy copy_;
  std::map<Sequence, Done> told_;
};

// Makes random changes and keeps what each call did.
class Writer {
 public:
  Writer(std::mt19937_64& random, std::unique_ptr<Catalogue>& catalogue)
      : random_(random), catalogue_(catalogue) {}

  void ChangeSomething() {
    switch (lists_.empty() ? 0 : Below(12)) {
      case 0:
        return CreateList();
      case 1:
        return SetPolicy();
      case 2:
      case 3:
      case 4:
        return Add();
      case 5:
      case 6:
      case 7:
        return Import();
      case 8:
        return SetState(EntryState::kWithdrawn);
      case 9:
        return SetState(Below(2) == 0 ? EntryState::kDisputed
                                      : EntryState::kActive);
      default:
        return SetLabel();
    }
  }
  // By the last sequence of each call that changed something; the first is
  // the one after that of the call before.
  const std::map<Sequence, Done>& done() const { return done_; }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  const std::string& AnyList() { return lists_[Below(lists_.size())]; }
  Sequence Head() const { return catalogue_->head().sequence; }

  ListPolicy Policy() {
    ListPolicy policy{.pdq_radius = {static_cast<int>(Below(32))}};
    if (Below(2) == 0) policy.action_label = "label";
    if (Below(2) == 0) policy.regions = {"DE", "NL"};
    if (Below(2) == 0) policy.expires_unix_ms = static_cast<int64_t>(Below(99));
    policy.shadow = Below(2) == 0;
    policy.share_permille = static_cast<int>(Below(1001));
    return policy;
  }
  void CreateList() {
    const std::string name = "list-" + std::to_string(lists_.size());
    const auto made =
        catalogue_->CreateList(name, Purpose::kTest, Policy(), kBy);
    ASSERT_TRUE(made.ok()) << made.status();
    lists_.push_back(name);
    done_[Head()] = {ChangeKind::kListCreated, name, {}};
  }
  void SetPolicy() {
    const std::string& name = AnyList();
    const Sequence before = Head();
    ASSERT_TRUE(catalogue_->SetListPolicy(name, Policy(), kBy).ok());
    if (Head() > before) done_[Head()] = {ChangeKind::kPolicySet, name, {}};
  }
  // Of few sources, so that drafts replace stored ones and one another.
  std::vector<EntryDraft> Drafts(uint64_t count) {
    std::vector<EntryDraft> drafts;
    for (uint64_t i = 0; i < count; ++i) {
      drafts.push_back(FullDraft(Below(1000)));
      drafts.back().source_id = "id-" + std::to_string(Below(80));
    }
    return drafts;
  }
  // Of a call on `name` that may have changed entries of these sources.
  void Keep(Sequence before, const std::string& name, ChangeKind kind,
            const std::set<std::string>& references) {
    if (Head() == before) return;
    Done done{kind, name, {}};
    for (const std::string& reference : references) {
      const auto entry = catalogue_->GetEntry(name, reference);
      ASSERT_TRUE(entry.ok()) << entry.status();
      if (entry->changed_at > before) done.entries.insert(entry->id);
    }
    done_[Head()] = done;
  }
  static std::set<std::string> SourcesOf(
      const std::vector<EntryDraft>& drafts) {
    std::set<std::string> references;
    for (const EntryDraft& one : drafts) {
      references.insert("source:" + one.source_id);
    }
    return references;
  }
  void Add() {
    const std::string& name = AnyList();
    const Sequence before = Head();
    const std::vector<EntryDraft> drafts = Drafts(1 + Below(15));
    ASSERT_TRUE(catalogue_->AddEntries(name, drafts, kBy).ok());
    Keep(before, name, ChangeKind::kEntriesPut, SourcesOf(drafts));
  }
  void Import() {
    const std::string& name = AnyList();
    const Sequence before = Head();
    const std::vector<EntryDraft> drafts = Drafts(1 + Below(50));
    ASSERT_TRUE(catalogue_->Import(name, SourceOf(drafts), {}, kBy).ok());
    Keep(before, name, ChangeKind::kEntriesPut, SourcesOf(drafts));
  }
  std::vector<std::string> References() {
    std::vector<std::string> references;
    for (uint64_t i = 1 + Below(6); i > 0; --i) {
      references.push_back("source:id-" + std::to_string(Below(80)));
    }
    return references;
  }
  void KeepKnown(Sequence before, const std::string& name,
                 const std::vector<std::string>& references,
                 const EntriesReport& report) {
    std::set<std::string> known;
    for (size_t i = 0; i < references.size(); ++i) {
      const bool unknown = report.results[i].outcome == Outcome::kUnknown;
      if (!unknown) known.insert(references[i]);
    }
    Keep(before, name, ChangeKind::kEntriesSet, known);
  }
  void SetState(EntryState state) {
    const std::string& name = AnyList();
    const Sequence before = Head();
    const std::vector<std::string> references = References();
    const auto report = catalogue_->SetEntryState(name, references, state, kBy);
    ASSERT_TRUE(report.ok()) << report.status();
    KeepKnown(before, name, references, *report);
  }
  void SetLabel() {
    const std::string& name = AnyList();
    const Sequence before = Head();
    const std::vector<std::string> references = References();
    const std::string label = Below(3) == 0 ? "" : "look";
    const auto report =
        catalogue_->SetNearActionLabel(name, references, label, kBy);
    ASSERT_TRUE(report.ok()) << report.status();
    KeepKnown(before, name, references, *report);
  }

  std::mt19937_64& random_;
  std::unique_ptr<Catalogue>& catalogue_;
  std::vector<std::string> lists_;
  std::map<Sequence, Done> done_;
};

// What the records of each call were told to have done, taken together.
std::map<Sequence, Done> ByCall(const std::map<Sequence, Done>& told,
                                const std::map<Sequence, Done>& calls) {
  std::map<Sequence, Done> by_call;
  for (const auto& [sequence, done] : told) {
    const auto call = calls.lower_bound(sequence);
    if (call == calls.end()) {
      ADD_FAILURE() << "record " << sequence.value << " is of no call";
      continue;
    }
    Done& all = by_call[call->first];
    all.kind = done.kind;
    all.list = done.list;
    all.entries.insert(done.entries.begin(), done.entries.end());
  }
  return by_call;
}

class ChangesModel : public ::testing::Test {
 protected:
  void Open() {
    catalogue_.reset();
    auto opened = OpenWith(folder_->path(), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalogue_ = *std::move(opened);
  }
  void RunOne(uint64_t seed);
  // KENAL_TEST_SEED gives the first.
  void RunSeeds(uint64_t count) {
    const uint64_t first = TestSeed();
    for (uint64_t seed = first; seed < first + count; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      RunOne(seed);
      if (HasFailure()) return;
    }
  }

  std::unique_ptr<TestFolder> folder_;
  // Flushes and compactions are about.
  Options options_{.space_reserve_bytes = 0,
                   .segment_records_max = 12,
                   .memtable_bytes = size_t{64} << 10};
  std::unique_ptr<Catalogue> catalogue_;
};

void ChangesModel::RunOne(uint64_t seed) {
  std::mt19937_64 random(seed);
  catalogue_.reset();
  folder_ = std::make_unique<TestFolder>();
  ASSERT_TRUE(CreateWith(folder_->path(), options_).ok());
  Open();
  Writer writer(random, catalogue_);
  Reader with_signals(true);
  Reader without(false);
  const auto page_size = [&] {
    return random() % 4 == 0 ? Curator::kChangedEntriesMax : 1 + random() % 9;
  };
  for (int step = 0; step < 40; ++step) {
    writer.ChangeSomething();
    if (random() % 2 == 0) with_signals.ReadPage(*catalogue_, page_size());
    if (random() % 3 == 0) without.ReadPage(*catalogue_, page_size());
    if (random() % 20 == 0) Open();
    if (HasFatalFailure()) return;
  }
  for (int round = 0; round < 2; ++round) {
    Reader fresh(round == 0);
    for (Reader* reader : {&with_signals, &without, &fresh}) {
      reader->CatchUp(*catalogue_, page_size());
      reader->ExpectEquals(*catalogue_);
      if (HasFatalFailure()) return;
      EXPECT_TRUE(ByCall(reader->told(), writer.done()) == writer.done());
    }
    Open();
  }
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(ChangesModel, CopiesFoldedFromPagesOfAnySizeAreTheStore) {
  RunSeeds(25);
}

// A disk that is slow to sync RocksDB's MANIFEST, now and then. Flushes and
// compactions then wait for one another there, and their outcomes become
// visible one after the other: in that gap RocksDB 7.8.3 misjudged where files
// to ingest belong, and put rows below older ones of the same key.
class SlowManifest final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit SlowManifest(std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)) {}
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    static std::atomic<unsigned> syncs = 0;
    std::this_thread::sleep_for(std::chrono::microseconds(syncs++ % 4 * 500));
    return FSWritableFileOwnerWrapper::Sync(options, context);
  }
};

class SlowManifestDisk final : public rocksdb::FileSystemWrapper {
 public:
  SlowManifestDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "slow-manifest"; }
  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* context) override {
    rocksdb::IOStatus status =
        FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok() && name.find("/MANIFEST-") != std::string::npos) {
      *file = std::make_unique<SlowManifest>(std::move(*file));
    }
    return status;
  }
};

TEST_F(ChangesModel, HoldsWhenTheDiskIsSlowToSyncTheManifest) {
  const std::unique_ptr<rocksdb::Env> env =
      rocksdb::NewCompositeEnv(std::make_shared<SlowManifestDisk>());
  options_.env = env.get();
  RunSeeds(25);
  catalogue_.reset();
}

class ChangePages : public CatalogueTest {
 protected:
  StatusCode CodeOf(const ChangeCursor& cursor, size_t entries_max = 10) {
    return catalogue_
        ->ReadChanges(cursor, entries_max, false, catalogue_->head().sequence)
        .status()
        .code();
  }
};

TEST_F(ChangePages, ACursorBeyondTheHeadOrTheEndOfARecordIsOfAnotherStore) {
  Add({FullDraft(1), FullDraft(2)});
  const uint64_t head = catalogue_->head().sequence.value;
  constexpr uint64_t kMost = UINT64_MAX;
  EXPECT_EQ(CodeOf({.sequence = {head}}), StatusCode::kOk);
  EXPECT_EQ(CodeOf({.sequence = {head - 1}, .entries = 1}), StatusCode::kOk);
  for (const ChangeCursor& beyond : {ChangeCursor{.sequence = {head + 1}},
                                     {.sequence = {kMost}},
                                     {.sequence = {head}, .entries = 1},
                                     {.sequence = {kMost}, .entries = 1},
                                     {.sequence = {head - 1}, .entries = 3},
                                     {.sequence = {head - 1}, .entries = kMost},
                                     {.sequence = {head - 2}, .entries = 2}}) {
    EXPECT_EQ(CodeOf(beyond), StatusCode::kOutOfRange)
        << beyond.sequence.value << " " << beyond.entries;
  }
}

TEST_F(ChangePages, APageHoldsOneToTheMostEntries) {
  EXPECT_EQ(CodeOf({}, 0), StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf({}, 1), StatusCode::kOk);
  EXPECT_EQ(CodeOf({}, Curator::kChangedEntriesMax), StatusCode::kOk);
  EXPECT_EQ(CodeOf({}, Curator::kChangedEntriesMax + 1),
            StatusCode::kInvalidArgument);
}

TEST_F(ChangePages, NothingAfterTheGivenLastIsRead) {
  Add({FullDraft(1)});
  const Sequence last = catalogue_->head().sequence;
  Add({FullDraft(2)});
  const auto page = catalogue_->ReadChanges({}, 10, false, last);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->caught_up);
  EXPECT_EQ(page->head, last);
  EXPECT_EQ(page->next, ChangeCursor{.sequence = last});
  EXPECT_EQ(page->changes.back().sequence, last);
}

}  // namespace
}  // namespace kenal::catalogue
