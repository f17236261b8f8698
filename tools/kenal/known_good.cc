#include "kenal/known_good.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kenal/engine.h"
#include "src/base/clock.h"
#include "src/base/scheduling.h"
#include "src/exchange/fields.h"
#include "src/exchange/json_writer.h"
#include "src/formats/format.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"
#include "tools/kenal/upkeep.h"

namespace kenal::cli {
namespace {

using formats::Format;
using formats::Item;
using formats::Reader;

// Whoever asks on this machine comes first.
constexpr int kNiceness = 10;
constexpr uint64_t kRefusalsSaid = 1000;
constexpr uint64_t kMemoryMibMin =
    KnownGoodOptions::kMemoryBytesMin >> kMebibyteBits;
constexpr uint64_t kMemoryMibMax = uint64_t{1} << 20;

struct Options {
  std::string list;
  std::string format;
  std::string file;
  std::vector<std::string> types;
  std::string mapping;
  std::string value_type;
  uint64_t memory_mib = 256;
  bool replace = false;
  std::optional<std::string> source;  // else WhoAmI()
  std::string reason;
};

struct Counts {
  uint64_t read = 0;     // records, those below too
  uint64_t refused = 0;  // each was said
  uint64_t without_digest = 0;
  uint64_t taken_back = 0;
};

// Known-good files change in the store's own folder only.
StatusOr<std::unique_ptr<Engine>> OpenEngine(Context& context,
                                             const std::string& subcommand) {
  const std::string command = "kenal known-good " + subcommand;
  if (!context.server.empty()) {
    return InvalidArgument(
        command +
        " works on the store's folder, not through a server: on the server's "
        "machine stop it, run this with --data DIR and start it again");
  }
  KENAL_TRY_ASSIGN(const std::string folder, context.DataFolder(command));
  StatusOr<std::unique_ptr<Engine>> engine =
      Engine::Open(folder, context.Notice());
  if (engine.status().code() != StatusCode::kUnavailable) return engine;
  return Unavailable(std::string(engine.status().message()) + "; " + command +
                     " needs the store to itself: stop what has it open first");
}

StatusOr<std::vector<SignalType>> TypesOf(const Options& options) {
  std::vector<SignalType> types;
  for (const std::string& name : options.types) {
    KENAL_TRY_ASSIGN(const SignalType type, ParseSignalType(name));
    types.push_back(type);
  }
  return types;
}

// The one type that a format can hold: all memory is then for that.
std::optional<SignalType> OnlyType(Format format) {
  switch (format) {
    case Format::kMd5Sum:
      return SignalType::kMd5;
    case Format::kSha1Sum:
      return SignalType::kSha1;
    case Format::kSha256Sum:
      return SignalType::kSha256;
    default:
      return std::nullopt;
  }
}

StatusOr<std::unique_ptr<Reader>> OpenList(const Options& options,
                                           Format format, Purpose purpose) {
  if (format == Format::kNcmec || format == Format::kIcse) {
    return InvalidArgument("--format " + options.format +
                           ": such lists hold abuse imagery, never known-good "
                           "files");
  }
  formats::ReadOptions reading;
  reading.purpose = purpose;
  reading.mapping = options.mapping;
  reading.value_type = options.value_type;
  StatusOr<std::unique_ptr<Reader>> reader =
      formats::OpenReader(format, options.file, reading);
  if (reader.status().code() != StatusCode::kInvalidArgument) return reader;
  // What is wrong is in the file, not in the words that named it.
  return Status(StatusCode::kDataLoss, reader.status().message());
}

void SayRefusal(Context& context, const Options& options, const Item& item,
                uint64_t refused) {
  const std::string name =
      options.file == "-" ? "standard input" : options.file;
  if (refused <= kRefusalsSaid) {
    context.console.Say(name + ": " + formats::PositionText(item.position) +
                        " is refused: " + item.why);
  } else if (refused == kRefusalsSaid + 1) {
    context.console.Say("more records are refused; they are counted");
  }
}

Status TakeAll(Context& context, const Options& options, Reader& reader,
               const Interrupt& interrupt, KnownGoodImport& import,
               Counts& counts) {
  Progress progress(context.console, "read", "records", std::nullopt);
  const uint64_t size_bytes = reader.size_bytes().value_or(0);
  Item item;
  while (true) {
    const StatusOr<bool> more = reader.Next(item);
    if (more.status().code() == StatusCode::kInvalidArgument) {
      return Status(StatusCode::kDataLoss, more.status().message());
    }
    KENAL_TRY(more.status());
    if (!*more) break;
    if (interrupt.token().stop_requested()) {
      return absl::CancelledError("stopped; nothing was changed");
    }
    if (item.kind == Item::Kind::kRefused) {
      ++counts.read;
      SayRefusal(context, options, item, ++counts.refused);
    }
    if (item.kind != Item::Kind::kRecord) continue;
    ++counts.read;
    const SignalSet& signals = item.record.signals;
    if (item.record.deleted) {
      ++counts.taken_back;
    } else if (!signals.md5 && !signals.sha1 && !signals.sha256) {
      ++counts.without_digest;
    } else {
      KENAL_TRY(import.Add(signals));
    }
    std::optional<double> fraction;
    if (size_bytes > 0) {
      fraction = static_cast<double>(reader.consumed_bytes()) /
                 static_cast<double>(size_bytes);
    }
    progress.Update(counts.read, fraction);
  }
  if (!context.json) progress.NoteElapsed(counts.read);
  return OkStatus();
}

Status PutOutcomes(Context& context, const std::string& list,
                   const Counts* counts, const KnownGoodReport& report) {
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject().Field("list", list);
    if (counts != nullptr) {
      json.Field("read", counts->read)
          .Field("refused", counts->refused)
          .Field("without_digest", counts->without_digest)
          .Field("taken_back", counts->taken_back);
    }
    json.Key("outcomes").BeginArray();
    for (const KnownGoodOutcome& outcome : report.outcomes) {
      json.BeginObject()
          .Field("signal", SignalTypeName(outcome.signal))
          .Field("taken", outcome.taken)
          .Field("before", outcome.before)
          .Field("after", outcome.after)
          .Field("changed", outcome.changed)
          .EndObject();
    }
    json.EndArray().Field("sequence", report.sequence.value).EndObject();
    return context.console.Put(json.Finish());
  }
  if (report.outcomes.empty()) {
    KENAL_TRY(context.console.Put("list " + list +
                                  ": has no such known-good digests"));
  }
  for (const KnownGoodOutcome& outcome : report.outcomes) {
    KENAL_TRY(context.console.Put(
        "list " + list + ": " + std::string(SignalTypeName(outcome.signal)) +
        ": " + Count(outcome.before) + " known good before, " +
        Count(outcome.after) + " now" +
        (outcome.changed ? "" : " (unchanged)")));
  }
  return OkStatus();
}

void SayLeftOut(Context& context, const Counts& counts) {
  if (counts.without_digest > 0) {
    context.console.Say(Count(counts.without_digest) +
                        " records have no md5, sha1 or sha256 and are left "
                        "out");
  }
  if (counts.taken_back > 0) {
    context.console.Say(Count(counts.taken_back) +
                        " records take back what an earlier delivery named; "
                        "give the whole list with --replace to drop them");
  }
}

StatusOr<int> RunAdd(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Format format, formats::ParseFormat(options.format));
  KENAL_TRY_ASSIGN(std::vector<SignalType> types, TypesOf(options));
  KENAL_TRY_ASSIGN(const auto engine, OpenEngine(context, "add"));
  KENAL_TRY_ASSIGN(const ListInfo list, engine->GetList(options.list));
  base::LowerPriority(kNiceness);
  const Interrupt interrupt;
  if (const auto only = OnlyType(format);
      only && types.empty() && !options.replace) {
    types = {*only};
  }
  Progress writing(context.console, "write", "digests", std::nullopt);
  KnownGoodOptions import_options{
      .signals = std::move(types),
      .replace = options.replace,
      .memory_bytes = options.memory_mib << kMebibyteBits,
      .source = options.source ? *options.source : WhoAmI(),
      .import_id = "known-good-" + base::FormatUtc(base::NowUnixMs()),
      .watcher = {}};
  import_options.watcher = [&](const KnownGoodProgress& at) {
    if (at.writing && at.most > 0) {
      writing.Update(
          at.done, static_cast<double>(at.done) / static_cast<double>(at.most));
    }
    return !interrupt.token().stop_requested();
  };
  KENAL_TRY_ASSIGN(const auto import,
                   engine->ImportKnownGood(options.list, import_options));
  KENAL_TRY_ASSIGN(const auto reader, OpenList(options, format, list.purpose));
  Counts counts;
  KENAL_TRY(TakeAll(context, options, *reader, interrupt, *import, counts));
  SayLeftOut(context, counts);
  KENAL_TRY_ASSIGN(const KnownGoodReport report,
                   import->Finish({WhoAmI(), options.reason}));
  KENAL_TRY(PutOutcomes(context, options.list, &counts, report));
  context.console.Note(Count(counts.read) + " records read, " +
                       Count(counts.refused) + " refused");
  return ExitCodeOf(counts.refused + counts.without_digest > 0, false);
}

