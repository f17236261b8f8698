#include <CLI/CLI.hpp>
#include <memory>

#include "src/base/clock.h"
#include "src/exchange/report_json.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

struct ListOptions {
  std::string name;
  std::string purpose;
  int radius_bits = kDefaultRadius.bits;
  std::string reason = "kenal list";
};

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
                    {list.policy.enabled ? "yes" : "no"},
                    {std::to_string(list.policy.pdq_radius.bits)},
                    {Count(list.counts.active)},
                    {Count(list.counts.disputed)},
                    {Count(list.counts.withdrawn)},
                    {base::FormatUtc(list.created_unix_ms)}});
  }
  KENAL_TRY(PutTable(context.console,
                     {{.heading = "LIST", .shrinks = true},
                      {.heading = "PURPOSE"},
                      {.heading = "ENABLED"},
                      {.heading = "RADIUS", .right = true},
                      {.heading = "ACTIVE", .right = true},
                      {.heading = "DISPUTED", .right = true},
                      {.heading = "WITHDRAWN", .right = true},
                      {.heading = "CREATED"}},
                     rows));
  return kExitDone;
}

StatusOr<int> RunCreate(Context& context, const ListOptions& options) {
  KENAL_TRY_ASSIGN(const Purpose purpose, ParsePurpose(options.purpose));
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  const ListPolicy policy{.pdq_radius = Radius{options.radius_bits}};
  KENAL_TRY_ASSIGN(ListInfo list,
                   store.curator->CreateList(options.name, purpose, policy,
                                             {WhoAmI(), options.reason}));
  return PutLists(context, {std::move(list)});
}

StatusOr<int> RunShow(Context& context, const ListOptions& options) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  if (options.name.empty()) {
    KENAL_TRY_ASSIGN(const std::vector<ListInfo> lists, store.curator->Lists());
    return PutLists(context, lists);
  }
  KENAL_TRY_ASSIGN(ListInfo list, store.curator->GetList(options.name));
  return PutLists(context, {std::move(list)});
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
  return PutLists(context, {std::move(list)});
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
  command
      ->add_option("--radius", options->radius_bits,
                   "A picture is near an entry at this many bits of PDQ or\n"
                   "fewer (0 to 63; 31 when not given)")
      ->type_name("N")
      ->check(CLI::Range(0, kRadiusBitsMax).description(""));
  AddReason(command, *options);
  command->footer(
      R"(What a list is for decides what its matches mean: only child-abuse
makes the verdicts EXACT and NEAR, and test lists make TEST.

Example:
  kenal list create hotline --purpose child-abuse)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunCreate(context, *options); };
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
  CLI::App* command =
      app.add_subcommand("list", "Create, show, enable and disable lists");
  command->require_subcommand(1);
  command->footer(R"(Example:
  kenal list create demo --purpose test
  kenal list show)");
  const auto options = std::make_shared<ListOptions>();
  AddCreate(*command, context, options);
  AddShow(*command, context, options);
  AddSwitch(*command, context, options, true);
  AddSwitch(*command, context, options, false);
}

}  // namespace kenal::cli
