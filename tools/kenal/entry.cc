#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "src/base/clock.h"
#include "src/exchange/fields.h"
#include "src/exchange/report_json.h"
#include "src/exchange/text.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/entry_feedback.h"
#include "tools/kenal/entry_revoke.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

struct Options {
  std::string list;
  std::vector<std::string> ids;
  std::string reason;
  std::string reference;
  std::optional<std::string> label;
  bool clear = false;
};

std::string SignalsText(const EntrySummary& entry) {
  std::string text;
  for (const SignalHeld& held : entry.signals) {
    if (!text.empty()) text += ", ";
    text += SignalTypeName(held.type);
    if (held.type != SignalType::kPdq) continue;
    text += " (" + std::string(ViewName(held.view));
    if (held.quality) text += ", quality " + std::to_string(*held.quality);
    if (held.template_like.value_or(false)) text += ", template-like";
    if (held.second_opinion) text += ", second opinion";
    text += ")";
  }
  return text;
}

std::string OpinionText(const Opinion& opinion) {
  std::string text = opinion.affirms ? "affirms" : "denies";
  const auto add = [&text](const char* before, const std::string& part) {
    if (!part.empty()) text += before + part;
  };
  add(" ", opinion.signal);
  add(", ", opinion.member.empty() ? opinion.member_id : opinion.member);
  add(": ", opinion.reason);
  return text;
}

Status PutEntry(Context& context, const std::string& list,
                const EntrySummary& entry) {
  if (context.json) {
    return context.console.Put(exchange::WriteEntryLine(list, entry));
  }
  const auto put = [&](const std::string& name, const std::string& value) {
    if (value.empty()) return OkStatus();
    const std::string padding(name.size() < 14 ? 14 - name.size() : 1, ' ');
    return context.console.Put("  " + name + padding +
                               exchange::ForDisplay(value));
  };
  KENAL_TRY(context.console.Put(list + "/" + exchange::EntryName(entry.id)));
  KENAL_TRY(put("state", std::string(EntryStateName(entry.state))));
  KENAL_TRY(put("reason", entry.state_reason));
  KENAL_TRY(put("goes back to", entry.state_reference));
  KENAL_TRY(put("source id", entry.source_id));
  KENAL_TRY(put("signals", SignalsText(entry)));
  if (entry.picture) {
    KENAL_TRY(put("picture", entry.picture->format + " " +
                                 std::to_string(entry.picture->width) + " x " +
                                 std::to_string(entry.picture->height)));
  }
  for (const Classification& each : entry.classifications) {
    KENAL_TRY(put("class", each.scheme + ": " + each.raw_value));
  }
  KENAL_TRY(put("series", entry.series));
  for (const std::string& flag : entry.flags) KENAL_TRY(put("flag", flag));
  if (entry.overrules) {
    KENAL_TRY(put("overrules",
                  entry.overrules->list + "/" + entry.overrules->reference));
  }
  KENAL_TRY(put("near label", entry.near_action_label));
  const Provenance& from = entry.provenance;
  KENAL_TRY(put("source", from.source));
  KENAL_TRY(put("member", from.member));
  KENAL_TRY(put("reference", from.reference));
  KENAL_TRY(put("import", from.import_id));
  for (const Opinion& each : entry.opinions) {
    KENAL_TRY(put("opinion", OpinionText(each)));
  }
  if (entry.expires_unix_ms) {
    KENAL_TRY(put("expires", base::FormatUtc(*entry.expires_unix_ms)));
  }
  if (entry.details_bytes > 0) {
    KENAL_TRY(put("says more", std::to_string(entry.details_bytes) +
                                   " bytes; kenal list export gives them"));
  }
  KENAL_TRY(put("added", base::FormatUtc(from.added_unix_ms) + " at sequence " +
                             std::to_string(entry.added_at.value)));
  return put("changed",
             "at sequence " + std::to_string(entry.changed_at.value));
}

StatusOr<int> RunShow(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY(store.curator->GetList(options.list).status());
  bool failed = false;
  for (const std::string& id : options.ids) {
    const auto entry = store.curator->GetEntry(options.list, id);
    if (entry.ok()) {
      KENAL_TRY(PutEntry(context, options.list, *entry));
      continue;
    }
    const bool of_input = absl::IsNotFound(entry.status()) ||
                          absl::IsInvalidArgument(entry.status());
    if (!of_input) return entry.status();
    context.console.Say("entry " + WordForMessage(id) + ": " +
                        std::string(entry.status().message()));
    failed = true;
  }
  return ExitCodeOf(failed, false);
}

// `now`: what the entries are after it, for people.
StatusOr<int> PutReport(Context& context, const Options& options,
                        const EntriesReport& report, const std::string& now) {
  bool failed = false;
  for (size_t i = 0; i < report.results.size(); ++i) {
    const EntryResult& result = report.results[i];
    const std::string& id = options.ids[i];
    const bool refused = result.outcome == Outcome::kUnknown ||
                         result.outcome == Outcome::kRefused;
    failed = failed || refused;
    if (refused) {
      context.console.Say("entry " + WordForMessage(id) + ": " +
                          (result.why.empty()
                               ? "there is none of that id on list " +
                                     options.list +
                                     "; `kenal match` prints the ids"
                               : result.why));
    }
    if (context.json) {
      KENAL_TRY(context.console.Put(exchange::WriteEntryResultLine(
          options.list, id, result, report.sequence)));
    } else if (!refused) {
      KENAL_TRY(context.console.Put(
          options.list + "/" + exchange::EntryName(result.id) + "  " +
          (result.outcome == Outcome::kStateChanged ? now : "unchanged")));
    }
  }
  return ExitCodeOf(failed, false);
}

