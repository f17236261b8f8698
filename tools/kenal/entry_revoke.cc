#include "tools/kenal/entry_revoke.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "src/exchange/json_writer.h"
#include "tools/kenal/entries.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

constexpr size_t kReferencesAtOnce = 1000;

struct Options {
  std::vector<std::string> lists;
  std::string source;
  std::string member;
  std::string import_id;
  std::string state = "withdrawn";
  std::string reason;
  std::string reference;
  bool dry_run = false;
};

struct Counts {
  uint64_t found = 0;
  uint64_t changed = 0;
  uint64_t unchanged = 0;  // there already, or withdrawn
};

std::string Entries(uint64_t count) {
  return count == 1 ? "1 entry" : Count(count) + " entries";
}

bool IsMeant(const Options& options, const Provenance& from) {
  return from.source == options.source &&
         (options.member.empty() || from.member == options.member) &&
         (options.import_id.empty() || from.import_id == options.import_id);
}

EntryState StateOf(const Options& options) {
  if (options.state == "disputed") return EntryState::kDisputed;
  if (options.state == "quarantined") return EntryState::kQuarantined;
  return EntryState::kWithdrawn;
}

StatusOr<Counts> RevokeIn(Context& context, Curator& curator,
                          const std::string& list, const Options& options) {
  Counts counts;
  std::vector<std::string> references;
  const auto flush = [&]() -> Status {
    if (references.empty() || options.dry_run) return OkStatus();
    KENAL_TRY_ASSIGN(
        const EntriesReport report,
        curator.SetEntryState(list, references, StateOf(options),
                              {WhoAmI(), options.reason, options.reference}));
    for (const EntryResult& result : report.results) {
      ++(result.outcome == Outcome::kStateChanged ? counts.changed
                                                  : counts.unchanged);
    }
    references.clear();
    return OkStatus();
  };
  KENAL_TRY(ForEachEntry(
      context, curator, list, false, "revoke",
      [&](ListedEntry& entry) -> Status {
        if (!IsMeant(options, entry.summary.provenance)) return OkStatus();
        ++counts.found;
        references.push_back(std::to_string(entry.summary.id.serial()));
        return references.size() < kReferencesAtOnce ? OkStatus() : flush();
      }));
  KENAL_TRY(flush());
  return counts;
}

Status PutCounts(Context& context, const Options& options,
                 const std::string& list, const Counts& counts) {
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject()
        .Field("list", list)
        .Field("source", options.source)
        .Field("state", options.state)
        .Field("dry_run", options.dry_run)
        .Field("found", counts.found)
        .Field("changed", counts.changed)
        .Field("unchanged", counts.unchanged)
        .EndObject();
    return context.console.Put(json.Finish());
  }
  if (options.dry_run) {
    return context.console.Put("list " + list + ": " + Entries(counts.found) +
                               " would be " + options.state +
                               "; nothing was changed");
  }
  return context.console.Put("list " + list + ": " + Entries(counts.changed) +
                             (counts.changed == 1 ? " is now " : " are now ") +
                             options.state + ", " + Count(counts.unchanged) +
                             " were so or withdrawn already");
}

StatusOr<int> RunRevoke(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  std::vector<std::string> lists = options.lists;
  if (lists.empty()) {
    KENAL_TRY_ASSIGN(const std::vector<ListInfo> all, store.curator->Lists());
    for (const ListInfo& list : all) lists.push_back(list.name);
  }
  uint64_t found = 0;
  for (const std::string& list : lists) {
    KENAL_TRY_ASSIGN(const Counts counts,
                     RevokeIn(context, *store.curator, list, options));
    found += counts.found;
    if (counts.found > 0 || !options.lists.empty()) {
      KENAL_TRY(PutCounts(context, options, list, counts));
    }
  }
  if (found > 0) return kExitDone;
  context.console.Say(
      "no entry is there on that word; kenal list stats "
      "shows the sources of a list");
  return kExitSomeFailed;
}

}  // namespace

void AddEntryRevoke(CLI::App& entry, Context& context) {
  CLI::App* command = entry.add_subcommand(
      "revoke", "Withdraw everything that is there on the word of a source");
  const auto options = std::make_shared<Options>();
  const auto text = [&](const char* flag, std::string& value, const char* type,
                        const char* help) {
    return command->add_option(flag, value, help)->type_name(type);
  };
  text("--source", options->source, "TEXT", "The source, as entry show has it")
      ->required();
  text("--member", options->member, "TEXT", "Only what this member gave");
  text("--import", options->import_id, "ID", "Only what this import brought");
  command
      ->add_option("--list", options->lists, "Only this list; may be repeated")
      ->type_name("NAME");
  text("--state", options->state, "STATE",
       "withdrawn, quarantined or disputed (withdrawn)")
      ->check(CLI::IsMember({"withdrawn", "quarantined", "disputed"}));
  command->add_flag("--dry-run", options->dry_run,
                    "Count them, and change nothing");
  text("--reason", options->reason, "TEXT",
       "Why; goes into the change log and the entries")
      ->required();
  text("--reference", options->reference, "TEXT",
       "A case or ticket; goes with the reason");
  command->footer(
      R"(In steps of a thousand entries, each one log record. Stopped on the
way, it goes on when it is run again. Withdrawing is for good;
quarantine is not.

Example:
  kenal entry revoke --source "the hotline" --dry-run --reason "-"
  kenal entry revoke --source vendor --import import-2027-01-05T08:00:00Z \
      --state quarantined --reason "constant hashes" --reference T-17)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunRevoke(context, *options); };
  });
}

}  // namespace kenal::cli
