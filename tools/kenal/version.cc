#include <CLI/CLI.hpp>

#include "src/exchange/json_writer.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

StatusOr<int> RunVersion(Context& context) {
  if (!context.json) {
    KENAL_TRY(context.console.Put(std::string("kenal ") + KENAL_VERSION));
    return kExitDone;
  }
  exchange::JsonWriter json;
  json.BeginObject().Field("version", KENAL_VERSION).EndObject();
  KENAL_TRY(context.console.Put(json.Finish()));
  return kExitDone;
}

}  // namespace

void AddVersion(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->footer("Example:\n  kenal --json version");
  command->callback(
      [&context] { context.run = [&context] { return RunVersion(context); }; });
}

}  // namespace kenal::cli
