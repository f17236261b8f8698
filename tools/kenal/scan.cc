#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/custody/key.h"
#include "src/custody/reports.h"
#include "src/exchange/json_writer.h"
#include "src/findings/reader.h"
#include "src/report/report.h"
#include "src/scan/run_folder.h"
#include "src/scan/scan.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/harden.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/scan_options.h"
#include "tools/kenal/scan_verify.h"
#include "tools/kenal/scan_view.h"

namespace kenal::cli {
namespace {

namespace fs = std::filesystem;
using findings::Findings;

constexpr const char* kReportsFolder = "reports";

StatusOr<std::set<report::ReportKind>> KindsOf(
    const std::vector<std::string>& names) {
  std::set<report::ReportKind> kinds;
  for (const std::string& name : names) {
    KENAL_TRY_ASSIGN(const report::ReportKind kind,
                     report::ParseReportKind(name));
    kinds.insert(kind);
  }
  return kinds;
}

// Errors: kResourceExhausted, kUnavailable, when one could not be written; the
// others are there.
Status WriteReports(Context& context, Findings& findings,
                    const report::ReportOptions& options) {
  KENAL_TRY_ASSIGN(const report::Written written,
                   report::WriteReports(
                       findings, options,
                       [&](std::string_view name, size_t before, size_t of) {
                         if (!context.console.error_is_terminal()) return;
                         context.console.ShowLive(
                             "report " + std::to_string(before + 1) + "/" +
                             std::to_string(of) + "  " + std::string(name));
                       }));
  context.console.ShowLive("");
  for (const report::FailedFile& failed : written.failed) {
    context.console.Say(
        options.out + "/" + failed.name +
        ": was not written: " + std::string(failed.status.message()));
  }
  return written.failed.empty() ? OkStatus() : written.failed.front().status;
}

StatusOr<custody::Key> LoadKey(const std::string& given,
                               std::span<const findings::Exhibit> exhibits) {
  const fs::path path = given.empty() ? DefaultKeyPath() : given;
  std::error_code error;
  // One that is there is only read.
  if (!fs::exists(path, error)) {
    KENAL_TRY(scan::CheckIsNoEvidence(path.string(), exhibits));
  }
  if (!given.empty()) return custody::Key::LoadOrMake(given);
  fs::create_directories(path.parent_path(), error);
  if (error) {
    return Unavailable(path.parent_path().string() + ": cannot be made: " +
                       error.message() + "; give --key FILE");
  }
  return custody::Key::LoadOrMake(path.string());
}

// Whatever could not be looked at, though it is there to be looked at, and
// pictures that could not be checked.
uint64_t Missed(const findings::Totals& totals) {
  const auto unavailable = totals.verdicts.find(Verdict::kUnavailable);
  uint64_t missed =
      unavailable == totals.verdicts.end() ? 0 : unavailable->second.places;
  for (const auto& [key, amount] : totals.coverage) {
    const bool is_meant = key.second == findings::reason::kSpecial ||
                          key.second == findings::reason::kNotOpened ||
                          key.second == findings::reason::kNotReached ||
                          key.second == findings::reason::kNotSampled;
    if (key.first == findings::Coverage::kNotExamined && !is_meant) {
      missed += amount.places;
    }
  }
  return missed;
}

Status PutEnd(Context& context, const Findings& findings,
              const scan::ScanResult& result, const std::string& head,
              const std::string& folder) {
  const findings::Totals& totals = findings.totals();
  if (!context.json) {
    KENAL_TRY(PutScanSummary(context.console, findings));
    KENAL_TRY(context.console.Put("Reports: " + folder + "/" + kReportsFolder));
    if (head.empty()) return OkStatus();
    return context.console.Put("For the notebook, head of the custody log: " +
                               head);
  }
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("event", "done")
      .Field("ending", findings::EndingName(findings.run().ending))
      .Field("was_complete", result.was_complete)
      .Field("places", totals.all.places)
      .Field("bytes", totals.all.bytes)
      .Field("hit_places", totals.hit_places)
      .Field("hit_contents", totals.hit_contents)
      .Field("contents", totals.contents)
      .Field("pictures", totals.pictures)
      .Field("flat", totals.flat)
      .Field("missed", Missed(totals))
      .Field("pictures_decoded", result.progress.decoded);
  json.Key("seconds").Real(result.progress.seconds);
  json.Field("reports", folder + "/" + kReportsFolder)
      .Field("custody_head", head)
      .EndObject();
  return context.console.Put(json.Finish());
}

StatusOr<int> FinishScan(Context& context, const ScanFlags& flags,
                         const report::ReportOptions& reports,
                         scan::ScanResult& result) {
  if (result.run.ending == findings::Ending::kInterrupted) {
    KENAL_TRY(result.log->Sync());
    context.console.Say(
        "interrupted; what was found is kept in " + flags.out +
        ", and the same command goes on from there (`kenal scan report` makes "
        "reports of what there is)");
    return kExitSomeFailed;
  }
  KENAL_TRY_ASSIGN(const auto findings, Findings::Open(flags.out));
  std::string head;
  if (result.log != nullptr) {
    KENAL_TRY(WriteReports(context, *findings, reports));
    KENAL_TRY_ASSIGN(const auto files, custody::DigestReports(reports.out));
    KENAL_TRY(result.log->Close(files));
    head = result.log->head();
  } else {
    context.console.Note("this scan was finished before; nothing was done");
  }
  KENAL_TRY(PutEnd(context, *findings, result, head, flags.out));
  const findings::Totals& totals = findings->totals();
  return ExitCodeOf(Missed(totals) > 0,
                    flags.fail_on_match && totals.hit_places > 0);
}

StatusOr<int> RunScan(Context& context, const ScanFlags& flags) {
  KENAL_TRY_ASSIGN(const scan::ScanOptions options,
                   ScanOptionsOf(flags, context));
  report::ReportOptions reports{.out = flags.out + "/" + kReportsFolder,
                                .link_exif = flags.link_exif,
                                .include_pdq = flags.include_pdq};
  KENAL_TRY_ASSIGN(reports.kinds, KindsOf(flags.reports));
  HardenProcess();
  context.asks_many = true;
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const auto hasher,
                   Hasher::Start({.worker_count = flags.workers}));
  KENAL_TRY_ASSIGN(
      const auto opener,
      container::Opener::Start({.program = container::FindOpener()}));
  KENAL_TRY_ASSIGN(const custody::Key key,
                   LoadKey(flags.key, options.exhibits));
  const Interrupt interrupt;
  ScanView view(context.console, context.json);
  auto result = scan::RunScan(options,
                              {.matcher = *store.matcher,
                               .curator = *store.curator,
                               .hasher = *hasher,
                               .opener = *opener,
                               .key = key},
                              view, interrupt.token());
  context.console.ShowLive("");
  if (!result.ok()) return result.status();
  return FinishScan(context, flags, reports, *result);
}

struct ReportFlags {
  std::string folder;
  std::string to;
  std::vector<std::string> kinds;
  bool include_pdq = false;
  bool link_exif = false;
};

StatusOr<int> RunReport(Context& context, const ReportFlags& flags) {
  KENAL_TRY_ASSIGN(const auto findings, Findings::Open(flags.folder));
  KENAL_TRY(scan::CheckIsNoEvidence(flags.to, findings->exhibits()));
  report::ReportOptions options{.out = flags.to,
                                .link_exif = flags.link_exif,
                                .include_pdq = flags.include_pdq};
  KENAL_TRY_ASSIGN(options.kinds, KindsOf(flags.kinds));
  KENAL_TRY(WriteReports(context, *findings, options));
  if (context.json) return kExitDone;
  KENAL_TRY(PutScanSummary(context.console, *findings));
  KENAL_TRY(context.console.Put("Reports: " + flags.to));
  return kExitDone;
}

void AddScanReport(CLI::App& scan, Context& context) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App* command = scan.add_subcommand(
      "report", "Write reports of a scan again, or of one that still runs");
  command->add_option("FOLDER", flags->folder, "The results of a scan")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--to", flags->to,
                   "Where they go; those that the custody log names stay")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--reports", flags->kinds,
                   "Which (all): jsonl, csv, vics, case, stacks, graphml, html")
      ->type_name("KIND")
      ->delimiter(',');
  command->add_flag("--include-pdq", flags->include_pdq,
                    "PDQ of the evidence's pictures in report.jsonl");
  command->add_flag("--link-exif", flags->link_exif,
                    "Link exhibits by cameras, if the scan read their serials");
  command->footer(R"(Needs no store.

Example:
  kenal scan report results --to again --reports html,csv)");
  command->callback([&context, flags] {
    context.run = [&context, flags] { return RunReport(context, *flags); };
  });
}

}  // namespace

