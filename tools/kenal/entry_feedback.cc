#include "tools/kenal/entry_feedback.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "src/exchange/json_writer.h"
#include "src/formats/drafts.h"
#include "src/formats/ncmec.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

struct Options {
  std::string list;
  std::string id;
  std::string signal;
  std::string reason_id;
  bool affirm = false;
};

StatusOr<int> RunFeedback(Context& context, const Options& options) {
  if (options.affirm == !options.reason_id.empty()) {
    return InvalidArgument("give either --affirm or --reason-id GUID");
  }
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const EntrySummary entry,
                   store.curator->GetEntry(options.list, options.id));
  const auto record = formats::MemberAndIdOf(entry.source_id);
  if (!record.ok()) {
    return FailedPrecondition("entry " + WordForMessage(options.id) + ": " +
                              std::string(record.status().message()));
  }
  KENAL_TRY_ASSIGN(
      const formats::NcmecFeedback feedback,
      formats::MakeNcmecFeedback(*record, {.affirms = options.affirm,
                                           .signal = options.signal,
                                           .reason_id = options.reason_id}));
  if (!context.json) {
    KENAL_TRY(context.console.Put("PUT " + feedback.path));
    KENAL_TRY(context.console.Put(""));
    KENAL_TRY(context.console.Put(feedback.body));
    return kExitDone;
  }
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("method", "PUT")
      .Field("path", feedback.path)
      .Field("body", feedback.body)
      .EndObject();
  KENAL_TRY(context.console.Put(json.Finish()));
  return kExitDone;
}

}  // namespace

void AddEntryFeedback(CLI::App& entry, Context& context) {
  CLI::App* command = entry.add_subcommand(
      "feedback", "Make the vote on an entry that its NCMEC feed takes");
  const auto options = std::make_shared<Options>();
  command->add_option("--list", options->list, "The list that it is on")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("ID", options->id,
                   "The number that match prints, or source: and the "
                   "source's own id")
      ->required();
  command
      ->add_option("--signal", options->signal,
                   "The fingerprint that the vote is on: MD5, SHA1, PDNA,\n"
                   "PDQ, NETCLEAN, VIDENTIFIER, TMK_PDQF, ...")
      ->required()
      ->type_name("TYPE");
  command->add_flag("--affirm", options->affirm, "The entry is right");
  command
      ->add_option("--reason-id", options->reason_id,
                   "It is wrong: the reason, as the service names it")
      ->type_name("GUID");
  command->footer(
      R"(Prints the request; sending it is for whoever holds the account.
Whether an entry is right is for a person to say.

Example:
  kenal entry feedback --list ncmec source:42/img-1 --signal PDQ --affirm)");
  command->callback([&context, options] {
    context.run = [&context, options] {
      return RunFeedback(context, *options);
    };
  });
}

}  // namespace kenal::cli
