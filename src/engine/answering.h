// Answering: from a batch of queries to answers, in one state of the store.
#ifndef KENAL_SRC_ENGINE_ANSWERING_H_
#define KENAL_SRC_ENGINE_ANSWERING_H_

#include <span>
#include <vector>

#include "kenal/matcher.h"
#include "kenal/status.h"
#include "src/catalogue/catalogue.h"
#include "src/engine/search.h"

namespace kenal::engine {

// kInvalidArgument names what is out of range.
Status CheckTerms(const MatchOptions& options);  // radius and region
Status CheckQuery(const SignalSet& signals, size_t position);
Status CheckBatch(std::span<const SignalSet> queries,
                  const MatchOptions& options);  // all of it

// One try at a batch.
struct Attempt {
  std::vector<Answer> answers;
  bool entry_changed = false;  // an entry is newer than the state
};

// Searches in `state`, then reads what the returned matches show from
// `catalogue`. Of a batch that CheckBatch takes.
// Errors: kDataLoss  an entry that was hit cannot be read
StatusOr<Attempt> AnswerBatch(const catalogue::Catalogue& catalogue,
                              const State& state,
                              std::span<const SignalSet> queries,
                              const MatchOptions& options);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_ANSWERING_H_
