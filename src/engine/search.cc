#include "src/engine/search.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "src/base/clock.h"
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

// The hit that `near` is under its list's policy, if it is one.
std::optional<Hit> HitOf(const HeldLists& lists, const index::NearHit& near,
                         const Origin& origin, std::optional<Radius> radius) {
  const ListInfo* list = lists.ListOf(near.entry);
  if (list == nullptr) return std::nullopt;
  const ListPolicy& policy = list->policy;
  if (!Compares(policy.effort, origin.view, origin.variant)) {
    return std::nullopt;
  }
  const auto tier = TierAt(policy, near.distance,
                           origin.template_like || near.template_like, radius);
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

void FindNear(const State& state, Home home, const BatchLists& lists,
              std::span<const SignalSet> sets, const MatchOptions& options,
              HitsOfSets& hits) {
  const Reach& reach = lists.any().reach(home);
  const NearQueries near =
      NearQueriesOf(sets, LesserOf(options.effort, reach.effort));
  std::vector<index::NearHit> found;
  state.indexes.Of(home).FindNear(near.hashes,
                                  options.radius.value_or(reach.widest), found);
  for (const index::NearHit& hit : found) {
    const Origin& origin = near.origins[hit.query];
    if (auto kept = HitOf(lists.Of(origin.set), hit, origin, options.radius)) {
      hits[origin.set].push_back(*kept);
    }
  }
}

void FindDigests(const State& state, Home home, const BatchLists& lists,
                 const DigestQueries& exact, HitsOfSets& hits) {
  std::vector<index::DigestHit> found;
  state.indexes.Of(home).FindDigests(exact.digests, found);
  for (const index::DigestHit& hit : found) {
    const uint32_t set = exact.sets[hit.query];
    const ListInfo* list = lists.Of(set).ListOf(hit.entry);
    if (list == nullptr) continue;
    hits[set].push_back({.list = list,
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

std::shared_ptr<const State> MakeState(
    IndexSets indexes, std::vector<ListInfo> lists,
    std::shared_ptr<const Decisions> decisions,
    std::shared_ptr<const KnownFiles> known_files,
    std::shared_ptr<const Expiries> expiries) {
  auto state = std::make_shared<State>();
  state->indexes = std::move(indexes);
  state->lists = std::move(lists);
  state->enabled_lists =
      HeldLists(state->indexes, state->lists, [](const ListInfo& list) {
        return std::string_view(list.policy.enabled ? "" : "disabled");
      });
  state->terms = ListTerms(state->lists);
  state->decisions = std::move(decisions);
  state->known_files = std::move(known_files);
  state->expiries = std::move(expiries);
  return state;
}

Found FindHits(const State& state, const BatchLists& lists,
               std::span<const SignalSet> sets, const MatchOptions& options) {
  Found found{.hits = HitsOfSets(sets.size()),
              .overruled = std::vector<OverruledEntries>(sets.size())};
  const DigestQueries exact = DigestQueriesOf(sets);
  for (const Home home : kHomes) {
    if (!lists.any().reach(home).any) continue;
    FindNear(state, home, lists, sets, options, found.hits);
    FindDigests(state, home, lists, exact, found.hits);
  }
  const int64_t now_unix_ms = base::NowUnixMs();
  for (size_t i = 0; i < sets.size(); ++i) {
    state.expiries->RemoveExpired(now_unix_ms, found.hits[i]);
    found.overruled[i] = OverruledIn(found.hits[i], *state.decisions);
    KeepNearest(found.hits[i]);
  }
  return found;
}

}  // namespace kenal::engine
