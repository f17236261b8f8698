#include "bench/robustness/strategies.h"

#include <algorithm>
#include <utility>

namespace kenal::robustness {
namespace {

constexpr ViewSet kWhole{View::kStored};
constexpr ViewSet kTrimmed = kWholeViews | ViewSet{View::kTrimmed};
constexpr ViewSet kCropped = kTrimmed | ViewSet{View::kCentral95};
constexpr ViewSet kAspects =
    kCropped | ViewSet{View::kAspect1x1, View::kAspect4x5, View::kAspect9x16,
                       View::kAspect16x9};

ViewSet Turned(Effort effort, ViewSet views) {
  ViewSet turned;
  for (int i = 0; i < kViewCount; ++i) {
    const View view{static_cast<uint8_t>(i)};
    if (views.Contains(view) && ComparesVariants(effort, view)) {
      turned.Add(view);
    }
  }
  return turned;
}

}  // namespace

std::vector<Strategy> AllStrategies() {
  const std::pair<const char*, ViewSet> entry_sets[] = {
      {"trimmed", kTrimmed},
      {"trimmed, central-95", kCropped},
      {"trimmed, central-95, aspects", kAspects}};
  std::vector<Strategy> strategies = {
      {"plain PDQ", "whole", kWhole, {}, kWhole, false},
      {"PDQ, 8 variants", "whole", kWhole, kWhole, kWhole, false}};
  for (Effort effort : {Effort::kFast, Effort::kNormal, Effort::kThorough}) {
    const ViewSet query = QueryViews(effort);
    for (const auto& [entries, entry] : entry_sets) {
      strategies.push_back({std::string(EffortName(effort)), entries, query,
                            Turned(effort, query), entry});
    }
  }
  return strategies;
}

ViewSet AllQueryViews() { return QueryViews(Effort::kThorough); }

ViewSet AllEntryViews() { return kAspects; }

bool IsFound(const Nearest& nearest, int review_radius_bits) {
  return nearest.any <= kDefaultRadius.bits ||
         nearest.review <= review_radius_bits;
}

bool IsSearched(const PdqView& view) { return MakesNearMatches(view); }

bool HasTurned(const std::vector<PdqView>& views) {
  return std::ranges::any_of(views, [](const PdqView& view) {
    return view.view == View::kTurned && IsSearched(view);
  });
}

void ForEachHash(const Strategy& strategy, const PdqView& view,
                 const std::function<void(const PdqHash&, Variant)>& visit) {
  if (!strategy.query.Contains(view.view) || !IsSearched(view)) return;
  if (view.view != View::kTurned) visit(view.hash, Variant::kOrig);
  if (!strategy.turned.Contains(view.view) || !view.dihedral) return;
  for (int i = 1; i < kVariantCount; ++i) {
    visit((*view.dihedral)[static_cast<size_t>(i)],
          Variant{static_cast<uint8_t>(i)});
  }
}

// Those hashes of a query by which the strategy does look.
void ForEachQuery(const Strategy& strategy, const std::vector<PdqView>& query,
                  const std::function<void(const PdqHash&, const PdqView&)>&
                      visit) {
  const bool is_superseded =
      strategy.query.Contains(View::kTurned) && HasTurned(query);
  for (const PdqView& view : query) {
    ForEachHash(strategy, view, [&](const PdqHash& hash, Variant variant) {
      if (is_superseded && kWholeViews.Contains(view.view) &&
          variant != Variant::kOrig) {
        return;
      }
      visit(hash, view);
    });
  }
}

Nearest Compare(const Strategy& strategy, const std::vector<PdqView>& query,
                const std::vector<PdqView>& entry) {
  Nearest nearest;
  ForEachQuery(strategy, query, [&](const PdqHash& hash, const PdqView& asked) {
    for (const PdqView& known : entry) {
      if (!strategy.entry.Contains(known.view) || !IsSearched(known)) {
        continue;
      }
      const int distance = HammingDistance(hash, known.hash);
      nearest.any = std::min(nearest.any, distance);
      const bool is_spared = strategy.spares_template_like &&
                             (asked.template_like.value_or(false) ||
                              known.template_like.value_or(false));
      if (!is_spared) nearest.review = std::min(nearest.review, distance);
    }
  });
  return nearest;
}

int CountQueries(const Strategy& strategy, const std::vector<PdqView>& query) {
  int count = 0;
  ForEachQuery(strategy, query,
               [&](const PdqHash&, const PdqView&) { ++count; });
  return count;
}

int CountRows(const Strategy& strategy, const std::vector<PdqView>& entry) {
  return static_cast<int>(std::ranges::count_if(entry, [&](const auto& view) {
    return strategy.entry.Contains(view.view) && IsSearched(view);
  }));
}

}  // namespace kenal::robustness
