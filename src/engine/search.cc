#include "src/engine/search.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "src/engine/comparing.h"

namespace kenal::engine {
namespace {

// Where a hash of the batch came from.
struct Origin {
  uint32_t set = 0;  // position in the batch
  View view = View::kStored;
  Variant variant = Variant::kOrig;
  bool template_like = false;
};

struct NearQueries {
  std::vector<PdqHash> hashes;
  std::vector<Origin> origins;  // one a hash
};

NearQueries NearQueriesOf(std::span<const SignalSet> sets, Effort effort) {
  NearQueries queries;
  for (uint32_t set = 0; set < sets.size(); ++set) {
    for (const PdqView& pdq : sets[set].pdq) {
      if (!MakesNearMatches(pdq)) continue;
      ForEachHash(sets[set], pdq, [&](const PdqHash& hash, Variant variant) {
        if (!Compares(effort, pdq.view, variant)) return;
        queries.hashes.push_back(hash);
        queries.origins.push_back(
            {set, pdq.view, variant, pdq.template_like.value_or(false)});
      });
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

// The hit that `near` is under its list's policy, if it is one.
std::optional<Hit> HitOf(const State& state, const index::NearHit& near,
                         const Origin& origin) {
  const ListInfo* list = EnabledList(state, near.entry);
  if (list == nullptr) return std::nullopt;
  const ListPolicy& policy = list->policy;
  if (!Compares(policy.effort, origin.view, origin.variant)) {
    return std::nullopt;
  }
  const auto tier =
      TierAt(policy, near.distance, origin.template_like || near.template_like);
  if (!tier) return std::nullopt;
  return Hit{.list = list,
             .entry = near.entry,
             .signal = SignalType::kPdq,
             .tier = *tier,
             .distance = near.distance,
             .transform = {.query_view = origin.view,
                           .query_variant = origin.variant,
                           .entry_view = near.view}};
}

using HitsOfSets = std::vector<std::vector<Hit>>;

void FindNear(const State& state, Home home, std::span<const SignalSet> sets,
              Effort effort, HitsOfSets& hits) {
  const Reach& reach = state.reaches[static_cast<size_t>(home)];
  const NearQueries near = NearQueriesOf(sets, LesserOf(effort, reach.effort));
  std::vector<index::NearHit> found;
  state.indexes.Of(home).FindNear(near.hashes, reach.widest, found);
  for (const index::NearHit& hit : found) {
    const Origin& origin = near.origins[hit.query];
    if (auto kept = HitOf(state, hit, origin)) {
      hits[origin.set].push_back(*kept);
    }
  }
}

void FindDigests(const State& state, Home home, const DigestQueries& exact,
                 HitsOfSets& hits) {
  std::vector<index::DigestHit> found;
  state.indexes.Of(home).FindDigests(exact.digests, found);
  for (const index::DigestHit& hit : found) {
    const ListInfo* list = EnabledList(state, hit.entry);
    if (list == nullptr) continue;
    hits[exact.sets[hit.query]].push_back(
        {.list = list,
         .entry = hit.entry,
         .signal = exact.digests[hit.query].type});
  }
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

}  // namespace

std::shared_ptr<const State> MakeState(IndexSets indexes,
                                       std::vector<ListInfo> lists) {
  auto state = std::make_shared<State>();
  state->indexes = std::move(indexes);
  state->lists = std::move(lists);
  for (const ListInfo& list : state->lists) {
    if (!list.policy.enabled) continue;
    state->enabled_lists.emplace(list.number.value, &list);
    const Home home = state->indexes.HomeOf(list.number);
    Reach& reach = state->reaches[static_cast<size_t>(home)];
    reach.any = true;
    reach.widest = std::max(reach.widest, WidestRadius(list.policy));
    reach.effort = std::max(reach.effort, list.policy.effort);
  }
  return state;
}

HitsOfSets FindHits(const State& state, std::span<const SignalSet> sets,
                    Effort effort) {
  HitsOfSets hits(sets.size());
  const DigestQueries exact = DigestQueriesOf(sets);
  for (const Home home : kHomes) {
    if (!state.reaches[static_cast<size_t>(home)].any) continue;
    FindNear(state, home, sets, effort, hits);
    FindDigests(state, home, exact, hits);
  }
  for (std::vector<Hit>& of_set : hits) KeepNearest(of_set);
  return hits;
}

}  // namespace kenal::engine