void AddScan(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "scan", "Scan drives, disk images and folders for what is known");
  const auto flags = std::make_shared<ScanFlags>();
  AddScanFlags(*command, *flags);
  command->require_subcommand(0, 1);
  AddScanReport(*command, context);
  AddScanVerify(*command, context);
  command->footer(
      R"(Every file is read once and compared by MD5, SHA-1, SHA-256 and, when
it is a picture, by PDQ in its turns and mirrors. Archives, disk images and
caches of thumbnails are looked into. Evidence is opened read-only and its
access times stay; nothing is ever written there, and no picture is kept.

A hit is a candidate for a person to look at. NO_KNOWN_MATCH and a report
without hits do not say that a drive is harmless: read its coverage table.

In DIR: findings.journal (for going on), custody.jsonl (who, when, what,
hash-chained and signed; `kenal scan verify DIR` checks it) and reports/.

Exit codes: 0 done; 1 something could not be examined (encrypted, damaged,
unreadable), or the scan was interrupted; 2 to 5 as always; with
--fail-on-match 10 and 11.

Example:
  kenal --data lists scan --out results --case 2026-117 \
      --authority "District Court 4" --examiner "A. Example" \
      laptop=/mnt/laptop phone=phone.E01
  kenal scan verify results)");
  command->callback([&context, flags, command] {
    if (!command->get_subcommands().empty()) return;
    context.run = [&context, flags] { return RunScan(context, *flags); };
  });
}

}  // namespace kenal::cli
