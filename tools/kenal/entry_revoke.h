// `kenal entry revoke`.
#ifndef KENAL_TOOLS_KENAL_ENTRY_REVOKE_H_
#define KENAL_TOOLS_KENAL_ENTRY_REVOKE_H_

#include "tools/kenal/context.h"

namespace CLI {
class App;
}

namespace kenal::cli {

// `context` outlives `entry`.
void AddEntryRevoke(CLI::App& entry, Context& context);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_ENTRY_REVOKE_H_
