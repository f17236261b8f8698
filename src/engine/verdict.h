// From hits to verdicts: the rules of kenal/verdict.h as pure functions.
#ifndef KENAL_SRC_ENGINE_VERDICT_H_
#define KENAL_SRC_ENGINE_VERDICT_H_

#include <span>
#include <vector>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"

namespace kenal::engine {

// One entry met by one signal, before its record is read.
struct Hit {
  const ListInfo* list = nullptr;  // enabled
  EntryId entry;
  SignalType signal = SignalType::kPdq;
  int distance = 0;
  Transform transform;  // PDQ only
};

// What became of each signal type of `signals`, in SignalType order.
std::vector<Check> ChecksOf(const SignalSet& signals);

// True when near matches may be made with this PDQ.
bool IsSearchable(const PdqView& pdq);

// From all hits, whatever their order or number.
Verdict VerdictOf(std::span<const Hit> hits, std::span<const Check> checks);

// The order in which matches are returned: purpose, distance, list name,
// entry, signal.
bool ComesBefore(const Hit& a, const Hit& b);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_VERDICT_H_
