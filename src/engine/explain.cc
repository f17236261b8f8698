#include "kenal/explain.h"

#include <algorithm>
#include <tuple>

#include "src/engine/comparing.h"
#include "src/engine/hold_back.h"

namespace kenal {
namespace {

struct Nearest {
  Variant variant = Variant::kOrig;
  int distance = 0;
};

void KeepNearer(std::optional<Nearest>& kept, const Nearest& other) {
  if (!kept || other.distance < kept->distance) kept = other;
}

// The nearest hash of a query's view to `known`: of all, and of those that
// are compared.
struct NearestOfView {
  Nearest any;
  std::optional<Nearest> compared;
};

NearestOfView NearestOf(const SignalSet& set, const PdqView& query,
                        const PdqHash& known, Effort effort) {
  std::optional<Nearest> any;
  std::optional<Nearest> compared;
  engine::ForEachHash(set, query, [&](const PdqHash& hash, Variant variant) {
    const Nearest here{variant, HammingDistance(hash, known)};
    KeepNearer(any, here);
    if (engine::Compares(effort, query.view, variant)) {
      KeepNearer(compared, here);
    }
  });
  // A `turned` without variants has nothing to compare.
  if (!any) any = {Variant::kOrig, HammingDistance(query.hash, known)};
  return {.any = *any, .compared = compared};
}

Finding FindingOf(const ListPolicy& policy, int distance, bool template_like) {
  if (const auto tier = engine::TierAt(policy, distance, template_like)) {
    return *tier == Tier::kMatch ? Finding::kMatch : Finding::kReview;
  }
  return distance <= engine::WidestRadius(policy).bits ? Finding::kTemplateLike
                                                       : Finding::kTooFar;
}

bool IsHit(Finding finding) {
  return finding == Finding::kMatch || finding == Finding::kReview;
}

// Why a view makes no near matches, if it does not.
std::optional<Finding> ShutOut(const PdqView& pdq) {
  if (MakesNearMatches(pdq)) return std::nullopt;
  const bool is_flat = pdq.quality && *pdq.quality <= kFlatQualityMax;
  return is_flat ? Finding::kFlat : Finding::kTemplateLike;
}

Comparison Compare(const SignalSet& set, const PdqView& query,
                   const PdqView& known, const ListPolicy& policy,
                   Effort effort) {
  Comparison comparison{
      .how = {.query_view = query.view, .entry_view = known.view},
      .query_quality = query.quality,
      .entry_quality = known.quality,
      .query_template_like = query.template_like.value_or(false),
      .entry_template_like = known.template_like.value_or(false)};
  const bool template_like =
      comparison.query_template_like || comparison.entry_template_like;
  const NearestOfView nearest = NearestOf(set, query, known.hash, effort);
  Nearest shown = nearest.any;
  if (const auto shut = ShutOut(query) ? ShutOut(query) : ShutOut(known)) {
    comparison.finding = *shut;
  } else {
    comparison.finding = Finding::kNotCompared;
    // What more effort would find is worth more than how far the rest is.
    const bool more_would_hit =
        IsHit(FindingOf(policy, nearest.any.distance, template_like));
    if (nearest.compared) {
      const Finding found =
          FindingOf(policy, nearest.compared->distance, template_like);
      if (IsHit(found) || !more_would_hit) {
        comparison.finding = found;
        shown = *nearest.compared;
      }
    }
  }
  comparison.how.query_variant = shown.variant;
  comparison.distance = shown.distance;
  comparison.second_opinion = engine::OpinionOn(query, shown.variant, known);
  return comparison;
}

void Sort(std::vector<Comparison>& views) {
  std::ranges::sort(views, {}, [](const Comparison& comparison) {
    const Transform& how = comparison.how;
    return std::tuple(!IsHit(comparison.finding), comparison.distance,
                      how.query_view, how.query_variant, how.entry_view);
  });
}

template <typename Digest>
void CompareDigests(const std::optional<Digest>& query,
                    const std::optional<Digest>& known,
                    Explanation& explanation) {
  if (!query || !known) return;
  explanation.digests.push_back(
      {.type = Digest::kType, .equal = *query == *known});
}

}  // namespace

Explanation Explain(const SignalSet& query, const SignalSet& known,
                    const ListPolicy& policy, Effort effort) {
  Explanation explanation{.policy = policy};
  CompareDigests(query.md5, known.md5, explanation);
  CompareDigests(query.sha1, known.sha1, explanation);
  CompareDigests(query.sha256, known.sha256, explanation);
  const Effort allowed = engine::LesserOf(effort, policy.effort);
  for (const PdqView& of_query : query.pdq) {
    for (const PdqView& of_known : known.pdq) {
      explanation.views.push_back(
          Compare(query, of_query, of_known, policy, allowed));
    }
  }
  Sort(explanation.views);
  return explanation;
}

void engine::HoldBack(Explanation& explanation) {
  const ListPolicy& policy = explanation.policy;
  for (Comparison& pair : explanation.views) {
    if (IsHit(pair.finding)) continue;
    const bool template_like =
        pair.query_template_like || pair.entry_template_like;
    const bool more_would_hit =
        pair.finding == Finding::kNotCompared &&
        TierAt(policy, pair.distance, template_like).has_value();
    if (!more_would_hit) pair.how.query_variant = Variant::kOrig;
    pair.distance =
        (pair.distance + kRoundedToBits / 2) / kRoundedToBits * kRoundedToBits;
    pair.second_opinion.reset();
  }
  Sort(explanation.views);
}

}  // namespace kenal