StatusOr<int> RunRemove(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const std::vector<SignalType> types, TypesOf(options));
  KENAL_TRY_ASSIGN(const auto engine, OpenEngine(context, "remove"));
  KENAL_TRY_ASSIGN(
      const KnownGoodReport report,
      engine->RemoveKnownGood(options.list, types, {WhoAmI(), options.reason}));
  KENAL_TRY(PutOutcomes(context, options.list, nullptr, report));
  return kExitDone;
}

StatusOr<int> RunList(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  std::vector<ListInfo> lists;
  if (options.list.empty()) {
    KENAL_TRY_ASSIGN(lists, store.curator->Lists());
  } else {
    KENAL_TRY_ASSIGN(const ListInfo list, store.curator->GetList(options.list));
    lists.push_back(list);
  }
  std::vector<std::vector<Cell>> rows;
  for (const ListInfo& list : lists) {
    for (const KnownGoodFile& file : list.known_good) {
      if (context.json) {
        exchange::JsonWriter json;
        json.BeginObject().Field("list", list.name).Key("known_good");
        exchange::WriteKnownGoodFile(file, json);
        KENAL_TRY(context.console.Put(json.EndObject().Finish()));
        continue;
      }
      rows.push_back({{list.name},
                      {std::string(SignalTypeName(file.signal))},
                      {Count(file.count)},
                      {Bytes(file.size_bytes)},
                      {base::FormatUtc(file.set_unix_ms)},
                      {file.source}});
    }
  }
  if (context.json) return kExitDone;
  if (rows.empty()) {
    context.console.Note(
        "there are no known-good digests; add some with kenal known-good add");
    return kExitDone;
  }
  KENAL_TRY(PutTable(context.console,
                     {{.heading = "LIST", .shrinks = true},
                      {.heading = "TYPE"},
                      {.heading = "DIGESTS", .right = true},
                      {.heading = "SIZE", .right = true},
                      {.heading = "SET"},
                      {.heading = "SOURCE"}},
                     rows));
  return kExitDone;
}

