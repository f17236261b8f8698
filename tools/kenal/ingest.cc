#include "src/engine/ingest.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "src/base/clock.h"
#include "src/exchange/report_json.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/overrules.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

struct Options {
  std::string list;
  std::vector<std::string> paths;
  std::optional<std::string> source;  // else WhoAmI()
  std::string reason = "kenal ingest";
  std::string overrules;  // LIST/ID
  bool no_paths = false;
  int workers = 0;
};

void Report(Context& context, const engine::IngestedFile& file) {
  const bool failed = !file.result || file.result->outcome == Outcome::kRefused;
  if (file.signals.pdq_failure) {
    SayFailure(context.console, file.path, *file.signals.pdq_failure);
  } else if (failed && file.result) {
    context.console.Say(file.path + ": refused: " + file.result->why);
  } else if (file.signals.picture && file.signals.picture->damaged) {
    SayDamaged(context.console, file.path);
  }
  if (!context.json) return;
  // A failure to write is kept by the console and ends the command with its
  // code; what is on its way into the store goes on.
  const std::string line =
      exchange::WriteIngestLine(file.path, file.signals, file.result);
  static_cast<void>(context.console.PutNow(line));
}

Status PutSummary(Context& context, const Options& options,
                  const engine::IngestReport& report) {
  if (context.json) return OkStatus();
  std::string text =
      "list " + options.list + ": " + Count(report.added) + " added, " +
      Count(report.replaced) + " replaced, " + Count(report.unchanged) +
      " there already, " + Count(report.kept_withdrawn) +
      " withdrawn earlier and kept so, " + Count(report.failed) + " failed";
  KENAL_TRY(context.console.Put(text));
  if (report.flat > 0) {
    context.console.Note(
        Count(report.flat) +
        " of the added are too flat (PDQ quality 49 or less) to make near "
        "matches; equal files are still recognised");
  }
  return OkStatus();
}

StatusOr<int> RunIngest(Context& context, const Options& options) {
  const std::string source = options.source ? *options.source : WhoAmI();
  if (source.empty()) {
    return InvalidArgument("--source is empty; say on whose word these are");
  }
  KENAL_TRY_ASSIGN(const auto overrules, OverrulesOption(options.overrules));
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY(store.curator->GetList(options.list).status());
  KENAL_TRY_ASSIGN(const auto hasher,
                   Hasher::Start({.worker_count = options.workers}));
  const engine::FoundFiles found = FindFilesAndSay(context, options.paths);
  const engine::IngestOptions how{
      .list = options.list,
      .by = {WhoAmI(), options.reason},
      .provenance = {.source = source,
                     .import_id =
                         "ingest-" + base::FormatUtc(base::NowUnixMs())},
      .keep_paths = !options.no_paths,
      .overrules = overrules};

  Progress progress(context.console, "ingest", "files", found.files.size());
  uint64_t done = 0;
  KENAL_TRY_ASSIGN(const engine::IngestReport report,
                   engine::Ingest(*hasher, *store.curator, found.files, how,
                                  [&](const engine::IngestedFile& file) {
                                    Report(context, file);
                                    progress.Update(++done);
                                  }));
  KENAL_TRY(PutSummary(context, options, report));
  if (!context.json) progress.NoteElapsed(done);
  return ExitCodeOf(report.failed > 0 || !found.errors.empty(), false);
}

}  // namespace

void AddIngest(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("ingest", "Hash pictures and add them to a list");
  const auto options = std::make_shared<Options>();
  command->add_option("--list", options->list, "The list to add to")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("PATH", options->paths,
                   "Picture files, and folders with all that is in them")
      ->required();
  command
      ->add_option(
          "--source", options->source,
          "On whose word they are there (your user@host when\nnot given)")
      ->type_name("TEXT");
  AddOverrules(*command, options->overrules);
  command->add_flag("--no-paths", options->no_paths,
                    "Do not keep the paths of the files in the entries");
  command
      ->add_option("--reason", options->reason, "Why; goes into the change log")
      ->type_name("TEXT");
  command
      ->add_option("--workers", options->workers,
                   "Pictures decoded at once (one a core when not given)")
      ->type_name("N")
      ->check(CLI::Range(0, kWorkersMax).description(""));
  command->footer(
      R"(Only hashes are kept, never pictures. The same file again changes
nothing, so an ingest that was interrupted is simply run again. With --json
there is one line a file, printed when the entry is durable.

A picture of one's own that is near an entry by mistake goes to a list of
own-decisions with --overrules: that entry then has the own list's action
label where the picture is met, and its verdict stays.

Example:
  kenal ingest --list demo --source "trust and safety" pictures/
  kenal ingest --list own --overrules hotline/17 poster.jpg)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunIngest(context, *options); };
  });
}

}  // namespace kenal::cli
