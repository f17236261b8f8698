#include "bench/robustness/false_pairs.h"

#include <algorithm>
#include <set>
#include <utility>

namespace kenal::robustness {
namespace {

using Pair = std::pair<uint32_t, uint32_t>;

bool Asks(const Strategy& strategy, const Tag& query) {
  if (!strategy.query.Contains(query.view)) return false;
  if (query.is_superseded && strategy.query.Contains(View::kTurned)) {
    return false;
  }
  return query.variant == Variant::kOrig ||
         strategy.turned.Contains(query.view);
}

bool Meets(const Strategy& strategy, const Tag& query, const Tag& row) {
  return Asks(strategy, query) && strategy.entry.Contains(row.view);
}

// Of either tier, under a review radius of so many bits.
bool IsHit(const Strategy& strategy, const Tag& query, const Tag& row,
           int distance) {
  return distance <= kDefaultRadius.bits || !strategy.spares_template_like ||
         !(query.template_like || row.template_like);
}

Pair InOrder(const Tag& query, const Tag& row) {
  return std::minmax(query.picture, row.picture);
}

bool IsPlain(const Tag& query, const Tag& row) {
  return query.view == View::kStored && row.view == View::kStored &&
         query.variant == Variant::kOrig;
}

}  // namespace

void AddQueries(const std::vector<PdqView>& views, Tag tag, HashTable& table) {
  const Strategy everything = AllStrategies().back();
  const bool has_turned = HasTurned(views);
  for (const PdqView& view : views) {
    const bool is_whole = kWholeViews.Contains(view.view);
    ForEachHash(everything, view, [&](const PdqHash& hash, Variant variant) {
      tag.view = view.view;
      tag.variant = variant;
      tag.template_like = view.template_like.value_or(false);
      tag.is_superseded = has_turned && is_whole && variant != Variant::kOrig;
      table.Add(hash, tag);
    });
  }
}

void AddRows(const std::vector<PdqView>& views, ViewSet stored, Tag tag,
             HashTable& table) {
  for (const PdqView& view : views) {
    if (!stored.Contains(view.view) || !IsSearched(view)) continue;
    tag.view = view.view;
    tag.template_like = view.template_like.value_or(false);
    table.Add(view.hash, tag);
  }
}

HashTable RowsOf(const std::vector<Picture>& pictures, ViewSet stored) {
  HashTable table;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const auto at = static_cast<uint32_t>(i);
    AddRows(pictures[i].views, stored, {.picture = at, .beside = at}, table);
  }
  return table;
}

FalseMeetings MeetingsOf(const Strategy& strategy, const HashTable& queries,
                         const HashTable& rows, const NearPairs& near) {
  FalseMeetings meetings{.name = strategy.name, .entries = strategy.entries};
  using Meeting = std::tuple<uint32_t, uint16_t, uint32_t>;
  for (size_t r = 0; r < std::size(kCountedRadii); ++r) {
    std::set<Meeting> within;
    std::set<Meeting> hits;
    for (const NearPair& pair : near.pairs) {
      const Tag& query = queries.tags[pair.query];
      const Tag& row = rows.tags[pair.row];
      if (pair.distance > kCountedRadii[r] || !Meets(strategy, query, row)) {
        continue;
      }
      const Meeting meeting{query.picture, query.alteration, row.picture};
      within.insert(meeting);
      if (IsHit(strategy, query, row, pair.distance)) hits.insert(meeting);
    }
    meetings.within[r] = within.size();
    meetings.hits[r] = hits.size();
  }
  return meetings;
}

GraphicsPairs GraphicsPairsOf(const Strategy& strategy,
                              const HashTable& queries, const HashTable& rows,
                              const NearPairs& near) {
  GraphicsPairs pairs{.name = strategy.name, .entries = strategy.entries};
  std::set<Pair> plain;
  for (const NearPair& pair : near.pairs) {
    const Tag& query = queries.tags[pair.query];
    const Tag& row = rows.tags[pair.row];
    if (pair.distance <= kDefaultRadius.bits && IsPlain(query, row)) {
      plain.insert(InOrder(query, row));
    }
  }
  pairs.plain = plain.size();
  std::set<Pair> with_views;
  std::set<Pair> with_variants;
  std::set<Pair> unflagged;
  std::map<std::string, std::set<Pair>> by_views;
  std::array<std::set<Pair>, std::size(kCountedRadii)> within;
  std::array<std::set<Pair>, std::size(kCountedRadii)> hits;
  for (const NearPair& pair : near.pairs) {
    const Tag& query = queries.tags[pair.query];
    const Tag& row = rows.tags[pair.row];
    if (!Meets(strategy, query, row)) continue;
    const Pair both = InOrder(query, row);
    const bool is_hit = IsHit(strategy, query, row, pair.distance);
    for (size_t r = 0; r < std::size(kCountedRadii); ++r) {
      if (pair.distance > kCountedRadii[r]) continue;
      within[r].insert(both);
      if (is_hit) hits[r].insert(both);
    }
    if (pair.distance > kDefaultRadius.bits || plain.contains(both)) continue;
    const bool is_turned = query.variant != Variant::kOrig;
    with_variants.insert(both);
    if (!is_turned) with_views.insert(both);
    if (!query.template_like && !row.template_like) unflagged.insert(both);
    by_views[std::string(ViewName(query.view)) +
             (is_turned ? ", turned, meets " : " meets ") +
             std::string(ViewName(row.view))]
        .insert(both);
  }
  pairs.new_views = with_views.size();
  pairs.new_variants = with_variants.size();
  pairs.new_unflagged = unflagged.size();
  for (const auto& [views, met] : by_views) {
    pairs.new_by_views[views] = met.size();
  }
  for (size_t r = 0; r < std::size(kCountedRadii); ++r) {
    pairs.within[r] = within[r].size();
    pairs.hits[r] = hits[r].size();
  }
  return pairs;
}

FlagCount TemplateLikeOf(const std::vector<Picture>& pictures) {
  FlagCount flags;
  for (const Picture& picture : pictures) {
    ++flags.count;
    if (picture.views.front().template_like.value_or(false)) ++flags.flagged;
  }
  return flags;
}

}  // namespace kenal::robustness
