// Asking about many inputs and printing the answers: what `match` and `query`
// have in common, so that they print alike.
#ifndef KENAL_TOOLS_KENAL_ANSWERS_H_
#define KENAL_TOOLS_KENAL_ANSWERS_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/matcher.h"
#include "src/exchange/answer_json.h"
#include "tools/kenal/context.h"
#include "tools/kenal/table.h"

namespace CLI {
class App;
}

namespace kenal::cli {

struct AskOptions {
  MatchOptions match;
  bool fail_on_match = false;
};

// As they were given; `work_class` goes into the context.
struct AskFlags {
  int limit = MatchOptions{}.limit;
  std::string effort{EffortName(MatchOptions{}.effort)};
  std::optional<int> radius_bits;
  std::string region;
  bool fail_on_match = false;
};

// What `match` and `query` both take. `input`: "picture" or "line".
void AddAskOptions(CLI::App& command, Context& context, AskFlags& flags,
                   const std::string& input);
// Errors: kInvalidArgument names the option.
StatusOr<AskOptions> OptionsOf(const AskFlags& flags);

// Whether --fail-on-match counts it: any hit but on known-benign lists, for
// review too, as far as the verdict and the matches within the limit tell.
bool IsMatched(const Answer& answer);

// How many signal sets one call may hold when each answer may have `limit`
// matches.
size_t BatchSizeMax(int limit);

// Failures by reason.
class FailureCounts {
 public:
  // `code`: a SignalFailure's, or the reason of a failed check.
  void Add(std::string_view code);
  // "3 not pictures, 1 unreadable"; empty when there were none. What is no
  // picture comes first: folders have such files, and they need no care.
  std::string Text() const;

 private:
  std::map<size_t, uint64_t> counts_;  // by position in the table of reasons
};

// Inputs are asked about in batches and answered in their order. A failed
// input is named on stderr just before its answer. Not thread-safe.
class Asker {
 public:
  // `name_width`: columns that the longest name takes, as far as known.
  Asker(Context& context, Matcher& matcher, const AskOptions& options,
        size_t name_width);

  // Asks now, or later with others when answers come faster than they are
  // worth a call each.
  Status Add(exchange::Input input, SignalSet&& signals);
  // Asks about what was added.
  Status Flush();

  // After the last Flush: a summary for people, and the exit code.
  StatusOr<int> Finish();

  // Inputs answered so far.
  uint64_t answered() const { return answered_; }
  // A path that could not even be listed.
  void CountFailed() { some_failed_ = true; }

 private:
  Status PutAnswer(const exchange::Input& input, const Answer& answer);
  void SayWhatFailed(const std::string& name, const exchange::Input& input,
                     const Answer& answer);
  Status PutRows(const std::string& name, const Answer& answer);
  void SayNotAsked(const Answer& answer);
  void NoteSkipped(const Answer& answer);

  Context& context_;
  Matcher& matcher_;
  AskOptions options_;
  RowPrinter rows_;
  bool has_headings_ = false;
  std::vector<exchange::Input> inputs_;
  std::vector<SignalSet> signals_;
  std::chrono::steady_clock::time_point last_flush_;
  std::set<std::string> skipped_lists_;
  std::set<std::string> not_asked_;  // lists whose known-good file is damaged
  std::map<std::pair<Verdict, bool>, uint64_t> verdicts_;  // for review only
  FailureCounts failures_;
  uint64_t answered_ = 0;
  Sequence sequence_;
  bool some_failed_ = false;
  bool some_matched_ = false;
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_ANSWERS_H_
