#include "kenal/engine.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "src/base/check.h"
#include "src/catalogue/catalogue.h"
#include "src/engine/verdict.h"
#include "src/index/live_index.h"

namespace kenal {
namespace {

using engine::Hit;

// Everything that one answer is made from, at one sequence. Immutable.
struct State {
  std::shared_ptr<const index::IndexSet> index;
  std::vector<ListInfo> lists;  // by name
  std::unordered_map<uint16_t, const ListInfo*> enabled_lists;
  Radius widest;  // over enabled lists
};

std::shared_ptr<const State> MakeState(
    std::shared_ptr<const index::IndexSet> index, std::vector<ListInfo> lists) {
  auto state = std::make_shared<State>();
  state->index = std::move(index);
  state->lists = std::move(lists);
  state->widest = Radius{0};
  for (const ListInfo& list : state->lists) {
    if (!list.policy.enabled) continue;
    state->enabled_lists.emplace(list.number.value, &list);
    state->widest = std::max(state->widest, list.policy.pdq_radius);
  }
  return state;
}

// A hash of the batch and where it came from.
struct NearQuery {
  uint32_t set = 0;  // position in the batch
  View view = View::kStored;
  Variant variant = Variant::kOrig;
};

struct NearQueries {
  std::vector<PdqHash> hashes;
  std::vector<NearQuery> origins;  // one a hash

  void Add(const PdqHash& hash, NearQuery origin) {
    hashes.push_back(hash);
    origins.push_back(origin);
  }
};

NearQueries NearQueriesOf(std::span<const SignalSet> sets) {
  NearQueries queries;
  for (uint32_t set = 0; set < sets.size(); ++set) {
    for (const PdqView& pdq : sets[set].pdq) {
      if (!engine::IsSearchable(pdq)) continue;
      queries.Add(pdq.hash, {set, pdq.view, Variant::kOrig});
      if (!pdq.dihedral) continue;
      for (size_t i = 0; i < pdq.dihedral->size(); ++i) {
        // `orig` differs from the plain hash only in degenerate pictures.
        if ((*pdq.dihedral)[i] == pdq.hash) continue;
        queries.Add((*pdq.dihedral)[i],
                    {set, pdq.view, static_cast<Variant>(i)});
      }
    }
  }
  return queries;
}

struct DigestQueries {
  std::vector<index::DigestQuery> digests;
  std::vector<uint32_t> sets;  // one a digest

