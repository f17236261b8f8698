// What is compared, and what comes of a distance: the rules that MatchBatch
// and Explain share. Pure functions.
#ifndef KENAL_SRC_ENGINE_COMPARING_H_
#define KENAL_SRC_ENGINE_COMPARING_H_

#include <optional>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"

namespace kenal::engine {

// True when near matches may be made with this PDQ.
bool IsSearchable(const PdqView& pdq);

// The effort that both allow.
Effort LesserOf(Effort a, Effort b);

// True when this hash of a query is compared. Whatever a query holds beyond
// its effort is ignored.
bool Compares(Effort effort, View view, Variant variant);

// Calls `visit(hash, variant)` for the plain hash of a query and then for each
// variant that differs from it, in the order of Variant.
template <typename Visit>
void ForEachHash(const PdqView& pdq, const Visit& visit) {
  visit(pdq.hash, Variant::kOrig);
  if (!pdq.dihedral) return;
  for (size_t i = 0; i < pdq.dihedral->size(); ++i) {
    // `orig` differs from the plain hash only in degenerate pictures.
    if ((*pdq.dihedral)[i] == pdq.hash) continue;
    visit((*pdq.dihedral)[i], static_cast<Variant>(i));
  }
}

// The largest distance at which a list can be hit.
Radius WidestRadius(const ListPolicy& policy);

// How firm a hit at `distance` is; unset: it is none.
// template_like  of either side.
std::optional<Tier> TierAt(const ListPolicy& policy, int distance,
                           bool template_like);

// What the second hashes say of two views; unset when a side has none or the
// query was turned.
std::optional<SecondOpinion> OpinionOn(const PdqView& query, Variant variant,
                                       const PdqView& entry);

// The PDQ of one view; null when the set has none.
const PdqView* FindView(const SignalSet& signals, View view);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_COMPARING_H_
