#include <CLI/CLI.hpp>
#include <deque>
#include <memory>
#include <utility>

#include "src/base/clock.h"
#include "src/exchange/report_json.h"
#include "tools/kenal/content_keys.h"
#include "tools/kenal/entries.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/list_commands.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

constexpr size_t kPageEntries = 2000;

struct Options {
  std::string from;
  std::string into;
  bool dry_run = false;
  std::string reason = "kenal list merge";
  std::string reference;
};

// Entries of one list as drafts for another, but for those that it has.
class Merging {
 public:
  Merging(Curator& curator, const Options& options, const ContentIndex& there)
      : curator_(curator),
        options_(options),
        there_(there),
        import_id_("merge-" + base::FormatUtc(base::NowUnixMs())) {}

  StatusOr<std::optional<ImportItem>> Next() {
    while (true) {
      if (page_.empty()) {
        if (at_end_) return std::optional<ImportItem>();
        KENAL_TRY(ReadPage());
        continue;
      }
      ListedEntry entry = std::move(page_.front());
      page_.pop_front();
      if (!IsMatched(entry.summary.state)) {
        ++not_matched_;
      } else if (!there_.Find(ContentKeysOf(entry.secrets->signals)).empty()) {
        ++there_already_;
      } else {
        return std::optional(ItemOf(std::move(entry)));
      }
    }
  }

  uint64_t there_already() const { return there_already_; }
  uint64_t not_matched() const { return not_matched_; }

 private:
  Status ReadPage() {
    KENAL_TRY_ASSIGN(
        EntryPage page,
        curator_.ReadEntries(options_.from, serial_, kPageEntries, true));
    serial_ = page.last_serial;
    at_end_ = page.at_end;
    for (ListedEntry& entry : page.entries) page_.push_back(std::move(entry));
    return OkStatus();
  }

  ImportItem ItemOf(ListedEntry entry) const {
    ImportItem item;
    item.position = entry.summary.id.serial();
    item.state = entry.summary.state;
    EntryDraft& draft = item.draft;
    draft.source_id = options_.from + "/" + entry.summary.source_id;
    draft.signals = std::move(entry.secrets->signals);
    draft.details = std::move(entry.secrets->details);
    draft.classifications = std::move(entry.summary.classifications);
    draft.series = std::move(entry.summary.series);
    draft.flags = std::move(entry.summary.flags);
    draft.provenance = std::move(entry.summary.provenance);
    draft.provenance.import_id = import_id_;
    draft.opinions = std::move(entry.summary.opinions);
    draft.expires_unix_ms = entry.summary.expires_unix_ms;
    draft.overrules = std::move(entry.summary.overrules);
    return item;
  }

  Curator& curator_;
  const Options& options_;
  const ContentIndex& there_;
  const std::string import_id_;
  std::deque<ListedEntry> page_;
  uint64_t serial_ = 0;
  bool at_end_ = false;
  uint64_t there_already_ = 0;
  uint64_t not_matched_ = 0;
};

Status CheckPurposes(Curator& curator, const Options& options) {
  KENAL_TRY_ASSIGN(const ListInfo from, curator.GetList(options.from));
  KENAL_TRY_ASSIGN(const ListInfo into, curator.GetList(options.into));
  if (from.number == into.number) {
    return InvalidArgument("a list is not merged into itself");
  }
  if (from.purpose == into.purpose) return OkStatus();
  return FailedPrecondition("list " + from.name + " is of purpose " +
                            std::string(PurposeName(from.purpose)) + " and " +
                            into.name + " of " +
                            std::string(PurposeName(into.purpose)) +
                            "; only lists of one purpose are merged");
}

Status PutReport(Context& context, const Options& options,
                 const Merging& merging, const ImportReport& report) {
  for (const Refusal& refusal : report.refusals) {
    context.console.Say(options.from + "/" + std::to_string(refusal.position) +
                        " is refused: " + refusal.why);
  }
  if (context.json) {
    return context.console.Put(exchange::WriteMergeLine(
        options.from, options.into, report, merging.there_already(),
        merging.not_matched(), options.dry_run));
  }
  return context.console.Put(
      "list " + options.into + ": " + Count(report.added) + " added from " +
      options.from + ", " + Count(report.replaced) + " replaced, " +
      Count(merging.there_already() + report.unchanged) + " there already, " +
      Count(report.kept_withdrawn) + " withdrawn earlier and kept so, " +
      Count(merging.not_matched()) + " left out as withdrawn or quarantined, " +
      Count(report.refused) + " refused" +
      (options.dry_run ? "; a dry run, nothing was changed" : ""));
}

StatusOr<int> RunMerge(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  Curator& curator = *store.curator;
  KENAL_TRY(CheckPurposes(curator, options));
  ContentIndex there;
  KENAL_TRY(ForEachEntry(
      context, curator, options.into, true, "read", [&](ListedEntry& entry) {
        there.Add(entry.secrets->signals, entry.summary.id.serial());
        return OkStatus();
      }));
  there.Sort();
  Merging merging(curator, options, there);
  const ImportSource source = [&merging] { return merging.Next(); };
  const Authorship by{WhoAmI(), options.reason, options.reference};
  KENAL_TRY_ASSIGN(const ImportReport report,
                   options.dry_run
                       ? curator.RehearseImport(options.into, source, {}, by)
                       : curator.Import(options.into, source, {}, by));
  KENAL_TRY(PutReport(context, options, merging, report));
  return ExitCodeOf(report.refused > 0, false);
}

}  // namespace

void AddListMerge(CLI::App& list, Context& context) {
  CLI::App* command = list.add_subcommand(
      "merge", "Add what one list has and another has not to the other");
  const auto options = std::make_shared<Options>();
  command->add_option("FROM", options->from, "The list to read")->required();
  command->add_option("INTO", options->into, "The list to add to")->required();
  command->add_flag("--dry-run", options->dry_run,
                    "Say what would be added, and change nothing");
  command
      ->add_option("--reason", options->reason, "Why; goes into the change log")
      ->type_name("TEXT");
  command
      ->add_option("--reference", options->reference,
                   "A case or ticket; goes into the change log")
      ->type_name("TEXT");
  command->footer(
      R"(FROM stays as it is. Entries keep their provenance and get the source
id FROM/ID, so merging again adds nothing. What INTO has of the same content
(kenal list diff) is left out, whatever its state; so is what is withdrawn or
quarantined on FROM. Both lists must be of one purpose.

Example:
  kenal list merge vendor hotline --dry-run
  kenal list merge vendor hotline --reason "contract of May")");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunMerge(context, *options); };
  });
}

}  // namespace kenal::cli
