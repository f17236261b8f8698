#include "src/engine/verdict.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>

#include "src/engine/comparing.h"

namespace kenal::engine {
namespace {

Check NotSupplied(SignalType signal) {
  return {.signal = signal,
          .state = CheckState::kNotApplicable,
          .reason = "not_supplied"};
}

Check NotApplicable(std::string reason, std::string message) {
  return {.signal = SignalType::kPdq,
          .state = CheckState::kNotApplicable,
          .reason = std::move(reason),
          .message = std::move(message)};
}

Check Failed(std::string reason, std::string message) {
  return {.signal = SignalType::kPdq,
          .state = CheckState::kFailed,
          .reason = std::move(reason),
          .message = std::move(message)};
}

Check Done(std::string reason, std::string message) {
  return {.signal = SignalType::kPdq,
          .state = CheckState::kDone,
          .reason = std::move(reason),
          .message = std::move(message)};
}

// Why none of the views that would be compared makes near matches.
Check NoneSearchable(std::span<const PdqView* const> compared) {
  for (const PdqView* pdq : compared) {
    if (!pdq->quality || *pdq->quality > kFlatQualityMax) continue;
    return NotApplicable(
        "flat", "quality " + std::to_string(*pdq->quality) +
                    " shows too little detail: no near match is made at " +
                    std::to_string(kFlatQualityMax) + " and below");
  }
  return NotApplicable(
      "template_like",
      "only parts of few flat tones were given; they make no near match");
}

// Of a set whose views were compared, or could have been.
Check ViewsCheck(std::span<const PdqView> views, Effort effort) {
  std::vector<const PdqView*> compared;
  for (const PdqView& pdq : views) {
    if (QueryViews(effort).Contains(pdq.view)) compared.push_back(&pdq);
  }
  if (compared.empty()) {
    return NotApplicable(
        "views_not_compared",
        "the views given are beyond effort " + std::string(EffortName(effort)));
  }
  const auto searchable = [](const PdqView* pdq) {
    return MakesNearMatches(*pdq);
  };
  if (std::ranges::none_of(compared, searchable)) {
    return NoneSearchable(compared);
  }
  const auto whole = [](const PdqView* pdq) {
    return kWholeViews.Contains(pdq->view);
  };
  if (std::ranges::any_of(compared, [&](const PdqView* pdq) {
        return whole(pdq) && !pdq->quality;
      })) {
    return Done(
        "quality_unknown",
        "compared without knowing its quality; flat pictures match by chance");
  }
  if (std::ranges::any_of(compared, [&](const PdqView* pdq) {
        return whole(pdq) && !pdq->dihedral;
      })) {
    return Done("variants_not_supplied",
                "turned and mirrored copies were not compared");
  }
  return Done("", "");
}

Check PdqCheck(const SignalSet& signals, Effort effort) {
  if (signals.pdq_failure) {
    return Failed(signals.pdq_failure->code, signals.pdq_failure->message);
  }
  if (!signals.HasSignal()) {
    return Failed("no_signals", "nothing was given to compare");
  }
  if (signals.pdq.empty()) return NotSupplied(SignalType::kPdq);
  if (signals.picture && signals.picture->damaged) {
    return Failed(
        "damaged",
        "only a part of the picture could be decoded; that part was compared");
  }
  return ViewsCheck(signals.pdq, effort);
}

template <typename Digest>
Check DigestCheck(const std::optional<Digest>& digest) {
  if (!digest) return NotSupplied(Digest::kType);
  return {.signal = Digest::kType, .state = CheckState::kDone};
}

bool IsBehind(Verdict verdict, const Hit& hit) {
  if (hit.list->policy.shadow) return false;
  const bool digest = hit.signal != SignalType::kPdq;
  switch (verdict) {
    case Verdict::kExact:
      return hit.list->purpose == Purpose::kChildAbuse && digest;
    case Verdict::kNear:
      return hit.list->purpose == Purpose::kChildAbuse && !digest;
    case Verdict::kTest:
      return hit.list->purpose == Purpose::kTest;
    case Verdict::kUnavailable:
    case Verdict::kNoKnownMatch:
      break;
  }
  return false;
}

}  // namespace

std::vector<Check> ChecksOf(const SignalSet& signals, Effort effort) {
  return {PdqCheck(signals, effort), DigestCheck(signals.md5),
          DigestCheck(signals.sha1), DigestCheck(signals.sha256)};
}

Verdict VerdictOf(std::span<const Hit> hits, std::span<const Check> checks) {
  bool exact = false;
  bool near = false;
  bool test = false;
  for (const Hit& hit : hits) {
    if (hit.list->policy.shadow) continue;
    const bool abuse = hit.list->purpose == Purpose::kChildAbuse;
    exact = exact || (abuse && hit.signal != SignalType::kPdq);
    near = near || (abuse && hit.signal == SignalType::kPdq);
    test = test || hit.list->purpose == Purpose::kTest;
  }
  if (exact) return Verdict::kExact;
  if (near) return Verdict::kNear;
  const auto failed = [](const Check& check) {
    return check.state == CheckState::kFailed;
  };
  if (std::ranges::any_of(checks, failed)) return Verdict::kUnavailable;
  return test ? Verdict::kTest : Verdict::kNoKnownMatch;
}

std::vector<Hit> HitsBehind(Verdict verdict, std::span<const Hit> hits) {
  std::vector<Hit> behind;
  std::ranges::copy_if(hits, std::back_inserter(behind),
                       [&](const Hit& hit) { return IsBehind(verdict, hit); });
  return behind;
}

std::optional<Tier> TierOf(Verdict verdict, std::span<const Hit> hits) {
  std::optional<Tier> firmest;
  for (const Hit& hit : hits) {
    if (!IsBehind(verdict, hit)) continue;
    firmest = std::min(firmest.value_or(hit.tier), hit.tier);
  }
  return firmest;
}

bool ComesBefore(const Hit& a, const Hit& b) {
  return std::tie(a.list->policy.shadow, a.list->purpose, a.tier, a.distance,
                  a.list->name, a.entry, a.signal) <
         std::tie(b.list->policy.shadow, b.list->purpose, b.tier, b.distance,
                  b.list->name, b.entry, b.signal);
}

}  // namespace kenal::engine
