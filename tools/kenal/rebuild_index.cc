#include <CLI/CLI.hpp>

#include "kenal/backup.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

StatusOr<int> RunRebuild(Context& context) {
  KENAL_TRY_ASSIGN(const std::string data, context.DataFolder("rebuild-index"));
  Progress progress(context.console, "index", "rows", std::nullopt);
  KENAL_TRY_ASSIGN(
      const RebuildReport report,
      RebuildIndex(data, context.Notice(), [&](uint64_t done, uint64_t total) {
        progress.Update(done,
                        static_cast<double>(done) / static_cast<double>(total));
      }));
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject()
        .Field("pdq_rows", report.pdq_rows)
        .Field("digest_rows", report.digest_rows)
        .Field("kept", report.kept)
        .EndObject();
    KENAL_TRY(context.console.Put(json.Finish()));
  } else {
    KENAL_TRY(context.console.Put("built the index: " + Count(report.pdq_rows) +
                                  " pdq hashes, " + Count(report.digest_rows) +
                                  " digests"));
    if (!report.kept) {
      context.console.Note(
          "it is not kept on disk: a store of this size is indexed faster than "
          "it is read");
    }
  }
  return kExitDone;
}

}  // namespace

void AddRebuildIndex(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "rebuild-index", "Throw the kept index away and build it again");
  command->footer(
      R"(The index is made from the catalogue and can be lost at any time; a
kept one is checked when it is read. Changes no answer.

Example:
  kenal --data /srv/kenal rebuild-index)");
  command->callback(
      [&context] { context.run = [&context] { return RunRebuild(context); }; });
}

}  // namespace kenal::cli
