// One function a subcommand: adds it to the command line, and sets
// Context::run when it is chosen. Each is in a file of its name.
#ifndef KENAL_TOOLS_KENAL_COMMANDS_H_
#define KENAL_TOOLS_KENAL_COMMANDS_H_

#include "tools/kenal/context.h"

namespace CLI {
class App;
}

namespace kenal::cli {

// `context` outlives `app`.
void AddBackup(CLI::App& app, Context& context);
void AddCalibrate(CLI::App& app, Context& context);
void AddCerts(CLI::App& app, Context& context);
void AddCompact(CLI::App& app, Context& context);
void AddConvert(CLI::App& app, Context& context);
void AddInit(CLI::App& app, Context& context);
void AddList(CLI::App& app, Context& context);
void AddIngest(CLI::App& app, Context& context);
void AddImport(CLI::App& app, Context& context);
void AddEntry(CLI::App& app, Context& context);
void AddExplain(CLI::App& app, Context& context);
void AddHash(CLI::App& app, Context& context);
void AddKnownGood(CLI::App& app, Context& context);
void AddMatch(CLI::App& app, Context& context);
void AddQuery(CLI::App& app, Context& context);
void AddRebuildIndex(CLI::App& app, Context& context);
void AddScan(CLI::App& app, Context& context);
void AddServe(CLI::App& app, Context& context);
void AddStats(CLI::App& app, Context& context);
void AddSync(CLI::App& app, Context& context);
void AddTop(CLI::App& app, Context& context);
void AddVerify(CLI::App& app, Context& context);
void AddVersion(CLI::App& app, Context& context);
void AddWatch(CLI::App& app, Context& context);
void AddWhoAmI(CLI::App& app, Context& context);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_COMMANDS_H_
