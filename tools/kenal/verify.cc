#include <CLI/CLI.hpp>

#include "src/exchange/report_json.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

StatusOr<int> RunVerify(Context& context) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  Progress progress(context.console, "verify", "rows", std::nullopt);
  KENAL_TRY_ASSIGN(const VerifyReport report,
                   store.curator->Verify([&](uint64_t done, uint64_t total) {
                     std::optional<double> fraction;
                     if (total > 0) {
                       fraction = static_cast<double>(done) /
                                  static_cast<double>(total);
                     }
                     progress.Update(done, fraction);
                     return true;
                   }));
  for (const std::string& problem : report.problems) {
    context.console.Say("damaged: " + problem);
  }
  const bool good = report.problems.empty();
  if (context.json) {
    KENAL_TRY(context.console.Put(exchange::WriteVerifyLine(report)));
  } else {
    KENAL_TRY(context.console.Put(
        (good ? "everything agrees: " : "NOT everything agrees: ") +
        Count(report.log_records) + " log records, " + Count(report.entries) +
        " entries, " + Count(report.postings) + " postings, sequence " +
        std::to_string(report.head.value)));
  }
  if (good) return kExitDone;
  context.console.Say(
      "the store is damaged; nothing was changed: restore it from a backup, or "
      "make a new one with kenal init and import the lists again");
  return kExitRefused;
}

}  // namespace

void AddVerify(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "verify", "Read the whole store and check that it agrees with its log");
  command->footer(R"(Changes nothing. Exit code 3 when something is damaged.

Example:
  kenal verify)");
  command->callback(
      [&context] { context.run = [&context] { return RunVerify(context); }; });
}

}  // namespace kenal::cli
