#include "tests/service/fake_compare.h"

#include <algorithm>

namespace kenal::testing {
namespace {

struct Nearest {
  int distance = 0;
  Variant variant = Variant::kOrig;
};

Nearest NearestOf(const PdqView& ours, const PdqView& theirs, Effort effort) {
  Nearest nearest{.distance = HammingDistance(ours.hash, theirs.hash)};
  if (!ours.dihedral || !ComparesVariants(effort, ours.view)) return nearest;
  for (size_t i = 0; i < kVariantCount; ++i) {
    const int distance = HammingDistance((*ours.dihedral)[i], theirs.hash);
    if (distance < nearest.distance)
      nearest = {distance, static_cast<Variant>(i)};
  }
  return nearest;
}

std::optional<SecondOpinion> OpinionOf(const PdqView& ours,
                                       const PdqView& theirs) {
  if (!ours.marr || !theirs.marr) return std::nullopt;
  const int distance = HammingDistance(*ours.marr, *theirs.marr);
  return SecondOpinion{.distance = distance,
                       .corroborates = distance <= kMarrRadiusBits};
}

Comparison Compare(const PdqView& ours, const PdqView& theirs,
                   const ListPolicy& policy, Effort effort) {
  const Nearest nearest = NearestOf(ours, theirs, effort);
  Comparison pair{.how = {.query_view = ours.view,
                          .query_variant = nearest.variant,
                          .entry_view = theirs.view},
                  .distance = nearest.distance,
                  .query_quality = ours.quality,
                  .entry_quality = theirs.quality,
                  .query_template_like = ours.template_like.value_or(false),
                  .entry_template_like = theirs.template_like.value_or(false),
                  .second_opinion = OpinionOf(ours, theirs)};
  if (!QueryViews(effort).Contains(ours.view)) {
    pair.finding = Finding::kNotCompared;
  } else if (nearest.distance <= policy.pdq_radius.bits) {
    pair.finding = Finding::kMatch;
  } else if (policy.review_radius &&
             nearest.distance <= policy.review_radius->bits) {
    pair.finding = pair.query_template_like || pair.entry_template_like
                       ? Finding::kTemplateLike
                       : Finding::kReview;
  }
  return pair;
}

}  // namespace

std::vector<Comparison> CompareAll(const SignalSet& query,
                                   const SignalSet& known,
                                   const ListPolicy& policy, Effort effort) {
  std::vector<Comparison> pairs;
  for (const PdqView& ours : query.pdq) {
    for (const PdqView& theirs : known.pdq) {
      pairs.push_back(
          Compare(ours, theirs, policy, std::min(effort, policy.effort)));
    }
  }
  return pairs;
}

std::optional<Match> NearMatch(const SignalSet& query, const Entry& entry,
                               const ListPolicy& policy, Effort effort) {
  std::optional<Match> best;
  for (const Comparison& pair :
       CompareAll(query, entry.signals, policy, effort)) {
    const bool hit =
        pair.finding == Finding::kMatch || pair.finding == Finding::kReview;
    if (!hit || (best && best->distance <= pair.distance)) continue;
    best.emplace();
    best->tier = pair.finding == Finding::kMatch ? Tier::kMatch : Tier::kReview;
    best->distance = pair.distance;
    best->transform = pair.how;
    best->second_opinion = pair.second_opinion;
  }
  return best;
}

}  // namespace kenal::testing
