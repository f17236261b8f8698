#include "kenal/matcher.h"

#include "src/base/check.h"

namespace kenal {

StatusOr<Answer> Matcher::Match(const SignalSet& query,
                                const MatchOptions& options) {
  KENAL_TRY_ASSIGN(std::vector<Answer> answers,
                   MatchBatch(std::span(&query, 1), options));
  KENAL_CHECK(answers.size() == 1);
  return std::move(answers.front());
}

}  // namespace kenal
