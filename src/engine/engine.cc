#include "kenal/engine.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "src/base/mutex.h"
#include "src/catalogue/catalogue.h"
#include "src/engine/comparing.h"
#include "src/engine/hold_back.h"
#include "src/engine/search.h"
#include "src/engine/searchable.h"
#include "src/engine/verdict.h"

namespace kenal {
namespace {

using engine::Hit;
using engine::State;

std::optional<SecondOpinion> OpinionOn(const Hit& hit, const SignalSet& query,
                                       const Entry& entry) {
  const Transform& how = hit.transform;
  const PdqView* of_query = engine::FindView(query, how.query_view);
  const PdqView* of_entry = engine::FindView(entry.signals, how.entry_view);
  if (of_query == nullptr || of_entry == nullptr) return std::nullopt;
  return engine::OpinionOn(*of_query, how.query_variant, *of_entry);
}

Match MatchFrom(const Hit& hit, const SignalSet& query, Entry&& entry) {
  Match match{.list = hit.list->name,
              .purpose = hit.list->purpose,
              .entry = hit.entry,
              .source_id = std::move(entry.source_id),
              .signal = hit.signal,
              .tier = hit.tier,
              .distance = hit.distance,
              .state = entry.state,
              .classifications = std::move(entry.classifications),
              .series = std::move(entry.series),
              .flags = std::move(entry.flags),
              .provenance = std::move(entry.provenance)};
  if (hit.signal == SignalType::kPdq) {
    match.transform = hit.transform;
    match.second_opinion = OpinionOn(hit, query, entry);
  }
  return match;
}

Status CheckQuery(const SignalSet& signals, size_t position) {
  for (size_t i = 1; i < signals.pdq.size(); ++i) {
    if (signals.pdq[i - 1].view < signals.pdq[i].view) continue;
    return InvalidArgument("query " + std::to_string(position + 1) +
                           ": give at most one PDQ a view, ordered by view");
  }
  return OkStatus();
}

// Entries are read after the index: an answer whose entry was changed in
// between is made again, so that it shows one sequence. Writers that change the
// very entries being asked for, so often in a row, get the last one.
constexpr int kAttemptsMax = 4;

// One try at a batch.
struct Asked {
  std::shared_ptr<const State> state;
  MatchOptions options;
  bool entry_changed = false;  // an entry is newer than the state
};

class StoreEngine final : public Engine {
 public:
  static StatusOr<std::unique_ptr<Engine>> Open(const std::string& folder,
                                                const Notice& notice) {
    auto engine = std::make_unique<StoreEngine>();
    KENAL_TRY_ASSIGN(engine->catalogue_, catalogue::Catalogue::Open(folder));
    KENAL_TRY_ASSIGN(
        engine->searchable_,
        engine::Searchable::Open(*engine->catalogue_, folder, notice));
    engine->Publish(engine->catalogue_->Lists());
    engine->catalogue_->Subscribe([self = engine.get()](const Delta& delta) {
      std::vector<ListInfo> lists = self->catalogue_->Lists();
      self->searchable_->Fold(delta, lists);
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
    if (options.limit < 1 || options.limit > MatchOptions::kLimitMax) {
      return InvalidArgument("limit must be 1 to " +
                             std::to_string(MatchOptions::kLimitMax));
    }
    if (queries.empty() || queries.size() > kBatchSizeMax) {
      return InvalidArgument("a batch holds 1 to " +
                             std::to_string(kBatchSizeMax) + " queries");
    }
    if (queries.size() * static_cast<size_t>(options.limit) >
        static_cast<size_t>(MatchOptions::kLimitMax)) {
      return InvalidArgument(
          "limit times queries must be at most " +
          std::to_string(MatchOptions::kLimitMax) +
          "; ask with a smaller limit or in smaller batches");
    }
    for (size_t i = 0; i < queries.size(); ++i) {
      KENAL_TRY(CheckQuery(queries[i], i));
    }
    for (int attempt = 1;; ++attempt) {
      Asked asked{.state = Current(), .options = options};
      KENAL_TRY_ASSIGN(std::vector<Answer> answers, Answered(asked, queries));
      if (!asked.entry_changed || attempt == kAttemptsMax) return answers;
    }
  }

  StatusOr<Explanation> Explain(const SignalSet& query, std::string_view list,
                                std::string_view reference,
                                const MatchOptions& options) override {
    KENAL_TRY(CheckQuery(query, 0));
    KENAL_TRY_ASSIGN(const ListInfo info, catalogue_->GetList(list));
    KENAL_TRY_ASSIGN(const Entry entry, catalogue_->GetEntry(list, reference));
    Explanation explanation =
        kenal::Explain(query, entry.signals, info.policy, options.effort);
    engine::HoldBack(explanation);
    explanation.entry_state = entry.state;
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

  StatusOr<EntriesReport> SetNearActionLabel(std::string_view,
                                             std::span<const std::string>,
                                             std::string_view,
                                             const Authorship&) override {
    return Internal("labels of entries are not kept");
  }
  StatusOr<ChangePage> ReadChanges(const ChangeCursor&, size_t, bool) override {
    return Internal("changes are not read");
  }
  StatusOr<Sequence> Head() override { return Current()->indexes.sequence(); }

  StatusOr<StoreStats> Stats() override {
    const std::shared_ptr<const State> state = Current();
    StoreStats stats{.store_id = catalogue_->store_id(),
                     .head = state->indexes.sequence(),
                     .lists = catalogue_->Lists(),
                     .store_bytes = catalogue_->SizeBytes()};
    for (const auto& set : state->indexes.sets) {
      stats.pdq_rows += set->pdq_rows();
      stats.digest_rows += set->digest_rows();
      stats.index_bytes += set->size_bytes();
    }
    return stats;
  }

  StatusOr<VerifyReport> Verify(
      const std::function<void(uint64_t, uint64_t)>& watcher) override {
    return catalogue_->Verify(watcher);
  }

  Status AnnounceServer(const std::string& address) override {
    return catalogue_->AnnounceServer(address);
  }

 private:
  void Publish(std::vector<ListInfo> lists) {
    std::shared_ptr<const State> next =
        engine::MakeState(searchable_->Current(), std::move(lists));
    base::MutexLock lock(state_mutex_);
    state_.swap(next);  // The old one dies after the lock is gone.
  }

  std::shared_ptr<const State> Current() const {
    base::MutexLock lock(state_mutex_);
    return state_;
  }

  StatusOr<std::vector<Answer>> Answered(
      Asked& asked, std::span<const SignalSet> queries) const {
    std::vector<std::vector<Hit>> hits =
        engine::FindHits(*asked.state, queries, asked.options.effort);
    std::vector<Answer> answers;
    answers.reserve(queries.size());
    for (size_t i = 0; i < queries.size(); ++i) {
      KENAL_TRY_ASSIGN(Answer answer,
                       AnsweredOne(asked, queries[i], std::move(hits[i])));
      answers.push_back(std::move(answer));
    }
    return answers;
  }

  // What was tried at most, of what was asked for.
  static Effort EffortTried(const State& state, Effort asked) {
    std::optional<Effort> allowed;
    for (const engine::Reach& reach : state.reaches) {
      if (!reach.any) continue;
      allowed = std::max(allowed.value_or(reach.effort), reach.effort);
    }
    return engine::LesserOf(asked, allowed.value_or(asked));
  }

  StatusOr<Answer> AnsweredOne(Asked& asked, const SignalSet& query,
                               std::vector<Hit> hits) const {
    const State& state = *asked.state;
    Answer answer{.sequence = state.indexes.sequence(),
                  .match_count = hits.size(),
                  .checks = engine::ChecksOf(
                      query, EffortTried(state, asked.options.effort)),
                  .damaged = query.picture && query.picture->damaged};
    answer.verdict = engine::VerdictOf(hits, answer.checks);
    answer.tier = engine::TierOf(answer.verdict, hits);
    for (const ListInfo& list : state.lists) {
      if (!list.policy.enabled) {
        answer.lists_skipped.push_back({list.name, "disabled"});
      }
    }
    const size_t kept =
        std::min(hits.size(), static_cast<size_t>(asked.options.limit));
    answer.truncated = kept < hits.size();
    std::partial_sort(hits.begin(),
                      hits.begin() + static_cast<std::ptrdiff_t>(kept),
                      hits.end(), engine::ComesBefore);
    hits.resize(kept);
    std::vector<EntryId> ids;
    for (const Hit& hit : hits) ids.push_back(hit.entry);
    KENAL_TRY_ASSIGN(std::vector<Entry> entries, catalogue_->GetEntries(ids));
    for (size_t i = 0; i < hits.size(); ++i) {
      if (entries[i].changed_at > answer.sequence) asked.entry_changed = true;
      answer.matches.push_back(
          MatchFrom(hits[i], query, std::move(entries[i])));
    }
    return answer;
  }

  // The catalogue calls into the index, which reads from it: destroying
  // starts at the end, where nothing changes any more.
  std::unique_ptr<catalogue::Catalogue> catalogue_;
  std::unique_ptr<engine::Searchable> searchable_;

  // Held for the copy of one pointer. (std::atomic of a shared_ptr lets go of
  // its lock too weakly in GCC 12.)
  mutable base::Mutex state_mutex_;
  std::shared_ptr<const State> state_ KENAL_GUARDED_BY(state_mutex_);
};

}  // namespace

Status Engine::Init(const std::string& folder) {
  return catalogue::Catalogue::Create(folder);
}

StatusOr<std::unique_ptr<Engine>> Engine::Open(const std::string& folder,
                                               const Notice& notice) {
  return StoreEngine::Open(folder, notice);
}

}  // namespace kenal
