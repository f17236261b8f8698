#include <CLI/CLI.hpp>
#include <memory>

#include "src/base/clock.h"
#include "src/exchange/report_json.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/list_commands.h"
#include "tools/kenal/policy.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

struct ListOptions {
  std::string name;
  std::string purpose;
  PolicyOptions policy;
  std::string reason = "kenal list";
};

std::string ReviewText(const ListPolicy& policy) {
  return policy.review_radius ? std::to_string(policy.review_radius->bits)
                              : "-";
}

StatusOr<int> PutLists(Context& context, const std::vector<ListInfo>& lists) {
  if (context.json) {
    for (const ListInfo& list : lists) {
      KENAL_TRY(context.console.Put(exchange::WriteListLine(list)));
    }
    return kExitDone;
  }
  if (lists.empty()) {
    context.console.Note(
        "there are no lists yet; make one with kenal list create NAME "
        "--purpose PURPOSE");
    return kExitDone;
  }
  std::vector<std::vector<Cell>> rows;
  for (const ListInfo& list : lists) {
    rows.push_back({{list.name},
                    {std::string(PurposeName(list.purpose))},
                    {MatchedText(list.policy)},
                    {std::to_string(list.policy.pdq_radius.bits)},
                    {ReviewText(list.policy)},
                    {std::string(EffortName(list.policy.effort))},
                    {Count(list.counts.active)},
                    {Count(list.counts.disputed)},
                    {Count(list.counts.quarantined)},
                    {Count(list.counts.withdrawn)},
                    {base::FormatUtc(list.created_unix_ms)}});
  }
  KENAL_TRY(PutTable(context.console,
                     {{.heading = "LIST", .shrinks = true},
                      {.heading = "PURPOSE"},
                      {.heading = "MATCHED"},
                      {.heading = "RADIUS", .right = true},
                      {.heading = "REVIEW", .right = true},
                      {.heading = "EFFORT"},
                      {.heading = "ACTIVE", .right = true},
                      {.heading = "DISPUTED", .right = true},
                      {.heading = "QUARANTINED", .right = true},
                      {.heading = "WITHDRAWN", .right = true},
                      {.heading = "CREATED"}},
                     rows));
  return kExitDone;
}

std::string KnownGoodText(const KnownGoodFile& file) {
  return "  known good      " + Count(file.count) + " " +
         std::string(SignalTypeName(file.signal)) + ", " +
         Bytes(file.size_bytes) + ", from " + file.source + " at " +
         base::FormatUtc(file.set_unix_ms);
}

StatusOr<int> PutList(Context& context, ListInfo list) {
  KENAL_TRY_ASSIGN(const int code, PutLists(context, {list}));
  if (context.json) return code;
  KENAL_TRY(PutPolicy(context.console, list.policy));
  for (const KnownGoodFile& file : list.known_good) {
    KENAL_TRY(context.console.Put(KnownGoodText(file)));
  }
  KENAL_TRY(context.console.Put(
      "  changed         " + base::FormatUtc(list.changed_unix_ms) +
      " at sequence " + std::to_string(list.version.value)));
  return code;
}

StatusOr<int> RunCreate(Context& context, const ListOptions& options) {
  KENAL_TRY_ASSIGN(const Purpose purpose, ParsePurpose(options.purpose));
  KENAL_TRY_ASSIGN(const ListPolicy policy,
                   WithOptions(DefaultPolicy(purpose), options.policy));
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(ListInfo list,
                   store.curator->CreateList(options.name, purpose, policy,
                                             {WhoAmI(), options.reason}));
  return PutList(context, std::move(list));
}

StatusOr<int> RunSet(Context& context, const ListOptions& options) {
  // Said before a store is opened, as far as it can be.
  KENAL_TRY(CheckOptions(options.policy));
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(ListInfo list, store.curator->GetList(options.name));
  KENAL_TRY_ASSIGN(const ListPolicy policy,
                   WithOptions(list.policy, options.policy));
  if (policy != list.policy) {
    KENAL_TRY_ASSIGN(list,
                     store.curator->SetListPolicy(options.name, policy,
                                                  {WhoAmI(), options.reason}));
  }
  return PutList(context, std::move(list));
}

