#include <CLI/CLI.hpp>

#include "kenal/engine.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

StatusOr<int> RunInit(Context& context) {
  KENAL_TRY_ASSIGN(const std::string folder, context.DataFolder("init"));
  KENAL_TRY(Engine::Init(folder));
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject().BytesField("data", folder).EndObject();
    KENAL_TRY(context.console.Put(json.Finish()));
  } else {
    KENAL_TRY(context.console.Put("made an empty store in " + folder));
    context.console.Note(
        "next: kenal --data " + folder +
        " list create NAME --purpose child-abuse|own-decisions|known-benign|"
        "test");
  }
  return kExitDone;
}

}  // namespace

void AddInit(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("init", "Make an empty store");
  command->footer(
      R"(The folder is created when it is missing. A store that is there
already is never touched.

Example:
  kenal --data /srv/kenal init)");
  command->callback(
      [&context] { context.run = [&context] { return RunInit(context); }; });
}

}  // namespace kenal::cli
