#include <CLI/CLI.hpp>
#include <atomic>
#include <map>
#include <memory>

#include "src/base/clock.h"
#include "src/base/scheduling.h"
#include "src/exchange/entry_line.h"
#include "src/exchange/report_json.h"
#include "src/formats/column_watch.h"
#include "src/formats/drafts.h"
#include "src/formats/format.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/list_file.h"
#include "tools/kenal/overrules.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/read_ahead.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

// Whoever serves on this machine comes first.
constexpr int kNiceness = 10;
// What `kenal hash --json` prints; all others are formats of src/formats.
constexpr std::string_view kHashLines = "json";

struct Options {
  std::string list;
  std::string format;
  std::string file;
  std::string overrules;  // LIST/ID
  std::string source;
  std::string reason = "kenal import";
  std::string reference;
  std::string mapping;
  std::string value_type;
  bool dry_run = false;
};

std::string NameOf(const Options& options) {
  return options.file == "-" ? "standard input" : options.file;
}

// Items from a file of any format. Next is called by one thread, the others
// by any.
class Source {
 public:
  virtual ~Source() = default;
  virtual StatusOr<std::optional<ImportItem>> Next() = 0;
  virtual uint64_t consumed_bytes() const = 0;
  virtual std::optional<uint64_t> size_bytes() const = 0;
  // What positions count, once Next has ended.
  virtual std::string_view unit() const = 0;
  // What the file says of itself that no entry holds, once Next has ended.
  virtual void SayOfFile(Console&, const std::string&) const {}
};

class HashLines final : public Source {
 public:
  explicit HashLines(std::unique_ptr<exchange::EntryLineReader> reader)
      : reader_(std::move(reader)) {}
  StatusOr<std::optional<ImportItem>> Next() override {
    return reader_->Next();
  }
  uint64_t consumed_bytes() const override { return reader_->consumed_bytes(); }
  std::optional<uint64_t> size_bytes() const override {
    return reader_->size_bytes();
  }
  std::string_view unit() const override { return "line"; }

 private:
  const std::unique_ptr<exchange::EntryLineReader> reader_;
};

class ListFile final : public Source {
 public:
  ListFile(std::unique_ptr<formats::Reader> reader,
           formats::DraftOptions options)
      : reader_(std::move(reader)), options_(std::move(options)) {}

  StatusOr<std::optional<ImportItem>> Next() override {
    formats::Item item;
    while (true) {
      KENAL_TRY_ASSIGN(const bool more, reader_->Next(item));
      if (!more) return std::optional<ImportItem>();
      if (item.kind == formats::Item::Kind::kGroup) {
        ++groups_;
      } else if (item.kind == formats::Item::Kind::kField) {
        const formats::Extra& field = item.field.extra;
        if (field.path == formats::kQuarantinedColumn) {
          quarantined_.push_back(field.value);
        } else {
          ++fields_;
        }
      } else {
        unit_ = formats::PositionUnit(item.position);
        return std::optional(formats::DraftOf(std::move(item), options_));
      }
    }
  }
  uint64_t consumed_bytes() const override { return reader_->consumed_bytes(); }
  std::optional<uint64_t> size_bytes() const override {
    return reader_->size_bytes();
  }
  std::string_view unit() const override { return unit_; }

  void SayOfFile(Console& console, const std::string& name) const override {
    for (const std::string& column : quarantined_) {
      console.Say(name + ": the hashes of column " + column +
                  " are nearly all the same; they are kept and not matched");
    }
    if (groups_ + fields_ == 0) return;
    console.Note(name + ": " + Count(fields_) + " fields and " +
                 Count(groups_) +
                 " groups of the file itself are not of any entry and not "
                 "kept; kenal convert --to kenal keeps them");
  }

 private:
  const std::unique_ptr<formats::Reader> reader_;
  const formats::DraftOptions options_;
  std::string_view unit_ = "record";
  uint64_t groups_ = 0;
  uint64_t fields_ = 0;
  std::vector<std::string> quarantined_;
};

