// Asking about many inputs and printing the answers: what `match` and `query`
// have in common, so that they print alike.
#ifndef KENAL_TOOLS_KENAL_ANSWERS_H_
#define KENAL_TOOLS_KENAL_ANSWERS_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kenal/matcher.h"
#include "src/exchange/answer_json.h"
#include "tools/kenal/context.h"
#include "tools/kenal/table.h"

namespace kenal::cli {

struct AskOptions {
  int limit = MatchOptions{}.limit;
  bool fail_on_match = false;
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
  Status PutRows(const std::string& name, const Answer& answer);
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
  std::map<Verdict, uint64_t> verdicts_;
  uint64_t answered_ = 0;
  Sequence sequence_;
  bool some_failed_ = false;
  bool some_matched_ = false;
};

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_ANSWERS_H_
