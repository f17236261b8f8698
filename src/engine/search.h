// Search: from signal sets to hits, in one immutable state of the store.
#ifndef KENAL_SRC_ENGINE_SEARCH_H_
#define KENAL_SRC_ENGINE_SEARCH_H_

#include <memory>
#include <span>
#include <vector>

#include "kenal/list.h"
#include "kenal/matcher.h"
#include "kenal/signal.h"
#include "src/engine/decisions.h"
#include "src/engine/expiries.h"
#include "src/engine/held_lists.h"
#include "src/engine/known_files.h"
#include "src/engine/searchable.h"
#include "src/engine/verdict.h"

namespace kenal::engine {

// Everything that one answer is made from, at one sequence. Immutable.
struct State {
  IndexSets indexes;
  std::vector<ListInfo> lists;  // by name
  HeldLists enabled_lists;
  ListTerms terms;
  std::shared_ptr<const Decisions> decisions;     // never null
  std::shared_ptr<const KnownFiles> known_files;  // null: there are none
  std::shared_ptr<const Expiries> expiries;       // never null
};

std::shared_ptr<const State> MakeState(
    IndexSets indexes, std::vector<ListInfo> lists,
    std::shared_ptr<const Decisions> decisions,
    std::shared_ptr<const KnownFiles> known_files,
    std::shared_ptr<const Expiries> expiries);

// One of each for every set.
struct Found {
  // Of each entry the nearest near hit, and one hit a digest type.
  std::vector<std::vector<Hit>> hits;
  std::vector<OverruledEntries> overruled;
};

// All hits on the lists that each set is held against, but those on entries
// that have expired. Of the options, effort and radius count.
Found FindHits(const State& state, const BatchLists& lists,
               std::span<const SignalSet> sets, const MatchOptions& options);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_SEARCH_H_