void SayRefusals(Console& console, const Options& options,
                 std::string_view unit, const ImportReport& report) {
  const std::string name = NameOf(options);
  for (const Refusal& refusal : report.refusals) {
    console.Say(name + ": " + std::string(unit) + " " +
                std::to_string(refusal.position) +
                " is refused: " + refusal.why);
  }
  if (report.refused > report.refusals.size()) {
    console.Say(name + ": " + Count(report.refused - report.refusals.size()) +
                " more " + std::string(unit) + "s are refused");
  }
}

Status PutReport(Context& context, const Options& options,
                 std::string_view unit, const ImportReport& report) {
  if (context.json) {
    return context.console.Put(
        exchange::WriteImportLine(options.list, report, unit, options.dry_run));
  }
  std::string text = "list " + options.list + ": " + Count(report.read) +
                     " read, " + Count(report.added) + " added, " +
                     Count(report.replaced) + " replaced, " +
                     Count(report.unchanged) + " there already, ";
  if (report.withdrawn + report.not_there > 0) {
    text += Count(report.withdrawn) + " withdrawn, " + Count(report.not_there) +
            " to withdraw were never there, ";
  }
  text += Count(report.kept_withdrawn) + " withdrawn earlier and kept so, " +
          Count(report.refused) + " refused";
  if (options.dry_run) text += "; a dry run, nothing was changed";
  return context.console.Put(text);
}

// What an import that failed on its way has left behind. Usage errors come
// before anything is added.
Status CutShort(const Status& status, const Options& options,
                uint64_t durable) {
  if (ExitCodeOf(status) == kExitUsage || options.dry_run) return status;
  return Status(status.code(),
                std::string(status.message()) + "; at least " + Count(durable) +
                    " records of it are durable, and importing it again adds "
                    "the rest");
}

StatusOr<std::unique_ptr<Source>> OpenSource(const Options& options,
                                             Purpose purpose) {
  const std::string import_id = "import-" + base::FormatUtc(base::NowUnixMs());
  if (options.format == kHashLines) {
    KENAL_TRY_ASSIGN(
        auto lines,
        exchange::EntryLineReader::Open(
            options.file,
            {.source = options.source.empty() ? WhoAmI() : options.source,
             .import_id = import_id}));
    return std::make_unique<HashLines>(std::move(lines));
  }
  KENAL_TRY_ASSIGN(const formats::Format format,
                   formats::ParseFormat(options.format));
  formats::ReadOptions reading;
  reading.purpose = purpose;
  reading.mapping = options.mapping;
  reading.value_type = options.value_type;
  StatusOr<std::unique_ptr<formats::Reader>> reader =
      formats::OpenReader(format, options.file, reading);
  if (!reader.ok()) return OfTheFile(reader.status());
  return std::make_unique<ListFile>(
      *std::move(reader), formats::DraftOptions{.source = options.source,
                                                .default_source = WhoAmI(),
                                                .import_id = import_id});
}

// `overrules`: of drafts that name nothing themselves.
ImportSource ItemsOf(Source& source, std::stop_token stop,
                     std::optional<Overruled> overrules) {
  return [&source, stop,
          overrules =
              std::move(overrules)]() -> StatusOr<std::optional<ImportItem>> {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    StatusOr<std::optional<ImportItem>> item = source.Next();
    if (!item.ok()) return OfTheFile(item.status());
    if (*item && overrules && !(*item)->draft.overrules) {
      (*item)->draft.overrules = overrules;
    }
    return item;
  };
}

