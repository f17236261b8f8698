#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <optional>

#include "src/base/clock.h"
#include "src/exchange/report_json.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

// What is not given stays as it is.
struct PolicyOptions {
  std::optional<int> radius_bits;
  std::optional<std::string> review_radius;  // bits or "none"
  std::optional<std::string> effort;
  std::optional<std::string> views;
  std::optional<std::string> second_opinion;  // "on" or "off"
};

struct ListOptions {
  std::string name;
  std::string purpose;
  PolicyOptions policy;
  std::string reason = "kenal list";
};

StatusOr<std::optional<Radius>> ParseReviewRadius(const std::string& text) {
  if (text == "none") return std::nullopt;
  Radius radius;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, radius.bits);
  if (read.ec != std::errc() || read.ptr != end ||
      radius.bits < kReviewRadiusBitsMin || radius.bits > kRadiusBitsMax) {
    return InvalidArgument("--review-radius takes " +
                           std::to_string(kReviewRadiusBitsMin) + " to " +
                           std::to_string(kRadiusBitsMax) + ", or none");
  }
  return radius;
}

StatusOr<ViewSet> ParseStoredViews(const std::string& names) {
  if (names.empty()) {
    return InvalidArgument(
        "--views takes names of views, separated by commas; for the whole "
        "picture alone give --views stored");
  }
  KENAL_TRY_ASSIGN(const ViewSet views, ParseViewSet(names));
  return views | kWholeViews;
}

StatusOr<ListPolicy> WithOptions(ListPolicy policy,
                                 const PolicyOptions& options) {
  if (options.radius_bits) policy.pdq_radius = Radius{*options.radius_bits};
  if (options.review_radius) {
    KENAL_TRY_ASSIGN(policy.review_radius,
                     ParseReviewRadius(*options.review_radius));
  }
  if (policy.review_radius && *policy.review_radius <= policy.pdq_radius) {
    return InvalidArgument(
        "the review radius must be larger than the radius, which is " +
        std::to_string(policy.pdq_radius.bits) +
        "; give --review-radius BITS or none");
  }
  if (options.effort) {
    KENAL_TRY_ASSIGN(policy.effort, ParseEffort(*options.effort));
  }
  if (options.views) {
    KENAL_TRY_ASSIGN(policy.stored_views, ParseStoredViews(*options.views));
  }
  if (options.second_opinion) {
    policy.second_opinion = *options.second_opinion == "on";
  }
  return policy;
}

// What a table of lists has no room for.
Status PutDetails(Console& console, const ListPolicy& policy) {
  KENAL_TRY(
      console.Put("  views           " + ViewSetName(policy.stored_views)));
  return console.Put(std::string("  second opinion  ") +
                     (policy.second_opinion ? "on" : "off"));
}

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
                    {list.policy.enabled ? "yes" : "no"},
                    {std::to_string(list.policy.pdq_radius.bits)},
                    {ReviewText(list.policy)},
                    {std::string(EffortName(list.policy.effort))},
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
                      {.heading = "REVIEW", .right = true},
                      {.heading = "EFFORT"},
                      {.heading = "ACTIVE", .right = true},
                      {.heading = "DISPUTED", .right = true},
                      {.heading = "WITHDRAWN", .right = true},
                      {.heading = "CREATED"}},
                     rows));
  return kExitDone;
}

StatusOr<int> PutList(Context& context, ListInfo list) {
  KENAL_TRY_ASSIGN(const int code, PutLists(context, {list}));
  if (!context.json) KENAL_TRY(PutDetails(context.console, list.policy));
  return code;
}

StatusOr<int> RunCreate(Context& context, const ListOptions& options) {
  KENAL_TRY_ASSIGN(const Purpose purpose, ParsePurpose(options.purpose));
  KENAL_TRY_ASSIGN(const ListPolicy policy,
                   WithOptions(ListPolicy{}, options.policy));
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(ListInfo list,
                   store.curator->CreateList(options.name, purpose, policy,
                                             {WhoAmI(), options.reason}));
  return PutList(context, std::move(list));
}

StatusOr<int> RunSet(Context& context, const ListOptions& options) {
  // Said before a store is opened, as far as it can be.
  if (options.policy.views) {
    KENAL_TRY(ParseStoredViews(*options.policy.views).status());
  }
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

// Also when it is empty, an option that is given is not left alone.
CLI::Option* AddText(CLI::App* command, const std::string& name,
                     std::optional<std::string>& value,
                     const std::string& description) {
  return command->add_option_function<std::string>(
      name, [&value](const std::string& text) { value = text; }, description);
}

void AddPolicy(CLI::App* command, PolicyOptions& options) {
  command
      ->add_option("--radius", options.radius_bits,
                   "A picture is near an entry at this many bits of PDQ or\n"
                   "fewer (0 to 63; 31 for a new list)")
      ->type_name("N")
      ->check(CLI::Range(0, kRadiusBitsMax).description(""));
  AddText(command, "--review-radius", options.review_radius,
          "Beyond the radius and up to this many bits (32 to 63) it\n"
          "is reported for review; or none, as for a new list.\n"
          "cost: searches of this list become 5 times slower at 40,\n"
          "26 times at 50, 108 times at 60")
      ->type_name("BITS|none");
  AddText(command, "--effort", options.effort,
          "The most that is tried to meet this list, whatever is\n"
          "asked for: fast, normal or thorough (for a new list)")
      ->type_name("EFFORT");
  AddText(command, "--views", options.views,
          "Parts of a picture that entries added from now on are\n"
          "found by, such as trimmed,central-95 (trimmed for a new\n"
          "list); the whole picture, stored and upright, always is.\n"
          "Of: trimmed, frame, frame-2, frame-3, frame-4,\n"
          "straightened, central-95, central-90, central-80, 1:1,\n"
          "4:5, 9:16, 16:9.\n"
          "cost: one index row for each part of an entry")
      ->type_name("NAMES");
  AddText(command, "--second-opinion", options.second_opinion,
          "Entries added from now on keep a second, independent\n"
          "hash: on or off (for a new list).\n"
          "cost: 72 bytes and several ms for each part of an entry")
      ->type_name("on|off")
      ->check(CLI::IsMember({"on", "off"}).description(""));
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
  AddPolicy(command, options->policy);
  AddReason(command, *options);
  command->footer(
      R"(What a list is for decides what its matches mean: only child-abuse
makes the verdicts EXACT and NEAR, and test lists make TEST.

Example:
  kenal list create hotline --purpose child-abuse
  kenal list create own --purpose own-decisions --review-radius 50)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunCreate(context, *options); };
  });
}

void AddSet(CLI::App& list, Context& context,
            const std::shared_ptr<ListOptions>& options) {
  CLI::App* command =
      list.add_subcommand("set", "Change how a list is matched");
  command->add_option("NAME", options->name, "The list")->required();
  AddPolicy(command, options->policy);
  AddReason(command, *options);
  command->footer(R"(What is not given stays as it is.

Example:
  kenal list set hotline --review-radius 50 --reason "photographs only")");
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
      "list", "Create, show, change, enable and disable lists");
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
}

}  // namespace kenal::cli