StatusOr<int> RunShow(Context& context, const ListOptions& options) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  if (options.name.empty()) {
    KENAL_TRY_ASSIGN(const std::vector<ListInfo> lists, store.curator->Lists());
    return PutLists(context, lists);
  }
  KENAL_TRY_ASSIGN(ListInfo list, store.curator->GetList(options.name));
  return PutList(context, std::move(list));
}

StatusOr<int> RunEnable(Context& context, const ListOptions& options,
                        bool enabled) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(ListInfo list, store.curator->GetList(options.name));
  if (list.policy.enabled != enabled) {
    ListPolicy policy = list.policy;
    policy.enabled = enabled;
    KENAL_TRY_ASSIGN(list,
                     store.curator->SetListPolicy(options.name, policy,
                                                  {WhoAmI(), options.reason}));
  }
  return PutList(context, std::move(list));
}

void AddReason(CLI::App* command, ListOptions& options) {
  command
      ->add_option("--reason", options.reason, "Why; goes into the change log")
      ->type_name("TEXT");
}

void AddCreate(CLI::App& list, Context& context,
               const std::shared_ptr<ListOptions>& options) {
  CLI::App* command = list.add_subcommand("create", "Make a list");
  command->add_option("NAME", options->name, "Letters, digits and . _ -")
      ->required();
  command
      ->add_option("--purpose", options->purpose,
                   "child-abuse, own-decisions, known-benign or test")
      ->required()
      ->type_name("PURPOSE");
  AddPolicyOptions(*command, options->policy);
  AddReason(command, *options);
  command->footer(
      R"(What a list is for decides what its matches mean: only child-abuse
makes the verdicts EXACT and NEAR, and test lists make TEST. Entries of
own-decisions lists can overrule entries that are near by mistake: see
kenal ingest --overrules.

Example:
  kenal list create hotline --purpose child-abuse --action-label report
  kenal list create own --purpose own-decisions --action-label allow)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunCreate(context, *options); };
  });
}

void AddSet(CLI::App& list, Context& context,
            const std::shared_ptr<ListOptions>& options) {
  CLI::App* command =
      list.add_subcommand("set", "Change how a list is matched");
  command->add_option("NAME", options->name, "The list")->required();
  AddPolicyOptions(*command, options->policy);
  AddReason(command, *options);
  command->footer(R"(What is not given stays as it is.

Example:
  kenal list set hotline --review-radius 50 --reason "photographs only"
  kenal list set vendor --shadow on --share 10 --expires 2027-06-30)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunSet(context, *options); };
  });
}

void AddShow(CLI::App& list, Context& context,
             const std::shared_ptr<ListOptions>& options) {
  CLI::App* command = list.add_subcommand("show", "Show one list, or all");
  command->add_option("NAME", options->name, "All lists when not given");
  command->footer(R"(Example:
  kenal list show
  kenal --json list show hotline)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunShow(context, *options); };
  });
}

void AddSwitch(CLI::App& list, Context& context,
               const std::shared_ptr<ListOptions>& options, bool enabled) {
  CLI::App* command = list.add_subcommand(
      enabled ? "enable" : "disable",
      enabled ? "Match against a list again"
              : "Stop matching against a list; its entries are kept");
  command->add_option("NAME", options->name, "The list")->required();
  AddReason(command, *options);
  command->footer(enabled
                      ? "Example:\n  kenal list enable hotline"
                      : R"(Answers name the list in lists_skipped from then on.

Example:
  kenal list disable hotline --reason "source under review")");
  command->callback([&context, options, enabled] {
    context.run = [&context, options, enabled] {
      return RunEnable(context, *options, enabled);
    };
  });
}

}  // namespace

void AddList(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "list", "Create, show, change, compare, merge and export lists");
  command->require_subcommand(1);
  command->footer(R"(Example:
  kenal list create demo --purpose test
  kenal list show)");
  const auto options = std::make_shared<ListOptions>();
  AddCreate(*command, context, options);
  AddSet(*command, context, options);
  AddShow(*command, context, options);
  AddSwitch(*command, context, options, true);
  AddSwitch(*command, context, options, false);
  AddListStats(*command, context);
  AddListDiff(*command, context);
  AddListMerge(*command, context);
  AddListExport(*command, context);
}

}  // namespace kenal::cli
