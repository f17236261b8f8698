#include "kenal/backup.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "src/base/clock.h"
#include "src/client/connection.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/table.h"
#include "tools/kenal/upkeep.h"

namespace kenal::cli {
namespace {

struct BackupOptions {
  std::string folder;
  std::string to;
  uint64_t number = 0;
  uint64_t keep = 0;
  bool verify = false;
};

std::string Json(const BackupInfo& info) {
  exchange::JsonWriter json;
  json.BeginObject().Field("number", info.number);
  if (!info.damage.empty()) {
    json.Field("damage", info.damage);
  } else {
    json.Field("store_id", info.store_id)
        .Field("incarnation", info.incarnation)
        .Field("sequence", info.sequence.value)
        .Field("time", base::FormatUtc(info.unix_ms))
        .Field("files", info.file_count)
        .Field("size_bytes", info.size_bytes)
        .Field("new_bytes", info.new_bytes);
  }
  return json.EndObject().Finish();
}

std::string Name(const BackupInfo& info) {
  return "backup " + std::to_string(info.number) + " (sequence " +
         Count(info.sequence.value) + ", " + Bytes(info.size_bytes) + ")";
}

StatusOr<BackupInfo> Make(Context& context, const BackupOptions& options) {
  ByteProgress progress(context.console, "backup");
  if (options.folder.empty()) {
    KENAL_TRY_ASSIGN(const auto server,
                     context.Connect("backup create without DEST"));
    const Interrupt interrupt;
    const ByteWatcher shown = progress.Watcher();
    return server->CreateBackup([&](uint64_t done, uint64_t total) {
      return shown(done, total) && !interrupt.token().stop_requested();
    });
  }
  if (!context.server.empty()) {
    return InvalidArgument(
        "a server adds to the folder that it was started with; leave DEST out");
  }
  KENAL_TRY_ASSIGN(const std::string data, context.DataFolder("backup create"));
  return BackupStore(data, options.folder, progress.Watcher());
}

StatusOr<int> Create(Context& context, const BackupOptions& options) {
  KENAL_TRY_ASSIGN(const BackupInfo made, Make(context, options));
  const std::string where =
      options.folder.empty() ? "the server's folder" : options.folder;
  KENAL_TRY(context.console.Put(
      context.json ? Json(made)
                   : "made " + Name(made) + " in " + where + ", " +
                         Bytes(made.new_bytes) + " of it new"));
  return kExitDone;
}

StatusOr<int> List(Context& context, const BackupOptions& options) {
  KENAL_TRY_ASSIGN(const std::vector<BackupInfo> backups,
                   ListBackups(options.folder));
  bool damaged = false;
  std::vector<std::vector<Cell>> rows;
  for (const BackupInfo& info : backups) {
    if (!info.damage.empty()) {
      damaged = true;
      context.console.Say(info.damage);
    }
    if (context.json) {
      KENAL_TRY(context.console.Put(Json(info)));
    } else if (info.damage.empty()) {
      rows.push_back({{std::to_string(info.number)},
                      {base::FormatUtc(info.unix_ms)},
                      {Count(info.sequence.value)},
                      {Bytes(info.size_bytes)},
                      {Bytes(info.new_bytes)},
                      {info.store_id}});
    }
  }
  if (!context.json) {
    KENAL_TRY(PutTable(context.console,
                       {{.heading = "NUMBER", .right = true},
                        {.heading = "TIME"},
                        {.heading = "SEQUENCE", .right = true},
                        {.heading = "SIZE", .right = true},
                        {.heading = "NEW", .right = true},
                        {.heading = "STORE"}},
                       rows));
  }
  return damaged ? kExitSomeFailed : kExitDone;
}

StatusOr<int> Check(Context& context, const BackupOptions& options) {
  ByteProgress progress(context.console, "check");
  KENAL_TRY_ASSIGN(
      const BackupCheck check,
      CheckBackups(options.folder,
                   {.number = options.number, .verify = options.verify},
                   progress.Watcher()));
  const bool good = check.problems.empty();
  for (const std::string& problem : check.problems) {
    context.console.Say("damaged: " + problem);
  }
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject()
        .Field("good", good)
        .Field("backups", check.backups)
        .Field("files", check.files)
        .Field("bytes", check.bytes)
        .Field("verified", options.verify)
        .Key("problems")
        .BeginArray();
    for (const std::string& problem : check.problems) json.Text(problem);
    KENAL_TRY(context.console.Put(json.EndArray().EndObject().Finish()));
  } else {
    KENAL_TRY(context.console.Put(
        (good ? "everything agrees: " : "NOT everything agrees: ") +
        Count(check.backups) +
        (check.backups == 1 ? " backup, " : " backups, ") + Count(check.files) +
        " files, " + Bytes(check.bytes)));
  }
  return good ? kExitDone : kExitRefused;
}

StatusOr<int> Restore(Context& context, const BackupOptions& options) {
  ByteProgress progress(context.console, "restore");
  KENAL_TRY_ASSIGN(const BackupInfo restored,
                   RestoreBackup(options.folder, options.number, options.to,
                                 progress.Watcher()));
  KENAL_TRY(context.console.Put(context.json
                                    ? Json(restored)
                                    : "restored " + Name(restored) + " of " +
                                          base::FormatUtc(restored.unix_ms) +
                                          " to " + options.to));
  context.console.Note("next: kenal --data " + options.to + " verify");
  return kExitDone;
}

StatusOr<int> Prune(Context& context, const BackupOptions& options) {
  KENAL_TRY_ASSIGN(const PruneReport report,
                   PruneBackups(options.folder, options.keep));
  if (report.files_kept) {
    context.console.Say(options.folder +
                        ": the record of a kept backup cannot be read, so all "
                        "files stay; see kenal backup list");
  }
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject().Key("removed").BeginArray();
    for (const uint64_t number : report.removed) json.Unsigned(number);
    json.EndArray()
        .Field("freed_bytes", report.freed_bytes)
        .Field("files_kept", report.files_kept)
        .EndObject();
    KENAL_TRY(context.console.Put(json.Finish()));
  } else {
    KENAL_TRY(context.console.Put(
        "removed " + Count(report.removed.size()) +
        (report.removed.size() == 1 ? " backup, " : " backups, ") +
        Bytes(report.freed_bytes)));
  }
  return report.files_kept ? kExitSomeFailed : kExitDone;
}

