// From hits to verdicts: the rules of kenal/verdict.h as pure functions.
#ifndef KENAL_SRC_ENGINE_VERDICT_H_
#define KENAL_SRC_ENGINE_VERDICT_H_

#include <optional>
#include <span>
#include <vector>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"

namespace kenal::engine {

// One entry met by one signal, before its record is read.
struct Hit {
  const ListInfo* list = nullptr;  // one that is not skipped
  EntryId entry;
  SignalType signal = SignalType::kPdq;
  Tier tier = Tier::kMatch;
  int distance = 0;
  Transform transform;  // PDQ only
};

// What became of each signal type of `signals`, in SignalType order.
// effort  the most that was tried with any list.
std::vector<Check> ChecksOf(const SignalSet& signals, Effort effort);

// From all hits, whatever their order or number. Those of lists in shadow mode
// do not count.
Verdict VerdictOf(std::span<const Hit> hits, std::span<const Check> checks);

// The hits behind the verdict, in no order.
std::vector<Hit> HitsBehind(Verdict verdict, std::span<const Hit> hits);

// Of the firmest hit behind the verdict; unset when no hit is behind it.
std::optional<Tier> TierOf(Verdict verdict, std::span<const Hit> hits);

// The order in which matches are returned: those in shadow last; purpose, tier,
// distance, list name, entry, signal.
bool ComesBefore(const Hit& a, const Hit& b);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_VERDICT_H_
