#include "kenal/engine.h"

#include <algorithm>
#include <utility>

#include "src/base/clock.h"
#include "src/base/mutex.h"
#include "src/catalogue/catalogue.h"
#include "src/engine/answering.h"
#include "src/engine/comparing.h"
#include "src/engine/decisions.h"
#include "src/engine/hold_back.h"
#include "src/engine/known_files.h"
#include "src/engine/known_import.h"
#include "src/engine/search.h"
#include "src/engine/searchable.h"

namespace kenal {
namespace {

using engine::State;

// Entries are read after the index: an answer whose entry was changed in
// between is made again, so that it shows one sequence. Writers that change the
// very entries being asked for, so often in a row, get the last one.
constexpr int kAttemptsMax = 4;

class StoreEngine final : public Engine {
 public:
  static StatusOr<std::unique_ptr<Engine>> Open(const std::string& folder,
                                                const Notice& notice) {
    auto engine = std::make_unique<StoreEngine>();
    KENAL_TRY_ASSIGN(engine->catalogue_, catalogue::Catalogue::Open(folder));
    KENAL_TRY_ASSIGN(
        engine->searchable_,
        engine::Searchable::Open(*engine->catalogue_, folder, notice));
    KENAL_TRY_ASSIGN(engine->decisions_,
                     engine::Decisions::Open(*engine->catalogue_));
    engine->folder_ = folder;
    engine->notice_ = notice;
    engine->known_files_ =
        engine::KnownFiles::Open(folder, engine->catalogue_->Lists(), notice);
    KENAL_TRY_ASSIGN(engine->expiries_,
                     engine::Expiries::Open(*engine->catalogue_));
    engine->Publish(engine->catalogue_->Lists());
    engine->catalogue_->Subscribe([self = engine.get()](const Delta& delta) {
      std::vector<ListInfo> lists = self->catalogue_->Lists();
      self->searchable_->Fold(delta, lists);
      self->decisions_ = engine::Decisions::Fold(std::move(self->decisions_),
                                                 delta.overrulings);
      self->known_files_ = engine::KnownFiles::Fold(
          std::move(self->known_files_), self->folder_, lists, self->notice_);
      self->expiries_->Fold(delta.expiries);
      self->Publish(std::move(lists));
    });
    return engine;
  }

  ~StoreEngine() override {
    if (searchable_ != nullptr) searchable_->KeepSnapshots();
  }

  StatusOr<std::vector<Answer>> MatchBatch(
      std::span<const SignalSet> queries,
      const MatchOptions& options) override {
    KENAL_TRY(engine::CheckBatch(queries, options));
    for (int attempt = 1;; ++attempt) {
      KENAL_TRY_ASSIGN(
          engine::Attempt made,
          engine::AnswerBatch(*catalogue_, *Current(), queries, options));
      if (!made.entry_changed || attempt == kAttemptsMax) {
        return std::move(made.answers);
      }
    }
  }

  StatusOr<Explanation> Explain(const SignalSet& query, std::string_view list,
                                std::string_view reference,
                                const MatchOptions& options) override {
    KENAL_TRY(engine::CheckTerms(options));
    KENAL_TRY(engine::CheckQuery(query, 0));
    KENAL_TRY_ASSIGN(const ListInfo info, catalogue_->GetList(list));
    KENAL_TRY_ASSIGN(const Entry entry, catalogue_->GetEntry(list, reference));
    Explanation explanation = kenal::Explain(
        query, entry.signals, engine::AtRadius(info.policy, options.radius),
        options.effort);
    engine::HoldBack(explanation);
    explanation.entry_state = entry.state;
    explanation.entry_expired =
        entry.expires_unix_ms && *entry.expires_unix_ms <= base::NowUnixMs();
    return explanation;
  }

