// Subcommands of `kenal list` that have files of their own.
#ifndef KENAL_TOOLS_KENAL_LIST_COMMANDS_H_
#define KENAL_TOOLS_KENAL_LIST_COMMANDS_H_

#include "tools/kenal/context.h"

namespace CLI {
class App;
}

namespace kenal::cli {

// `context` outlives `list`.
void AddListDiff(CLI::App& list, Context& context);
void AddListExport(CLI::App& list, Context& context);
void AddListMerge(CLI::App& list, Context& context);
void AddListStats(CLI::App& list, Context& context);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_LIST_COMMANDS_H_
