#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "src/exchange/json_writer.h"
#include "src/formats/drafts.h"
#include "src/formats/format.h"
#include "tools/kenal/entries.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/list_commands.h"
#include "tools/kenal/list_file.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

using formats::WriteReport;

struct Options {
  std::string list;
  std::string format = "kenal";
  std::string output;
  std::string mapping;
  std::string version;
  std::string region;
  std::string unknown_kind;
  bool overwrite = false;
  bool every_state = false;
};

struct Counts {
  uint64_t not_matched = 0;  // withdrawn and quarantined ones, left out
  uint64_t overruling = 0;   // what they overrule no format tells
  uint64_t labelled = 0;
};

std::string JsonOf(const Options& options, const Counts& counts,
                   const WriteReport& report) {
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("list", options.list)
      .Field("format", options.format)
      .BytesField("output", options.output)
      .Field("written", report.written)
      .Field("not_matched_left_out", counts.not_matched);
  WriteLeftOut(report, json);
  json.EndObject();
  return json.Finish();
}

StatusOr<std::unique_ptr<formats::Writer>> OpenOutput(const Options& options) {
  KENAL_TRY_ASSIGN(const formats::Format format,
                   formats::ParseFormat(options.format));
  if (!formats::InfoOf(format).writes) {
    return InvalidArgument("--format " + options.format +
                           ": is read and not written; see kenal convert "
                           "--formats");
  }
  formats::WriteOptions writing;
  writing.heading.version = options.version;
  writing.heading.region = options.region;
  writing.overwrite = options.overwrite;
  writing.mapping = options.mapping;
  if (options.unknown_kind == "image") {
    writing.unknown_kind = formats::MediaKind::kImage;
  }
  if (options.unknown_kind == "video") {
    writing.unknown_kind = formats::MediaKind::kVideo;
  }
  StatusOr<std::unique_ptr<formats::Writer>> writer =
      formats::OpenWriter(format, options.output, writing);
  if (!writer.ok()) return HowToReplace(writer.status());
  return writer;
}

Status WriteEntry(const Options& options, const ListedEntry& entry,
                  formats::Writer& writer, Counts& counts) {
  if (!IsMatched(entry.summary.state) && !options.every_state) {
    ++counts.not_matched;
    return OkStatus();
  }
  if (entry.summary.overrules) ++counts.overruling;
  if (!entry.summary.near_action_label.empty()) ++counts.labelled;
  formats::Item item;
  KENAL_TRY_ASSIGN(item.record, formats::RecordOf(entry));
  return writer.Write(item);
}

StatusOr<int> RunExport(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY(store.curator->GetList(options.list).status());
  KENAL_TRY_ASSIGN(const std::unique_ptr<formats::Writer> writer,
                   OpenOutput(options));
  Counts counts;
  KENAL_TRY(ForEachEntry(context, *store.curator, options.list, true, "export",
                         [&](ListedEntry& entry) {
                           return WriteEntry(options, entry, *writer, counts);
                         }));
  KENAL_TRY(writer->Finish());
  WriteReport report = writer->report();
  if (counts.overruling > 0) {
    report.fields_left_out["what it overrules"] = counts.overruling;
  }
  if (counts.labelled > 0) {
    report.fields_left_out["label of its own"] = counts.labelled;
  }
  if (counts.not_matched > 0) {
    context.console.Note(Count(counts.not_matched) +
                         " entries that are not matched are left out; "
                         "--every-state writes them");
  }
  SayLeftOut(context.console, options.format, "entries", report);
  const bool to_output = options.output == "-";
  const std::string text = (to_output ? "standard output" : options.output) +
                           ": " + Count(report.written) + " written";
  if (to_output) {
    context.console.Note(text);
  } else {
    KENAL_TRY(context.console.Put(context.json ? JsonOf(options, counts, report)
                                               : text));
  }
  return ExitCodeOf(!report.records_left_out.empty(), false);
}

}  // namespace

void AddListExport(CLI::App& list, Context& context) {
  CLI::App* command = list.add_subcommand(
      "export", "Write the entries of a list into a file, with their hashes");
  const auto options = std::make_shared<Options>();
  command->add_option("NAME", options->list, "The list")->required();
  command
      ->add_option("OUTPUT", options->output,
                   "Where it goes; - is standard output (not for\ndatabases)")
      ->required();
  const auto text = [&](const char* flag, std::string& value, const char* type,
                        const char* help) {
    return command->add_option(flag, value, help)->type_name(type);
  };
  text(
      "--format", options->format, "FORMAT",
      "A format that kenal convert --formats names (kenal, which\nkeeps most)");
  text("--mapping", options->mapping, "FILE",
       "csv: the columns to write (docs/formats.md)");
  text("--version", options->version, "VERSION",
       "vics: 1.1, 1.2, 1.3 or 2.0 (2.0)");
  text("--region", options->region, "REGION",
       "vics 2.0: whose categories they are (CUSTOM)");
  text("--unknown-kind", options->unknown_kind, "KIND",
       "ncmec: what entries are that do not say it")
      ->check(CLI::IsMember({"image", "video"}));
  command->add_flag("--every-state", options->every_state,
                    "Withdrawn and quarantined entries too: withdrawn ones\n"
                    "as tombstones, where the format has such");
  command->add_flag("--overwrite", options->overwrite,
                    "Replace OUTPUT when it is there");
  command->footer(
      R"(What the format has no place for is counted and said. Lists hold
hashes, which are secrets: OUTPUT has mode 0600, appears when it is whole,
and a server gives hashes to the role export alone.

Example:
  kenal list export hotline hotline.jsonl
  kenal list export police --format vics --version 1.3 police.json
  kenal list export hotline --format pytx - | wc -l)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunExport(context, *options); };
  });
}

}  // namespace kenal::cli
