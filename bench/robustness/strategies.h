// Ways to look for a copy with PDQ: which views of a query, in which
// variants, meet which views of an entry.
#ifndef KENAL_BENCH_ROBUSTNESS_STRATEGIES_H_
#define KENAL_BENCH_ROBUSTNESS_STRATEGIES_H_

#include <functional>
#include <string>
#include <vector>

#include "kenal/signal.h"

namespace kenal::robustness {

struct Strategy {
  std::string name;     // "normal"
  std::string entries;  // what entries store, for people
  ViewSet query;
  ViewSet turned;  // those of `query` whose eight variants are compared
  ViewSet entry;
  // False: a review hit needs no more than the distance.
  bool spares_template_like = true;
};

// Plain PDQ, its eight variants, and each effort with each choice of stored
// views.
std::vector<Strategy> AllStrategies();

// Views that any strategy asks of a query, and of an entry.
ViewSet AllQueryViews();
ViewSet AllEntryViews();

// Distances above every radius.
inline constexpr int kNoDistance = 257;

// The least distances between a query and an entry.
struct Nearest {
  int any = kNoDistance;     // of all pairs compared
  int review = kNoDistance;  // of those that may give a review hit
};

inline constexpr int kNoReview = 0;
inline constexpr int kReviewRadii[] = {kNoReview, 40, 50, 60};

// A hit within the tight radius or, unless it is kNoReview, the review radius.
bool IsFound(const Nearest& nearest, int review_radius_bits);

// Quality is above what is ever compared.
bool IsSearched(const PdqView& view);

bool HasTurned(const std::vector<PdqView>& views);

// Calls visit(hash, variant) for each hash by which the strategy may look for
// this view of a query: none, one or eight.
void ForEachHash(const Strategy& strategy, const PdqView& view,
                 const std::function<void(const PdqHash&, Variant)>& visit);

Nearest Compare(const Strategy& strategy, const std::vector<PdqView>& query,
                const std::vector<PdqView>& entry);

// Hashes that a query asks the index for, and rows that an entry puts in.
int CountQueries(const Strategy& strategy, const std::vector<PdqView>& query);
int CountRows(const Strategy& strategy, const std::vector<PdqView>& entry);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_STRATEGIES_H_
