#include <CLI/CLI.hpp>
#include <memory>

#include "src/base/clock.h"
#include "src/base/scheduling.h"
#include "src/exchange/entry_line.h"
#include "src/exchange/pytx.h"
#include "src/exchange/report_json.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/overrules.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

// Whoever serves on this machine comes first.
constexpr int kNiceness = 10;

struct Options {
  std::string list;
  std::string format;
  std::string file;
  std::string overrules;  // LIST/ID
  std::string source = WhoAmI();
  std::string reason = "kenal import";
};

void SayRefusals(Console& console, const Options& options,
                 const ImportReport& report) {
  const std::string name =
      options.file == "-" ? "standard input" : options.file;
  for (const Refusal& refusal : report.refusals) {
    console.Say(name + ": line " + std::to_string(refusal.position) +
                " is refused: " + refusal.why);
  }
  if (report.refused > report.refusals.size()) {
    console.Say(name + ": " + Count(report.refused - report.refusals.size()) +
                " more lines are refused");
  }
}

Status PutReport(Context& context, const Options& options,
                 const ImportReport& report) {
  if (context.json) {
    return context.console.Put(exchange::WriteImportLine(options.list, report));
  }
  return context.console.Put(
      "list " + options.list + ": " + Count(report.read) + " read, " +
      Count(report.added) + " added, " + Count(report.replaced) +
      " replaced, " + Count(report.unchanged) + " there already, " +
      Count(report.kept_withdrawn) + " withdrawn earlier and kept so, " +
      Count(report.refused) + " refused");
}

// What an import that failed on its way has left behind. Usage errors come
// before anything is added.
Status CutShort(const Status& status, uint64_t durable) {
  if (ExitCodeOf(status) == kExitUsage) return status;
  return Status(status.code(),
                std::string(status.message()) + "; at least " + Count(durable) +
                    " records of it are durable, and importing it again adds "
                    "the rest");
}

// Drafts from a file of either format, and how far it was read.
struct Source {
  std::function<StatusOr<std::optional<ImportItem>>()> next;
  std::function<uint64_t()> consumed_bytes;
  std::optional<uint64_t> size_bytes;
};

template <typename Reader>
StatusOr<Source> OpenWith(const std::string& file, Provenance provenance) {
  KENAL_TRY_ASSIGN(std::shared_ptr<Reader> reader,
                   Reader::Open(file, std::move(provenance)));
  return Source{.next = [reader] { return reader->Next(); },
                .consumed_bytes = [reader] { return reader->consumed_bytes(); },
                .size_bytes = reader->size_bytes()};
}

// `overrules`: of drafts that name nothing themselves.
StatusOr<Source> OpenSource(const Options& options,
                            const std::optional<Overruled>& overrules) {
  Provenance provenance{
      .source = options.source,
      .import_id = "import-" + base::FormatUtc(base::NowUnixMs())};
  KENAL_TRY_ASSIGN(Source source,
                   options.format == "json"
                       ? OpenWith<exchange::EntryLineReader>(
                             options.file, std::move(provenance))
                       : OpenWith<exchange::PytxReader>(options.file,
                                                        std::move(provenance)));
  if (!overrules) return source;
  source.next = [next = std::move(source.next),
                 overrules]() -> StatusOr<std::optional<ImportItem>> {
    KENAL_TRY_ASSIGN(std::optional<ImportItem> item, next());
    if (item && !item->draft.overrules) item->draft.overrules = overrules;
    return item;
  };
  return source;
}

StatusOr<int> RunImport(Context& context, const Options& options) {
  if (options.source.empty()) {
    return InvalidArgument("--source is empty; say on whose word these are");
  }
  KENAL_TRY_ASSIGN(const auto overrules, OverrulesOption(options.overrules));
  KENAL_TRY_ASSIGN(const Source source, OpenSource(options, overrules));
  base::LowerPriority(kNiceness);
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  Progress progress(context.console, "import", "entries", std::nullopt);
  uint64_t durable = 0;
  const ImportWatcher watcher = [&](const ImportProgress& state) {
    std::optional<double> fraction;
    if (source.size_bytes.value_or(0) > 0) {
      fraction = static_cast<double>(source.consumed_bytes()) /
                 static_cast<double>(*source.size_bytes);
    }
    progress.Update(state.read, fraction);
    durable = state.durable;
  };
  const StatusOr<ImportReport> report = store.curator->Import(
      options.list, source.next, watcher, {WhoAmI(), options.reason});
  if (!report.ok()) return CutShort(report.status(), durable);
  SayRefusals(context.console, options, *report);
  KENAL_TRY(PutReport(context, options, *report));
  if (!context.json) progress.NoteElapsed(report->read);
  return ExitCodeOf(report->refused > 0, false);
}

}  // namespace

void AddImport(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("import", "Add the hashes of a list file to a list");
  const auto options = std::make_shared<Options>();
  command->add_option("--list", options->list, "The list to add to")
      ->required()
      ->type_name("NAME");
  command
      ->add_option(
          "--format", options->format,
          "pytx: one `pdq HEX`, `md5 HEX`, `sha1 HEX` or\n`sha256 HEX` a line; "
          "json: what `kenal hash --json`\nprints, perhaps with source_id, "
          "classifications, series,\nflags and overrules")
      ->required()
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"pytx", "json"}));
  AddOverrules(*command, options->overrules);
  command->add_option("FILE", options->file, "The file; - is standard input")
      ->required();
  command
      ->add_option(
          "--source", options->source,
          "On whose word they are there (your user@host when\nnot given)")
      ->type_name("TEXT");
  command
      ->add_option("--reason", options->reason, "Why; goes into the change log")
      ->type_name("TEXT");
  command->footer(
      R"(Bad lines are refused one by one, by number, and the rest is added
(exit code 1). The same file again adds nothing, so an import that was
interrupted is simply run again.

Example:
  kenal import --list hotline --format pytx --source "the hotline" hashes.txt
  zcat hashes.txt.gz | kenal import --list hotline --format pytx -
  kenal hash --json posters/ | kenal import --list own --format json -)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunImport(context, *options); };
  });
}

}  // namespace kenal::cli
