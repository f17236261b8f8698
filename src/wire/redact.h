// What a caller outside is told: an answer without what would help to evade.
//
// Two full answers that differ only in what is withheld are alike afterwards,
// to the byte on the wire.
#ifndef KENAL_SRC_WIRE_REDACT_H_
#define KENAL_SRC_WIRE_REDACT_H_

#include "kenal/curator.h"
#include "kenal/matcher.h"
#include "kenal/verdict.h"

namespace kenal::wire {

// Of a match these stay: list, purpose, entry, signal, tier, state, action
// label and what it was overruled by. Those of lists in shadow mode go, and
// are not counted. The order is purpose, tier, list, entry, signal, so that it
// tells nothing of distances.
//
// Lists in shadow mode are named nowhere; those passed over by their region or
// their share are among the versions, as though they had been held against.
// Lists that know the query as known good are named once, without the type of
// the digest.
//
// limit  matches that stay. An answer that the matcher had cut already holds
//        the nearest and counts what is in shadow beyond its own limit: so ask
//        with OutsideLimit and cut here.
void Redact(Answer& answer, int limit = MatchOptions::kLimitMax);

// The limit to ask the matcher with for a redacted answer of at most `limit`
// matches to each of `queries` (1..Matcher::kBatchSizeMax): at least `limit`,
// and enough that few answers are cut.
int OutsideLimit(int limit, size_t queries);

// Of a page of changes these go: source ids, labels of entries, policies,
// known-good files and signals.
void Redact(ChangePage& page);

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_REDACT_H_
