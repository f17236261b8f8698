#include "src/engine/verdict.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace kenal::engine {
namespace {

Check NotSupplied(SignalType signal) {
  return {.signal = signal,
          .state = CheckState::kNotApplicable,
          .reason = "not_supplied"};
}

Check PdqCheck(const SignalSet& signals) {
  Check check{.signal = SignalType::kPdq, .state = CheckState::kDone};
  if (signals.pdq_failure) {
    check.state = CheckState::kFailed;
    check.reason = signals.pdq_failure->code;
    check.message = signals.pdq_failure->message;
  } else if (!signals.HasSignal()) {
    check.state = CheckState::kFailed;
    check.reason = "no_signals";
    check.message = "nothing was given to compare";
  } else if (signals.pdq.empty()) {
    check = NotSupplied(SignalType::kPdq);
  } else if (signals.picture && signals.picture->damaged) {
    check.state = CheckState::kFailed;
    check.reason = "damaged";
    check.message =
        "only a part of the picture could be decoded; that part was compared";
  } else if (std::ranges::none_of(signals.pdq, IsSearchable)) {
    check.state = CheckState::kNotApplicable;
    check.reason = "flat";
    check.message = "quality " + std::to_string(*signals.pdq[0].quality) +
                    " shows too little detail: no near match is made at " +
                    std::to_string(kFlatQualityMax) + " and below";
  } else if (std::ranges::any_of(signals.pdq, [](const PdqView& pdq) {
               return !pdq.quality;
             })) {
    check.reason = "quality_unknown";
    check.message =
        "compared without knowing its quality; flat pictures match by chance";
  } else if (std::ranges::any_of(signals.pdq, [](const PdqView& pdq) {
               return !pdq.dihedral;
             })) {
    check.reason = "variants_not_supplied";
    check.message = "turned and mirrored copies were not compared";
  }
  return check;
}

template <typename Digest>
Check DigestCheck(const std::optional<Digest>& digest) {
  if (!digest) return NotSupplied(Digest::kType);
  return {.signal = Digest::kType, .state = CheckState::kDone};
}

}  // namespace

bool IsSearchable(const PdqView& pdq) {
  return !pdq.quality || *pdq.quality > kFlatQualityMax;
}

std::vector<Check> ChecksOf(const SignalSet& signals) {
  return {PdqCheck(signals), DigestCheck(signals.md5),
          DigestCheck(signals.sha1), DigestCheck(signals.sha256)};
}

Verdict VerdictOf(std::span<const Hit> hits, std::span<const Check> checks) {
  bool exact = false;
  bool near = false;
  bool test = false;
  for (const Hit& hit : hits) {
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

bool ComesBefore(const Hit& a, const Hit& b) {
  return std::tie(a.list->purpose, a.distance, a.list->name, a.entry,
                  a.signal) <
         std::tie(b.list->purpose, b.distance, b.list->name, b.entry, b.signal);
}

}  // namespace kenal::engine
