// Search: from signal sets to hits, in one immutable state of the store.
#ifndef KENAL_SRC_ENGINE_SEARCH_H_
#define KENAL_SRC_ENGINE_SEARCH_H_

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "src/engine/searchable.h"
#include "src/engine/verdict.h"

namespace kenal::engine {

// What the enabled lists of one index ask of a search in it.
struct Reach {
  bool any = false;  // there is such a list
  Radius widest{0};
  Effort effort = Effort::kFast;  // the most that one of them allows
};

// Everything that one answer is made from, at one sequence. Immutable.
struct State {
  IndexSets indexes;
  std::vector<ListInfo> lists;  // by name
  std::unordered_map<uint16_t, const ListInfo*> enabled_lists;
  PerHome<Reach> reaches;
};

std::shared_ptr<const State> MakeState(IndexSets indexes,
                                       std::vector<ListInfo> lists);

// All hits on enabled lists, one vector a signal set: of each entry the
// nearest near hit, and one hit a digest type.
std::vector<std::vector<Hit>> FindHits(const State& state,
                                       std::span<const SignalSet> sets,
                                       Effort effort);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_SEARCH_H_