  StatusOr<ListInfo> CreateList(std::string_view name, Purpose purpose,
                                const ListPolicy& policy,
                                const Authorship& by) override {
    return catalogue_->CreateList(name, purpose, policy, by);
  }
  StatusOr<std::vector<ListInfo>> Lists() override {
    return catalogue_->Lists();
  }
  StatusOr<ListInfo> GetList(std::string_view name) override {
    return catalogue_->GetList(name);
  }
  StatusOr<ListInfo> SetListPolicy(std::string_view name,
                                   const ListPolicy& policy,
                                   const Authorship& by) override {
    return catalogue_->SetListPolicy(name, policy, by);
  }
  StatusOr<EntriesReport> AddEntries(std::string_view list,
                                     std::span<const EntryDraft> drafts,
                                     const Authorship& by) override {
    return catalogue_->AddEntries(list, drafts, by);
  }
  StatusOr<ImportReport> Import(std::string_view list,
                                const ImportSource& source,
                                const ImportWatcher& watcher,
                                const Authorship& by) override {
    return catalogue_->Import(list, source, watcher, by);
  }
  StatusOr<ImportReport> RehearseImport(std::string_view list,
                                        const ImportSource& source,
                                        const ImportWatcher& watcher,
                                        const Authorship& by) override {
    return catalogue_->RehearseImport(list, source, watcher, by);
  }
  StatusOr<EntryPage> ReadEntries(std::string_view list, uint64_t serial,
                                  size_t entries_max,
                                  bool with_secrets) override {
    return catalogue_->ReadEntries(list, serial, entries_max, with_secrets);
  }
  StatusOr<EntrySummary> GetEntry(std::string_view list,
                                  std::string_view reference) override {
    KENAL_TRY_ASSIGN(const Entry entry, catalogue_->GetEntry(list, reference));
    return Summarize(entry);
  }
  StatusOr<EntriesReport> SetEntryState(std::string_view list,
                                        std::span<const std::string> references,
                                        EntryState entry_state,
                                        const Authorship& by) override {
    return catalogue_->SetEntryState(list, references, entry_state, by);
  }

  StatusOr<EntriesReport> SetNearActionLabel(
      std::string_view list, std::span<const std::string> references,
      std::string_view label, const Authorship& by) override {
    return catalogue_->SetNearActionLabel(list, references, label, by);
  }
  StatusOr<ChangePage> ReadChanges(const ChangeCursor& cursor,
                                   size_t entries_max,
                                   bool with_signals) override {
    return catalogue_->ReadChanges(cursor, entries_max, with_signals,
                                   Current()->indexes.sequence());
  }
  StatusOr<Sequence> Head() override { return Current()->indexes.sequence(); }
  StatusOr<Sequence> LogHead() override { return catalogue_->head().sequence; }

  StatusOr<StoreStats> Stats() override {
    const std::shared_ptr<const State> state = Current();
    const catalogue::Head log_head = catalogue_->head();
    StoreStats stats{.store_id = catalogue_->store_id(),
                     .head = state->indexes.sequence(),
                     .lists = catalogue_->Lists(),
                     .store_bytes = catalogue_->SizeBytes(),
                     .log_head = log_head.sequence,
                     .log_chain = Sha256{log_head.chain}.ToHex()};
    for (const auto& set : state->indexes.sets) {
      stats.pdq_rows += set->pdq_rows();
      stats.digest_rows += set->digest_rows();
      stats.index_bytes += set->size_bytes();
    }
    return stats;
  }

  StatusOr<VerifyReport> Verify(const VerifyWatcher& watcher) override {
    uint64_t total = 0;
    KENAL_TRY_ASSIGN(VerifyReport report,
                     catalogue_->Verify([&](uint64_t done, uint64_t rows) {
                       total = rows;
                       return !watcher || watcher(done, rows);
                     }));
    KENAL_TRY_ASSIGN(const std::vector<std::string> problems,
                     CheckKnownGood("", [&](uint64_t, uint64_t) {
                       return !watcher || watcher(total, total);
                     }));
    report.problems.insert(report.problems.end(), problems.begin(),
                           problems.end());
    return report;
  }

