// Explain: why two pictures meet, or do not.
#ifndef KENAL_EXPLAIN_H_
#define KENAL_EXPLAIN_H_

#include <optional>
#include <string_view>
#include <vector>

#include "kenal/entry.h"
#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"

namespace kenal {

// What came of one pair of views. The first two are hits.
enum class Finding : uint8_t {
  kMatch = 1,         // within the radius
  kReview = 2,        // within the review radius
  kTooFar = 3,        // beyond both
  kFlat = 4,          // a side of quality kFlatQualityMax or below
  // A side is template-like, and a part or beyond the radius.
  kTemplateLike = 5,
  kNotCompared = 6,   // beyond the effort of the query or of the list
};
// "match", "review", "too_far", "flat", "template_like", "not_compared".
std::string_view FindingName(Finding finding);

// One view of the query beside one view of the entry, in the query's nearest
// variant. The distance is given whatever the finding. Of an entry
// (Matcher::Explain) it is exact for hits alone: for other findings it is the
// nearest multiple of 16, no second opinion is given, and no variant (kOrig)
// but of a kNotCompared that more effort would make a hit. Exact ones would
// spell out the entry's hashes.
struct Comparison {
  Transform how;
  int distance = 0;
  Finding finding = Finding::kTooFar;
  std::optional<int> query_quality;
  std::optional<int> entry_quality;
  bool query_template_like = false;
  bool entry_template_like = false;
  std::optional<SecondOpinion> second_opinion;
  friend bool operator==(const Comparison&, const Comparison&) = default;
};

struct DigestComparison {
  SignalType type = SignalType::kMd5;
  bool equal = false;
  friend bool operator==(const DigestComparison&,
                         const DigestComparison&) = default;
};

struct Explanation {
  std::vector<DigestComparison> digests;  // types that both sides hold
  // Every pair of views, hits first, then by distance, then by views.
  std::vector<Comparison> views;
  ListPolicy policy;  // that it was held against
  std::optional<EntryState> entry_state;  // when one side is an entry
  bool entry_expired = false;             // so it is not matched any more
  friend bool operator==(const Explanation&, const Explanation&) = default;
};

// Holds a query against known signals under a policy. The same rules as
// MatchBatch. Pure.
Explanation Explain(const SignalSet& query, const SignalSet& known,
                    const ListPolicy& policy, Effort effort);

}  // namespace kenal

#endif  // KENAL_EXPLAIN_H_
