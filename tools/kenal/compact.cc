#include <CLI/CLI.hpp>

#include "kenal/backup.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/table.h"
#include "tools/kenal/upkeep.h"

namespace kenal::cli {
namespace {

StatusOr<int> RunCompact(Context& context) {
  KENAL_TRY_ASSIGN(const std::string data, context.DataFolder("compact"));
  ByteProgress progress(context.console, "compact");
  KENAL_TRY_ASSIGN(const CompactReport report,
                   CompactStore(data, progress.Watcher()));
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject()
        .Field("bytes_before", report.bytes_before)
        .Field("bytes_after", report.bytes_after)
        .EndObject();
    KENAL_TRY(context.console.Put(json.Finish()));
  } else {
    KENAL_TRY(context.console.Put("compacted: " + Bytes(report.bytes_before) +
                                  " before, " + Bytes(report.bytes_after) +
                                  " after"));
  }
  return kExitDone;
}

}  // namespace

void AddCompact(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "compact", "Rewrite the store without rows that were replaced");
  command->footer(
      R"(A store compacts itself while it is written to; this does all of it at
once, such as after a large import or many withdrawals. Changes no answer,
and may be stopped at any time.

Example:
  kenal --data /srv/kenal compact)");
  command->callback(
      [&context] { context.run = [&context] { return RunCompact(context); }; });
}

}  // namespace kenal::cli
