#include "src/engine/comparing.h"

#include <algorithm>

namespace kenal::engine {

Effort LesserOf(Effort a, Effort b) { return std::min(a, b); }

bool Compares(Effort effort, View view, Variant variant) {
  if (!QueryViews(effort).Contains(view)) return false;
  return variant == Variant::kOrig || ComparesVariants(effort, view);
}

ListPolicy AtRadius(const ListPolicy& policy, std::optional<Radius> radius) {
  if (!radius) return policy;
  ListPolicy at = policy;
  at.pdq_radius = std::min(policy.pdq_radius, *radius);
  at.review_radius.reset();
  if (*radius > policy.pdq_radius) at.review_radius = radius;
  return at;
}

Radius WidestRadius(const ListPolicy& policy) {
  return std::max(policy.pdq_radius,
                  policy.review_radius.value_or(policy.pdq_radius));
}

std::optional<Tier> TierAt(const ListPolicy& policy, int distance,
                           bool template_like, std::optional<Radius> radius) {
  const Radius widest = radius.value_or(WidestRadius(policy));
  if (distance > widest.bits) return std::nullopt;
  if (distance <= policy.pdq_radius.bits) return Tier::kMatch;
  if (template_like) return std::nullopt;
  return Tier::kReview;
}

std::optional<SecondOpinion> OpinionOn(const PdqView& query, Variant variant,
                                       const PdqView& entry) {
  if (variant != Variant::kOrig || !query.marr || !entry.marr) {
    return std::nullopt;
  }
  const int distance = HammingDistance(*query.marr, *entry.marr);
  return SecondOpinion{.distance = distance,
                       .corroborates = distance <= kMarrRadiusBits};
}

bool HoldsTurned(const SignalSet& query) {
  const PdqView* turned = FindView(query, View::kTurned);
  return turned != nullptr && turned->dihedral && MakesNearMatches(*turned);
}

const PdqView* FindView(const SignalSet& signals, View view) {
  const auto found = std::ranges::find(signals.pdq, view, &PdqView::view);
  return found == signals.pdq.end() ? nullptr : &*found;
}

}  // namespace kenal::engine
