// `kenal scan verify`, a subcommand of `kenal scan`.
#ifndef KENAL_TOOLS_KENAL_SCAN_VERIFY_H_
#define KENAL_TOOLS_KENAL_SCAN_VERIFY_H_

#include "tools/kenal/context.h"

namespace CLI {
class App;
}

namespace kenal::cli {

// `context` outlives `scan`.
void AddScanVerify(CLI::App& scan, Context& context);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_SCAN_VERIFY_H_
