// Matcher: asks which known entries a piece of content meets.
//
// Engine answers from a store in this process; client::Connection asks a
// running `kenal serve`. Both give the same answer to the same signal set.
#ifndef KENAL_MATCHER_H_
#define KENAL_MATCHER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/explain.h"
#include "kenal/signal.h"
#include "kenal/status.h"
#include "kenal/verdict.h"

namespace kenal {

struct MatchOptions {
  static constexpr int kLimitMax = 1'000'000;
  // 1..kLimitMax; cuts what is returned, never what the verdict is made from.
  int limit = 100;
  // Which of the given views are compared, and with how many variants. It
  // does not make views: see HashWork.
  Effort effort = Effort::kNormal;
  // Instead of every list's radius and review radius. A hit beyond what the
  // list itself allows for a match is of tier `review`.
  std::optional<Radius> radius;
  // Where the content was met (CheckRegion), for lists kept to regions.
  // Empty: not said, and every list is asked.
  std::string region;
  friend bool operator==(const MatchOptions&, const MatchOptions&) = default;
};

class Matcher {
 public:
  static constexpr size_t kBatchSizeMax = 1024;

  virtual ~Matcher() = default;

  // One answer a signal set, in request order, all served at one sequence. A
  // set without any signal is answered UNAVAILABLE, not refused.
  //
  // Thread-safe; never waits for writers.
  // queries   1..kBatchSizeMax; times the limit at most kLimitMax.
  // Errors:   kInvalidArgument  limit, radius, region or batch size out of
  //                             range, or a set with two PDQ of one view
  //           kUnavailable      the service cannot be reached
  //           kDataLoss         an entry that was hit cannot be read
  virtual StatusOr<std::vector<Answer>> MatchBatch(
      std::span<const SignalSet> queries, const MatchOptions& options) = 0;

  // Holds one query against one entry, view by view, under its list's policy.
  // Thread-safe. `reference` as in Curator::GetEntry; withdrawn entries too.
  // Errors:   kNotFound         no such list or entry
  //           kInvalidArgument  as MatchBatch
  virtual StatusOr<Explanation> Explain(const SignalSet& query,
                                        std::string_view list,
                                        std::string_view reference,
                                        const MatchOptions& options) = 0;

  // MatchBatch of one.
  StatusOr<Answer> Match(const SignalSet& query,
                         const MatchOptions& options = {});
};

}  // namespace kenal

#endif  // KENAL_MATCHER_H_
