#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/exchange/json_writer.h"
#include "src/formats/format.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/list_file.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

using formats::Format;
using formats::Heading;
using formats::Item;
using formats::MediaKind;
using formats::Reader;
using formats::Writer;
using formats::WriteReport;

constexpr uint64_t kRefusalsSaid = 1000;
constexpr std::string_view kStandard = "-";

struct Options {
  std::string from;
  std::string to;
  std::string input;
  std::string output;
  std::string mapping;
  std::string to_mapping;
  std::string value_type;
  std::string to_version;
  std::string to_region;
  std::string unknown_kind;
  bool overwrite = false;
};

struct Counts {
  uint64_t read = 0;     // records, refused ones too
  uint64_t refused = 0;  // each was said
  uint64_t groups = 0;
};

std::string NameOf(const std::string& path, const char* standard) {
  return path == kStandard ? standard : path;
}

// The shape of what was read is kept where the formats are alike.
Heading HeadingFor(const Options& options, Format from, Format to,
                   const Heading& read) {
  Heading heading;
  if (from == to || to == Format::kKenal || from == Format::kKenal) {
    heading = read;
  }
  heading.has_groups = read.has_groups;
  if (!options.to_version.empty()) {
    heading.version = options.to_version;
    // A region is of version 2.0 alone.
    if (options.to_version != "2.0") heading.region.clear();
  }
  if (!options.to_region.empty()) heading.region = options.to_region;
  return heading;
}

void SayRefusal(Context& context, const Options& options, const Item& item,
                uint64_t refused) {
  if (refused <= kRefusalsSaid) {
    context.console.Say(NameOf(options.input, "standard input") + ": " +
                        formats::PositionText(item.position) +
                        " is refused: " + item.why);
  } else if (refused == kRefusalsSaid + 1) {
    context.console.Say("more records are refused; they are counted");
  }
}

StatusOr<Counts> Copy(Context& context, const Options& options, Reader& reader,
                      Writer& writer) {
  const Interrupt interrupt;
  Progress progress(context.console, "convert", "records", std::nullopt);
  const std::optional<uint64_t> size_bytes = reader.size_bytes();
  Counts counts;
  Item item;
  while (true) {
    const StatusOr<bool> more = reader.Next(item);
    if (!more.ok()) return OfTheFile(more.status());
    if (!*more) return counts;
    if (interrupt.token().stop_requested()) {
      return absl::CancelledError("stopped; nothing was written");
    }
    if (item.kind == Item::Kind::kGroup) ++counts.groups;
    if (item.kind == Item::Kind::kRecord || item.kind == Item::Kind::kRefused) {
      ++counts.read;
    }
    if (item.kind == Item::Kind::kRefused) {
      SayRefusal(context, options, item, ++counts.refused);
    }
    KENAL_TRY(writer.Write(item));
    std::optional<double> fraction;
    if (size_bytes.value_or(0) > 0) {
      fraction = static_cast<double>(reader.consumed_bytes()) /
                 static_cast<double>(*size_bytes);
    }
    progress.Update(counts.read, fraction);
  }
}

std::string JsonOf(const Options& options, const Counts& counts,
                   const WriteReport& report) {
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("from", options.from)
      .Field("to", options.to)
      .BytesField("output", options.output)
      .Field("read", counts.read)
      .Field("written", report.written)
      .Field("refused", counts.refused);
  WriteLeftOut(report, json);
  json.EndObject();
  return json.Finish();
}

Status PutReport(Context& context, const Options& options, const Counts& counts,
                 const WriteReport& report) {
  SayLeftOut(context.console, options.to, "records", report);
  const std::string text = NameOf(options.output, "standard output") + ": " +
                           Count(counts.read) + " read, " +
                           Count(report.written) + " written, " +
                           Count(counts.refused) + " refused";
  if (options.output == kStandard) {
    context.console.Note(text);
    return OkStatus();
  }
  return context.console.Put(context.json ? JsonOf(options, counts, report)
                                          : text);
}