StatusOr<ImportReport> Import(Context& context, const Options& options,
                              Curator& curator, Source& source) {
  KENAL_TRY_ASSIGN(const auto overrules, OverrulesOption(options.overrules));
  const Interrupt interrupt;
  Progress progress(context.console, options.dry_run ? "dry run" : "import",
                    "records", std::nullopt);
  uint64_t durable = 0;
  const ImportWatcher watcher = [&](const ImportProgress& state) {
    std::optional<double> fraction;
    if (source.size_bytes().value_or(0) > 0) {
      fraction = static_cast<double>(source.consumed_bytes()) /
                 static_cast<double>(*source.size_bytes());
    }
    progress.Update(state.read, fraction);
    durable = state.durable;
  };
  ReadAhead ahead(ItemsOf(source, interrupt.token(), overrules));
  const ImportSource next = [&ahead] { return ahead.Next(); };
  const Authorship by{WhoAmI(), options.reason, options.reference};
  const StatusOr<ImportReport> report =
      options.dry_run ? curator.RehearseImport(options.list, next, watcher, by)
                      : curator.Import(options.list, next, watcher, by);
  if (!report.ok()) return CutShort(report.status(), options, durable);
  if (!context.json) progress.NoteElapsed(report->read);
  return report;
}

StatusOr<int> RunImport(Context& context, const Options& options) {
  base::LowerPriority(kNiceness);
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const ListInfo list, store.curator->GetList(options.list));
  KENAL_TRY_ASSIGN(const std::unique_ptr<Source> source,
                   OpenSource(options, list.purpose));
  KENAL_TRY_ASSIGN(const ImportReport report,
                   Import(context, options, *store.curator, *source));
  SayRefusals(context.console, options, source->unit(), report);
  source->SayOfFile(context.console, NameOf(options));
  KENAL_TRY(PutReport(context, options, source->unit(), report));
  return ExitCodeOf(report.refused > 0, false);
}

// Empty when it is one. Formats are too many to list them in the help.
std::string WhyNoFormat(const std::string& name) {
  if (name == kHashLines) return {};
  const auto format = formats::ParseFormat(name);
  return format.ok() ? std::string() : std::string(format.status().message());
}

void AddOptions(CLI::App& command, Options& options) {
  const auto text = [&](const char* flag, std::string& value, const char* type,
                        const char* help) {
    return command.add_option(flag, value, help)->type_name(type);
  };
  text("--list", options.list, "NAME", "The list to add to")->required();
  text("--format", options.format, "FORMAT",
       "A format that kenal convert --formats names, such as\nvics, ncmec, "
       "csv, pytx or kenal; or json: what\n`kenal hash --json` prints, "
       "perhaps with source_id,\nclassifications, series, flags and overrules")
      ->required()
      ->check(CLI::Validator(WhyNoFormat, ""));
  command
      .add_option("FILE", options.file,
                  "The file; - is standard input (not for databases)")
      ->required();
  text("--source", options.source, "TEXT",
       "On whose word they are there (what the records say, else\nyour "
       "user@host)");
  text("--mapping", options.mapping, "FILE",
       "csv: what the columns mean (docs/formats.md)");
  text("--value-type", options.value_type, "TYPE",
       "pytx: the type of values that stand alone")
      ->check(CLI::IsMember({"pdq", "md5", "sha1", "sha256"}));
  AddOverrules(command, options.overrules);
  command.add_flag("--dry-run", options.dry_run,
                   "Say what would be added, replaced, withdrawn and\n"
                   "refused, and change nothing");
  text("--reason", options.reason, "TEXT", "Why; goes into the change log");
  text("--reference", options.reference, "TEXT",
       "A case or ticket; goes into the change log");
}

}  // namespace

void AddImport(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("import", "Add the hashes of a list file to a list");
  const auto options = std::make_shared<Options>();
  AddOptions(*command, *options);
  command->footer(
      R"(What the list is for was said when it was made, never by the file.
Bad records are refused one by one, by position, and the rest is added
(exit code 1). An entry that its source takes back is not matched unless
the source adds it again. What else the source says of an entry is kept, and
kenal list export gives it back.

The same file again adds nothing, so an import that was interrupted goes on
where it was when it is run again. A dry run is the import itself, on a copy
of the store: it takes the same time, and room on the disk while it runs.

Example:
  kenal import --list hotline --format ncmec --source "the hotline" page.xml
  kenal import --list police --format vics --dry-run hashes.json
  zcat hashes.txt.gz | kenal import --list hotline --format pytx -
  kenal hash --json posters/ | kenal import --list own --format json -)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunImport(context, *options); };
  });
}

}  // namespace kenal::cli