StatusOr<int> RunCheck(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const auto engine, OpenEngine(context, "check"));
  ByteProgress progress(context.console, "check");
  KENAL_TRY_ASSIGN(const std::vector<std::string> problems,
                   engine->CheckKnownGood(options.list, progress.Watcher()));
  KENAL_TRY_ASSIGN(const std::vector<ListInfo> lists, engine->Lists());
  uint64_t files = 0;
  uint64_t digests = 0;
  for (const ListInfo& list : lists) {
    if (!options.list.empty() && list.name != options.list) continue;
    for (const KnownGoodFile& file : list.known_good) {
      ++files;
      digests += file.count;
    }
  }
  for (const std::string& problem : problems) {
    context.console.Say("damaged: " + problem);
  }
  const bool good = problems.empty();
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject()
        .Field("ok", good)
        .Field("files", files)
        .Field("digests", digests)
        .Key("problems")
        .BeginArray();
    for (const std::string& problem : problems) json.Text(problem);
    KENAL_TRY(context.console.Put(json.EndArray().EndObject().Finish()));
  } else {
    KENAL_TRY(context.console.Put(
        (good ? "everything agrees: " : "NOT everything agrees: ") +
        Count(files) + (files == 1 ? " file, " : " files, ") + Count(digests) +
        " digests"));
  }
  return good ? kExitDone : kExitRefused;
}