  StatusOr<std::unique_ptr<KnownGoodImport>> ImportKnownGood(
      std::string_view list, const KnownGoodOptions& options) override {
    return known_desk_.Import(*catalogue_, folder_, list, options);
  }
  StatusOr<KnownGoodReport> RemoveKnownGood(std::string_view list,
                                            std::span<const SignalType> signals,
                                            const Authorship& by) override {
    return known_desk_.Remove(*catalogue_, list, signals, by);
  }
  StatusOr<std::vector<std::string>> CheckKnownGood(
      std::string_view list, const ByteWatcher& watcher) override {
    std::vector<ListInfo> lists = catalogue_->Lists();
    if (!list.empty()) {
      KENAL_TRY_ASSIGN(const ListInfo one, catalogue_->GetList(list));
      lists = {one};
    }
    const auto still_there = [&](const ListInfo& of, const KnownGoodFile& was) {
      const StatusOr<ListInfo> now = catalogue_->GetList(of.name);
      return now.ok() && std::ranges::count(now->known_good, was) > 0;
    };
    return engine::ProblemsOfKnownFiles(folder_, lists, still_there, watcher);
  }

  StatusOr<BackupInfo> Backup(const std::string& folder,
                              const ByteWatcher& watcher) override {
    return catalogue_->Backup(folder, watcher);
  }
  StatusOr<CompactReport> Compact(const ByteWatcher& watcher) override {
    return catalogue_->Compact(watcher);
  }

  Status AnnounceServer(const std::string& address) override {
    return catalogue_->AnnounceServer(address);
  }

 private:
  void Publish(std::vector<ListInfo> lists) {
    std::shared_ptr<const State> next =
        engine::MakeState(searchable_->Current(), std::move(lists), decisions_,
                          known_files_, expiries_);
    base::MutexLock lock(state_mutex_);
    state_.swap(next);  // The old one dies after the lock is gone.
  }

  std::shared_ptr<const State> Current() const {
    base::MutexLock lock(state_mutex_);
    return state_;
  }

  // The catalogue calls into the index, which reads from it: destroying
  // starts at the end, where nothing changes any more.
  std::unique_ptr<catalogue::Catalogue> catalogue_;
  std::unique_ptr<engine::Searchable> searchable_;
  // Changes with the index, under the catalogue's write lock.
  std::shared_ptr<const engine::Decisions> decisions_;
  std::shared_ptr<const engine::KnownFiles> known_files_;  // alike
  std::string folder_;
  Notice notice_;
  engine::KnownGoodDesk known_desk_;
  std::shared_ptr<engine::Expiries> expiries_;

  // Held for the copy of one pointer. (std::atomic of a shared_ptr lets go of
  // its lock too weakly in GCC 12.)
  mutable base::Mutex state_mutex_;
  std::shared_ptr<const State> state_ KENAL_GUARDED_BY(state_mutex_);
};

}  // namespace

Status Engine::Init(const std::string& folder) {
  return catalogue::Catalogue::Create(folder);
}

StatusOr<RebuildReport> RebuildIndex(
    const std::string& data,
    const std::function<void(const std::string&)>& notice,
    const RowWatcher& watcher) {
  KENAL_TRY_ASSIGN(const auto store, catalogue::Catalogue::Open(data));
  engine::Searchable::RemoveSnapshots(data);
  KENAL_TRY_ASSIGN(const auto searchable,
                   engine::Searchable::Open(*store, data, notice, watcher));
  RebuildReport report;
  report.kept = searchable->KeepSnapshots();
  for (const auto& set : searchable->Current().sets) {
    report.pdq_rows += set->pdq_rows();
    report.digest_rows += set->digest_rows();
  }
  return report;
}

StatusOr<std::unique_ptr<Engine>> Engine::Open(const std::string& folder,
                                               const Notice& notice) {
  return StoreEngine::Open(folder, notice);
}

}  // namespace kenal
