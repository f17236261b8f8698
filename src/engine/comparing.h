// What is compared, and what comes of a distance: the rules that MatchBatch
// and Explain share. Pure functions.
#ifndef KENAL_SRC_ENGINE_COMPARING_H_
#define KENAL_SRC_ENGINE_COMPARING_H_

#include <optional>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"

namespace kenal::engine {

// The effort that both allow.
Effort LesserOf(Effort a, Effort b);

// True when this hash of a query is compared. Whatever a query holds beyond
// its effort is ignored.
bool Compares(Effort effort, View view, Variant variant);

// The PDQ of one view; null when the set has none.
const PdqView* FindView(const SignalSet& signals, View view);

// True when a query holds kTurned with variants that can be searched.
bool HoldsTurned(const SignalSet& query);

// Calls `visit(hash, variant)` for each hash of one view of a query that an
// effort may compare: the plain hash and then the variants that differ from
// it, in the order of Variant. The variants of the whole come from kTurned
// where the query holds that.
template <typename Visit>
void ForEachHash(const SignalSet& query, const PdqView& pdq,
                 const Visit& visit) {
  const bool is_turned = pdq.view == View::kTurned;
  if (!is_turned) visit(pdq.hash, Variant::kOrig);
  if (!pdq.dihedral) return;
  if (kWholeViews.Contains(pdq.view) && HoldsTurned(query)) return;
  for (size_t i = 0; i < pdq.dihedral->size(); ++i) {
    const Variant variant = static_cast<Variant>(i);
    // `orig` differs from the plain hash only in degenerate pictures.
    if (is_turned ? variant == Variant::kOrig
                  : (*pdq.dihedral)[i] == pdq.hash) {
      continue;
    }
    visit((*pdq.dihedral)[i], variant);
  }
}

// The policy of a list for a query that sets a radius of its own: what is
// beyond the list's radius for a match is of tier review. Unset: as it is.
ListPolicy AtRadius(const ListPolicy& policy, std::optional<Radius> radius);

// The largest distance at which a list can be hit.
Radius WidestRadius(const ListPolicy& policy);

// How firm a hit at `distance` is; unset: it is none.
// template_like  of either side.
// radius         as in AtRadius.
std::optional<Tier> TierAt(const ListPolicy& policy, int distance,
                           bool template_like,
                           std::optional<Radius> radius = std::nullopt);

// What the second hashes say of two views; unset when a side has none or the
// query was turned.
std::optional<SecondOpinion> OpinionOn(const PdqView& query, Variant variant,
                                       const PdqView& entry);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_COMPARING_H_