using SharedOptions = std::shared_ptr<Options>;

void AddType(CLI::App* command, Options& options, const char* help) {
  command->add_option("--type", options.types, help)
      ->type_name("TYPE")
      ->delimiter(',')
      ->check(CLI::IsMember({"md5", "sha1", "sha256"}));
}

void AddReason(CLI::App* command, Options& options, const char* reason) {
  options.reason = reason;
  command
      ->add_option("--reason", options.reason, "Why; goes into the change log")
      ->type_name("TEXT");
}

void AddAdd(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(
      "add", "Add the digests of a list file to a list's known-good ones");
  const auto text = [&](const char* flag, std::string& value, const char* type,
                        const char* help) {
    return command->add_option(flag, value, help)->type_name(type);
  };
  text("--list", options->list, "NAME", "A list of purpose known-benign")
      ->required();
  text("--format", options->format, "FORMAT",
       "Of FILE: nsrl, nsrl-sqlite, md5sum, sha1sum, hashdeep,\nkdb, csv, ...; "
       "see kenal convert --formats")
      ->required();
  command
      ->add_option("FILE", options->file,
                   "The file; - is standard input (not for databases)")
      ->required();
  AddType(command, *options,
          "Digest types that are taken, separated by commas\n(all when not "
          "given)");
  command->add_flag("--replace", options->replace,
                    "The list holds what FILE holds and nothing else; with\n"
                    "--type, of these types");
  command
      ->add_option("--memory", options->memory_mib, "For sorting, in MiB (256)")
      ->type_name("MIB")
      ->check(CLI::Range(kMemoryMibMin, kMemoryMibMax).description(""));
  text("--mapping", options->mapping, "FILE",
       "csv: what the columns mean (docs/formats.md)");
  text("--value-type", options->value_type, "TYPE",
       "pytx: the type of values that stand alone");
  command
      ->add_option(
          "--source", options->source,
          "On whose word they are there (your user@host when\nnot given)")
      ->type_name("TEXT");
  AddReason(command, *options, "kenal known-good add");
  command->footer(
      R"(Known-good digests let a scan skip a file; they never hide a match.
Nothing is changed before all of FILE is read and sorted. What the list has
already stays unless --replace is given, and the same file again changes
nothing. Bad records are refused one by one with their position, and the
rest is added (exit code 1).

Example:
  kenal list create nsrl --purpose known-benign
  kenal known-good add --list nsrl --format nsrl-sqlite RDS_modern.db
  find /usr -type f -exec sha1sum {} + |
      kenal known-good add --list own-files --format sha1sum -)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunAdd(context, *options); };
  });
}

void AddRemove(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("remove", "Take all known-good digests off a list");
  command->add_option("--list", options->list, "The list")
      ->required()
      ->type_name("NAME");
  AddType(command, *options, "Of these types only, separated by commas");
  AddReason(command, *options, "kenal known-good remove");
  command->footer("Example:\n  kenal known-good remove --list nsrl --type md5");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunRemove(context, *options); };
  });
}

void AddShowing(CLI::App& group, Context& context, const char* name,
                const char* what, const char* footer,
                StatusOr<int> (*run)(Context&, const Options&)) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(name, what);
  command->add_option("--list", options->list, "Of this list only")
      ->type_name("NAME");
  command->footer(footer);
  command->callback([&context, options, run] {
    context.run = [&context, options, run] { return run(context, *options); };
  });
}

}  // namespace

void AddKnownGood(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "known-good", "Keep digests of files that are known to be harmless");
  command->require_subcommand(1);
  command->footer(R"(Example:
  kenal known-good add --list nsrl --format nsrl NSRLFile.txt
  kenal known-good list)");
  AddAdd(*command, context);
  AddShowing(*command, context, "list", "Show what is known good",
             "Example:\n  kenal known-good list", RunList);
  AddShowing(*command, context, "check",
             "Read the files in full and hold them against the log",
             "Changes nothing. Exit code 3 when something is damaged. kenal "
             "verify does it\ntoo.\n\nExample:\n  kenal known-good check",
             RunCheck);
  AddRemove(*command, context);
}

}  // namespace kenal::cli
