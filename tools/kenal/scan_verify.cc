#include "tools/kenal/scan_verify.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "src/custody/format.h"
#include "src/custody/verify.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

using custody::ReportCheck;
using custody::State;
using custody::Verification;

struct VerifyOptions {
  std::string folder;
  std::string key;
};

// Either a file or the key itself.
StatusOr<std::optional<custody::PublicKey>> ExpectedKey(
    const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::error_code ignored;
  if (std::filesystem::exists(text, ignored)) {
    return custody::PublicKey::Load(text);
  }
  auto key = custody::PublicKey::Parse(text);
  if (key.ok()) return *std::move(key);
  return InvalidArgument("--key " + WordForMessage(text) +
                         ": neither a file nor an Ed25519 public key in hex");
}

int ExitCodeFor(State state) {
  switch (state) {
    case State::kWhole:
      return kExitDone;
    case State::kOpen:
      return kExitSomeFailed;
    case State::kDamaged:
      return kExitRefused;
  }
  return kExitRefused;
}

std::string JsonOf(const Verification& found) {
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("state", custody::StateName(found.state))
      .Field("records", found.records)
      .Field("head", found.head)
      .Field("end_byte", found.end_byte);
  if (found.bad_record > 0) json.Field("bad_record", found.bad_record);
  json.Field("torn_bytes", found.torn_bytes)
      .Field("signature", custody::SignatureStateName(found.signature));
  if (found.key) {
    json.Field("public_key", found.key->ToHex())
        .Field("key_fingerprint", found.key->Fingerprint());
  }
  json.OptionalField("closed_at", found.closed_at)
      .Field("clock_went_back", found.clock_went_back);
  json.Key("reports").BeginArray();
  for (const ReportCheck& report : found.reports) {
    json.BeginObject()
        .BytesField("name", report.name)
        .Field("state", custody::ReportStateName(report.state))
        .EndObject();
  }
  json.EndArray().Key("problems").BeginArray();
  for (const std::string& problem : found.problems) json.Text(problem);
  return json.EndArray().EndObject().Finish();
}

std::string Headline(const Verification& found) {
  switch (found.state) {
    case State::kWhole:
      return "whole: nothing was altered since it was closed at " +
             found.closed_at;
    case State::kOpen:
      return "OPEN: the log has no closing record";
    case State::kDamaged:
      return "DAMAGED: this is not what was written";
  }
  return "";
}

Status PutText(Console& console, const Verification& found) {
  KENAL_TRY(console.Put(Headline(found)));
  KENAL_TRY(console.Put("  records    " + Count(found.records)));
  KENAL_TRY(console.Put("  head       " + found.head));
  if (found.key) {
    KENAL_TRY(console.Put("  key        " + found.key->Fingerprint()));
  }
  KENAL_TRY(console.Put("  signature  " +
                        std::string(SignatureStateName(found.signature))));
  if (found.clock_went_back) {
    KENAL_TRY(
        console.Put("  clock      went back during the run; order comes from "
                    "the numbers"));
  }
  if (found.reports.empty()) return OkStatus();
  std::vector<std::vector<Cell>> rows;
  for (const ReportCheck& report : found.reports) {
    const bool good = report.state == custody::ReportState::kSame;
    rows.push_back({{std::string(custody::ReportStateName(report.state)),
                     good ? Colour::kPlain : Colour::kRed},
                    {report.name}});
  }
  return PutTable(console, {{.heading = "STATE"}, {.heading = "REPORT"}}, rows);
}

StatusOr<int> RunScanVerify(Context& context, const VerifyOptions& options) {
  KENAL_TRY_ASSIGN(const std::optional<custody::PublicKey> expected,
                   ExpectedKey(options.key));
  const std::string base = options.folder + "/";
  KENAL_TRY_ASSIGN(
      const Verification found,
      custody::Verify(base + std::string(custody::kLogName), expected,
                      base + std::string(custody::kReportsName)));
  for (const std::string& problem : found.problems) {
    context.console.Say(problem);
  }
  KENAL_TRY(context.json ? context.console.Put(JsonOf(found))
                         : PutText(context.console, found));
  return ExitCodeFor(found.state);
}

}  // namespace

void AddScanVerify(CLI::App& scan, Context& context) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = scan.add_subcommand(
      "verify", "Check that a scan's log and reports are as they were left");
  command->add_option("FOLDER", options->folder, "The results of a scan")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--key", options->key,
                   "Who must have signed: a public key in a PEM file, or in "
                   "hex")
      ->type_name("PUB");
  command->footer(
      R"(Needs no store and no network, and changes nothing. Without --key,
compare the key or the head with what is in the notebook: a log can be made
anew.

Exit codes: 0 whole; 1 open (not finished, or its end was cut off); 3 damaged,
or signed by another key, or a report differs or is missing.

Example:
  kenal scan verify results/
  kenal scan verify results/ --key officer.pub)");
  command->callback([&context, options] {
    context.run = [&context, options] {
      return RunScanVerify(context, *options);
    };
  });
}

}  // namespace kenal::cli