StatusOr<int> RunSetState(Context& context, const Options& options,
                          EntryState state) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const EntriesReport report,
                   store.curator->SetEntryState(
                       options.list, options.ids, state,
                       {WhoAmI(), options.reason, options.reference}));
  return PutReport(context, options, report,
                   "is now " + std::string(EntryStateName(state)));
}

StatusOr<int> RunLabel(Context& context, const Options& options) {
  if (options.clear == options.label.has_value()) {
    return InvalidArgument("give either --label LABEL or --clear");
  }
  const std::string label = options.label.value_or("");
  if (options.label && label.empty()) {
    return InvalidArgument("--label is empty; give --clear to take it away");
  }
  KENAL_TRY(CheckActionLabel(label));
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const EntriesReport report,
                   store.curator->SetNearActionLabel(
                       options.list, options.ids, label,
                       {WhoAmI(), options.reason, options.reference}));
  return PutReport(context, options, report,
                   label.empty() ? "has its list's label again"
                                 : "near matches are labelled " + label);
}

CLI::App* AddOne(CLI::App& entry, const std::string& name,
                 const std::string& about,
                 const std::shared_ptr<Options>& options) {
  CLI::App* command = entry.add_subcommand(name, about);
  command->add_option("--list", options->list, "The list that it is on")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("ID", options->ids,
                   "The number that match prints, or source: and the "
                   "source's own id")
      ->required();
  return command;
}

void AddReason(CLI::App* command, const std::shared_ptr<Options>& options) {
  command
      ->add_option("--reason", options->reason,
                   "Why; goes into the change log and the entry")
      ->required()
      ->type_name("TEXT");
  command
      ->add_option("--reference", options->reference,
                   "A case or ticket; goes with the reason")
      ->type_name("TEXT");
}

void AddLabel(CLI::App& entry, Context& context,
              const std::shared_ptr<Options>& options) {
  CLI::App* command =
      AddOne(entry, "label", "Label the near matches of entries", options);
  command
      ->add_option_function<std::string>(
          "--label",
          [options](const std::string& text) { options->label = text; },
          "What a caller should do with them, instead of what the\nlist "
          "says, such as review (a-z 0-9 _ -)")
      ->type_name("LABEL");
  command->add_flag("--clear", options->clear, "As the list says again");
  AddReason(command, options);
  command->footer(
      R"(Verdicts stay as they are, and so do matches of equal files.

Example:
  kenal entry label --list hotline 17 --label review --reason "met too often"
  kenal entry label --list hotline 17 --clear --reason "looked into")");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunLabel(context, *options); };
  });
}

void AddState(CLI::App& entry, Context& context, const std::string& name,
              const std::string& about, EntryState state,
              const std::string& footer,
              const std::shared_ptr<Options>& options) {
  CLI::App* command = AddOne(entry, name, about, options);
  AddReason(command, options);
  command->footer(footer);
  command->callback([&context, options, state] {
    context.run = [&context, options, state] {
      return RunSetState(context, *options, state);
    };
  });
}

}  // namespace

void AddEntry(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("entry", "Show entries, and say what becomes of them");
  command->require_subcommand(1);
  command->footer(R"(Example:
  kenal entry show --list demo 17
  kenal entry withdraw --list demo 17 --reason "listed by mistake")");
  const auto options = std::make_shared<Options>();
  CLI::App* show =
      AddOne(*command, "show", "Show entries, without their hashes", options);
  show->footer(R"(Example:
  kenal entry show --list demo 17 source:case-2)");
  show->callback([&context, options] {
    context.run = [&context, options] { return RunShow(context, *options); };
  });
  AddState(*command, context, "withdraw",
           "Never match these entries again; they are kept for the record",
           EntryState::kWithdrawn,
           R"(Adding the same entry again (same source id, or same bytes or hash
when its source gave none) does not bring it back. Other listings of the
picture are other entries, which still match: withdraw each.

Example:
  kenal entry withdraw --list demo 17 --reason "listed by mistake")",
           options);
  AddState(*command, context, "dispute",
           "Mark entries as disputed; they still match, and each match says so",
           EntryState::kDisputed,
           R"(Example:
  kenal entry dispute --list demo 17 18 --reason "under review")",
           options);
  AddState(*command, context, "quarantine",
           "Do not match these entries until somebody decides",
           EntryState::kQuarantined,
           R"(Example:
  kenal entry quarantine --list demo 17 --reason "hash looks wrong")",
           options);
  AddState(*command, context, "reinstate",
           "Match disputed or quarantined entries as any other again",
           EntryState::kActive,
           R"(Withdrawn entries stay withdrawn.

Example:
  kenal entry reinstate --list demo 17 --reason "looked into")",
           options);
  AddLabel(*command, context, options);
  AddEntryRevoke(*command, context);
  AddEntryFeedback(*command, context);
}

}  // namespace kenal::cli
