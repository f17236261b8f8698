// `kenal explain FILE`: why one file is known or not, step by step.
#ifndef KENAL_TOOLS_KENAL_EXPLAIN_FILE_H_
#define KENAL_TOOLS_KENAL_EXPLAIN_FILE_H_

#include <string>
#include <vector>

#include "kenal/list.h"
#include "kenal/signal.h"
#include "kenal/verdict.h"
#include "tools/kenal/context.h"

namespace kenal::cli {

// One step of the way from a file to its verdict.
struct ExplainStep {
  std::string name;  // "read", "digests", "picture", "views", "lists", ...
  // Sentences for people, without hashes.
  std::vector<std::string> said;
};

// Everything that led to `answer`, in order. `lists` are those of the store.
std::vector<ExplainStep> StepsOf(const SignalSet& signals,
                                 const std::vector<ListInfo>& lists,
                                 Effort effort, const Answer& answer);

// Asks the store of the context about the file and prints the steps.
StatusOr<int> ExplainFile(Context& context, const std::string& path,
                          Effort effort);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_EXPLAIN_FILE_H_
