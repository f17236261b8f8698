// `--overrules LIST/ID`, of `ingest` and `import`.
#ifndef KENAL_TOOLS_KENAL_OVERRULES_H_
#define KENAL_TOOLS_KENAL_OVERRULES_H_

#include <optional>
#include <string>

#include "kenal/entry.h"
#include "kenal/status.h"

namespace CLI {
class App;
}

namespace kenal::cli {

void AddOverrules(CLI::App& command, std::string& text);
// Nothing when it was not given. Errors: kInvalidArgument.
StatusOr<std::optional<Overruled>> OverrulesOption(const std::string& text);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_OVERRULES_H_