StatusOr<int> RunConvert(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Format from, formats::ParseFormat(options.from));
  KENAL_TRY_ASSIGN(const Format to, formats::ParseFormat(options.to));
  if (!formats::InfoOf(to).writes) {
    return InvalidArgument("--to " + options.to +
                           ": is read and not written; see kenal convert "
                           "--formats");
  }
  formats::ReadOptions reading;
  reading.converting = true;
  reading.mapping = options.mapping;
  reading.value_type = options.value_type;
  const StatusOr<std::unique_ptr<Reader>> opened =
      formats::OpenReader(from, options.input, reading);
  if (!opened.ok()) return OfTheFile(opened.status());
  Reader& reader = **opened;
  formats::WriteOptions writing;
  writing.heading = HeadingFor(options, from, to, reader.heading());
  writing.overwrite = options.overwrite;
  writing.mapping = options.to_mapping;
  if (options.unknown_kind == "image") writing.unknown_kind = MediaKind::kImage;
  if (options.unknown_kind == "video") writing.unknown_kind = MediaKind::kVideo;
  const StatusOr<std::unique_ptr<Writer>> made =
      formats::OpenWriter(to, options.output, writing);
  if (!made.ok()) return HowToReplace(made.status());
  Writer& writer = **made;
  KENAL_TRY_ASSIGN(const Counts counts, Copy(context, options, reader, writer));
  KENAL_TRY(writer.Finish());
  const WriteReport& report = writer.report();
  KENAL_TRY(PutReport(context, options, counts, report));
  return ExitCodeOf(counts.refused > 0 || !report.records_left_out.empty(),
                    false);
}

StatusOr<int> ShowFormats(Context& context) {
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginArray();
    for (const formats::FormatInfo& info : formats::Formats()) {
      json.BeginObject().Field("name", std::string(info.name));
      json.Field("title", std::string(info.title)).Field("reads", true);
      json.Field("writes", info.writes).EndObject();
    }
    json.EndArray();
    KENAL_TRY(context.console.Put(json.Finish()));
    return kExitDone;
  }
  std::vector<std::vector<Cell>> rows;
  for (const formats::FormatInfo& info : formats::Formats()) {
    rows.push_back({{std::string(info.name)},
                    {info.writes ? "yes" : "no"},
                    {std::string(info.title)}});
  }
  KENAL_TRY(PutTable(
      context.console,
      {{.heading = "FORMAT"}, {.heading = "WRITTEN"}, {.heading = "WHAT"}},
      rows));
  return kExitDone;
}

}  // namespace

void AddConvert(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "convert", "Turn a list file of one format into another; needs no store");
  const auto options = std::make_shared<Options>();
  const auto text = [&](const char* flag, std::string& value, const char* type,
                        const char* help) {
    return command->add_option(flag, value, help)->type_name(type);
  };
  const auto show_formats = std::make_shared<bool>(false);
  CLI::Option* formats = command->add_flag(
      "--formats", *show_formats, "Show the formats there are, and end");
  text("--from", options->from, "FORMAT", "The format of INPUT");
  text("--to", options->to, "FORMAT", "The format of OUTPUT");
  command->add_option("INPUT", options->input,
                      "The file; - is standard input (not for\ndatabases)");
  command->add_option(
      "OUTPUT", options->output,
      "Where it goes; - is standard output (not for\ndatabases)");
  text("--mapping", options->mapping, "FILE",
       "csv: what the columns of INPUT mean (docs/formats.md)");
  text("--to-mapping", options->to_mapping, "FILE",
       "csv: the columns of OUTPUT");
  text("--value-type", options->value_type, "TYPE",
       "pytx: the type of values that stand alone")
      ->check(CLI::IsMember({"pdq", "md5", "sha1", "sha256"}));
  text("--to-version", options->to_version, "VERSION",
       "vics: 1.1, 1.2, 1.3 or 2.0 (that of INPUT, else 2.0)");
  text("--to-region", options->to_region, "REGION",
       "vics 2.0: whose categories they are (CUSTOM)");
  text("--unknown-kind", options->unknown_kind, "KIND",
       "ncmec: what records are that do not say it; without\nit they are left "
       "out")
      ->check(CLI::IsMember({"image", "video"}));
  command->add_flag("--overwrite", options->overwrite,
                    "Replace OUTPUT when it is there");
  command->footer(
      R"(What OUTPUT's format has no place for is counted and said, never
dropped in silence; `--to kenal` keeps everything. Bad records are refused
one by one with their position, and the rest is written (exit code 1).
OUTPUT appears when it is whole. Lists hold hashes, which are secrets: it
has mode 0600.

Example:
  kenal convert --formats
  kenal convert --from vics --to kenal case.json case.jsonl
  kenal convert --from vics --to vics --to-version 2.0 old.json new.json
  kenal convert --from csv --mapping columns.json --to ncmec \
      --unknown-kind image hashes.csv hashes.xml)");
  command->callback([&context, options, show_formats, formats] {
    context.run = [&context, options, show_formats]() -> StatusOr<int> {
      if (*show_formats) return ShowFormats(context);
      for (const auto& [flag, value] : {std::pair{"--from", &options->from},
                                        {"--to", &options->to},
                                        {"INPUT", &options->input},
                                        {"OUTPUT", &options->output}}) {
        if (value->empty()) {
          return InvalidArgument(std::string(flag) +
                                 " is required; see kenal convert --help");
        }
      }
      return RunConvert(context, *options);
    };
  });
}

}  // namespace kenal::cli