using Run = StatusOr<int> (*)(Context&, const BackupOptions&);

CLI::App* AddCommand(CLI::App& parent, Context& context, const char* name,
                     const char* about, Run run,
                     const std::shared_ptr<BackupOptions>& options) {
  CLI::App* command = parent.add_subcommand(name, about);
  CLI::Option* folder =
      command->add_option("DEST", options->folder, "The folder of the backups");
  // A server has its own.
  folder->required(std::string_view(name) != "create");
  command->callback([&context, run, options] {
    context.run = [&context, run, options] { return run(context, *options); };
  });
  return command;
}

void AddNumber(CLI::App& command, BackupOptions& options,
               const std::string& about) {
  command.add_option("--number", options.number, about)
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

}  // namespace

void AddBackup(CLI::App& app, Context& context) {
  CLI::App* backup =
      app.add_subcommand("backup", "Make, check and restore backups");
  backup->require_subcommand(1);
  backup->footer(R"(A backup is a folder of its own, best on another disk. It
holds the hashes of the store: keep it as private as the store.

Example:
  kenal --data /srv/kenal backup create /mnt/backups/kenal
  kenal backup check /mnt/backups/kenal --verify)");
  const auto options = std::make_shared<BackupOptions>();
  AddCommand(*backup, context, "create", "Add a backup of the store", Create,
             options)
      ->footer(
          R"(DEST becomes a folder of backups when it is empty or missing; the
folder that it lies in must be there. Only what is new since the other
backups in DEST is copied. A backup that is ended early leaves the others
as they were, and the next one goes on from what it has copied.

With --server, without DEST: the server adds one to the folder that it was
started with (kenal serve --backups), and goes on serving meanwhile.

Example:
  kenal --data /srv/kenal backup create /mnt/backups/kenal
  kenal --server unix:/srv/kenal/kenal.sock backup create)");
  AddCommand(*backup, context, "list", "Show the backups in a folder", List,
             options)
      ->footer(
          R"(SIZE is what a restore writes, NEW what this backup added to DEST.
Exit code 1 when the record of one cannot be read.

Example:
  kenal backup list /mnt/backups/kenal)");
  CLI::App* check =
      AddCommand(*backup, context, "check",
                 "Compare every file with its digest", Check, options);
  AddNumber(*check, *options, "Only this backup (all)");
  check->add_flag("--verify", options->verify,
                  "Also open each and read it as `kenal verify` does");
  check->footer(
      R"(Changes nothing. Exit code 3 when something is damaged, and what.

Example:
  kenal backup check /mnt/backups/kenal --number 7 --verify)");
  CLI::App* restore =
      AddCommand(*backup, context, "restore", "Make a store from a backup",
                 Restore, options);
  restore->add_option("--to", options->to, "Folder of the store, empty or new")
      ->required()
      ->type_name("DIR");
  AddNumber(*restore, *options, "Which backup (the last)");
  restore->footer(
      R"(Never writes over a store. The store is there once everything was
compared with its digest and the log was checked, or not at all.

Example:
  kenal backup restore /mnt/backups/kenal --to /srv/kenal-restored)");
  CLI::App* prune =
      AddCommand(*backup, context, "prune", "Remove all but the last backups",
                 Prune, options);
  prune->add_option("--keep", options->keep, "How many stay, at least 1")
      ->required()
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  prune->footer(R"(Files that a kept backup needs stay.

Example:
  kenal backup prune /mnt/backups/kenal --keep 14)");
}

}  // namespace kenal::cli