  template <typename Digest>
  void Add(const std::optional<Digest>& digest, uint32_t set) {
    if (!digest) return;
    index::DigestQuery query{.type = Digest::kType};
    std::ranges::copy(digest->bytes, query.bits.begin());
    digests.push_back(query);
    sets.push_back(set);
  }
};

DigestQueries DigestQueriesOf(std::span<const SignalSet> sets) {
  DigestQueries queries;
  for (uint32_t set = 0; set < sets.size(); ++set) {
    queries.Add(sets[set].md5, set);
    queries.Add(sets[set].sha1, set);
    queries.Add(sets[set].sha256, set);
  }
  return queries;
}

const ListInfo* EnabledList(const State& state, EntryId entry) {
  const auto found = state.enabled_lists.find(entry.list().value);
  return found == state.enabled_lists.end() ? nullptr : found->second;
}

// Keeps, of each entry, the nearest hit; ties go to the first view and
// variant, so that an answer does not depend on the order of the index.
void KeepNearest(std::vector<Hit>& hits) {
  const auto key = [](const Hit& hit) {
    const Transform& how = hit.transform;
    return std::tuple(hit.entry, hit.signal, hit.distance, how.query_view,
                      how.query_variant, how.entry_view);
  };
  std::ranges::sort(hits, {}, key);
  const auto same = [](const Hit& a, const Hit& b) {
    return a.entry == b.entry && a.signal == b.signal;
  };
  hits.erase(std::unique(hits.begin(), hits.end(), same), hits.end());
}

// All hits on enabled lists within their radius, one vector a signal set.
std::vector<std::vector<Hit>> FindHits(const State& state,
                                       std::span<const SignalSet> sets) {
  std::vector<std::vector<Hit>> hits(sets.size());
  if (state.enabled_lists.empty()) return hits;

  const NearQueries near = NearQueriesOf(sets);
  std::vector<index::NearHit> near_hits;
  state.index->FindNear(near.hashes, state.widest, near_hits);
  for (const index::NearHit& hit : near_hits) {
    const ListInfo* list = EnabledList(state, hit.entry);
    if (list == nullptr) continue;
    if (hit.distance > list->policy.pdq_radius.bits) continue;
    const NearQuery& origin = near.origins[hit.query];
    hits[origin.set].push_back({.list = list,
                                .entry = hit.entry,
                                .signal = SignalType::kPdq,
                                .distance = hit.distance,
                                .transform = {.query_view = origin.view,
                                              .query_variant = origin.variant,
                                              .entry_view = hit.view}});
  }

  const DigestQueries exact = DigestQueriesOf(sets);
  std::vector<index::DigestHit> digest_hits;
  state.index->FindDigests(exact.digests, digest_hits);
  for (const index::DigestHit& hit : digest_hits) {
    const ListInfo* list = EnabledList(state, hit.entry);
    if (list == nullptr) continue;
    hits[exact.sets[hit.query]].push_back(
        {.list = list,
         .entry = hit.entry,
         .signal = exact.digests[hit.query].type});
  }
  for (std::vector<Hit>& of_set : hits) KeepNearest(of_set);
  return hits;
}

Match MatchFrom(const Hit& hit, Entry&& entry) {
  Match match{.list = hit.list->name,
              .purpose = hit.list->purpose,
              .entry = hit.entry,
              .source_id = std::move(entry.source_id),
              .signal = hit.signal,
              .distance = hit.distance,
              .state = entry.state,
              .classifications = std::move(entry.classifications),
              .series = std::move(entry.series),
              .flags = std::move(entry.flags),
              .provenance = std::move(entry.provenance)};
  if (hit.signal == SignalType::kPdq) match.transform = hit.transform;
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

// A smaller index is built in less time than its snapshot takes to write.
constexpr uint64_t kSnapshotRowsMin = 200'000;
constexpr char kSnapshotName[] = "index.snapshot";

// One try at a batch.
struct Asked {
  std::shared_ptr<const State> state;
  int limit = 0;
  bool entry_changed = false;  // an entry is newer than the state
};

class StoreEngine final : public Engine {
 public:
  static StatusOr<std::unique_ptr<Engine>> Open(const std::string& folder,
                                                const Notice& notice) {
    auto engine = std::make_unique<StoreEngine>();
    KENAL_TRY_ASSIGN(engine->catalogue_, catalogue::Catalogue::Open(folder));
    engine->notice_ = notice;
    engine->snapshot_path_ = folder + "/" + kSnapshotName;
    KENAL_TRY(engine->OpenIndex());
    engine->Publish();
    engine->catalogue_->Subscribe([self = engine.get()](const Delta& delta) {
      self->index_->Fold(delta);
      self->Publish();
    });
    return engine;
  }

  ~StoreEngine() override {
    if (index_ != nullptr) KeepSnapshot();
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
      Asked asked{.state = state_.load(), .limit = options.limit};
      KENAL_TRY_ASSIGN(std::vector<Answer> answers, Answered(asked, queries));
      if (!asked.entry_changed || attempt == kAttemptsMax) return answers;
    }
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

  StatusOr<StoreStats> Stats() override {
    const std::shared_ptr<const State> state = state_.load();
    return StoreStats{.store_id = catalogue_->store_id(),
                      .head = state->index->sequence(),
                      .lists = catalogue_->Lists(),
                      .pdq_rows = state->index->pdq_rows(),
                      .digest_rows = state->index->digest_rows(),
                      .index_bytes = state->index->size_bytes(),
                      .store_bytes = catalogue_->SizeBytes()};
  }

  StatusOr<VerifyReport> Verify(
      const std::function<void(uint64_t, uint64_t)>& watcher) override {
    return catalogue_->Verify(watcher);
  }

  Status AnnounceServer(const std::string& address) override {
    return catalogue_->AnnounceServer(address);
  }

 private:
  void Publish() {
    state_.store(MakeState(index_->Current(), catalogue_->Lists()));
  }

  StatusOr<std::vector<Answer>> Answered(
      Asked& asked, std::span<const SignalSet> queries) const {
    std::vector<std::vector<Hit>> hits = FindHits(*asked.state, queries);
    std::vector<Answer> answers;
    answers.reserve(queries.size());
    for (size_t i = 0; i < queries.size(); ++i) {
      KENAL_TRY_ASSIGN(Answer answer,
                       AnsweredOne(asked, queries[i], std::move(hits[i])));
      answers.push_back(std::move(answer));
    }
    return answers;
  }

  StatusOr<Answer> AnsweredOne(Asked& asked, const SignalSet& query,
                               std::vector<Hit> hits) const {
    const State& state = *asked.state;
    Answer answer{.sequence = state.index->sequence(),
                  .match_count = hits.size(),
                  .checks = engine::ChecksOf(query),
                  .damaged = query.picture && query.picture->damaged};
    answer.verdict = engine::VerdictOf(hits, answer.checks);
    for (const ListInfo& list : state.lists) {
      if (!list.policy.enabled) {
        answer.lists_skipped.push_back({list.name, "disabled"});
      }
    }
    const size_t kept = std::min(hits.size(), static_cast<size_t>(asked.limit));
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
      answer.matches.push_back(MatchFrom(hits[i], std::move(entries[i])));
    }
    return answer;
  }

  index::SnapshotOrigin Origin() const {
    const catalogue::Head head = catalogue_->head();
    return {.store_id = catalogue_->store_id(),
            .incarnation = catalogue_->incarnation(),
            .sequence = head.sequence,
            .chain = head.chain};
  }

  Status OpenIndex() {
    auto loaded = index::LiveIndex::Load(snapshot_path_, Origin());
    if (loaded.ok()) {
      index_ = *std::move(loaded);
      snapshot_sequence_ = index_->Current()->sequence();
      return OkStatus();
    }
    if (loaded.status().code() != StatusCode::kNotFound) {
      Tell("the index is built again from the catalogue: " +
           std::string(loaded.status().message()));
    }
    KENAL_TRY_ASSIGN(
        index_, index::LiveIndex::Build(
                    catalogue_->head().sequence, [this](const auto& visit) {
                      return catalogue_->VisitPostings(visit);
                    }));
    return OkStatus();
  }

  // A snapshot is a cache: whatever happens to it, the store is whole.
  void KeepSnapshot() {
    const std::shared_ptr<const index::IndexSet> current = index_->Current();
    if (current->pdq_rows() + current->digest_rows() < kSnapshotRowsMin) return;
    if (current->sequence() == snapshot_sequence_) return;
    const Status saved = index_->Save(snapshot_path_, Origin());
    if (!saved.ok()) {
      Tell(
          "no snapshot of the index was kept, so the next start takes "
          "longer: " +
          std::string(saved.message()));
    }
  }

  void Tell(const std::string& message) const {
    if (notice_) notice_(message);
  }

  Notice notice_;
  std::string snapshot_path_;
  std::optional<Sequence> snapshot_sequence_;  // of the file, when it is good
  // The catalogue calls into the index, so it goes first at the end.
  std::unique_ptr<index::LiveIndex> index_;
  std::atomic<std::shared_ptr<const State>> state_;
  std::unique_ptr<catalogue::Catalogue> catalogue_;
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
