#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "src/exchange/text.h"
#include "tools/kenal/calibrate_copies.h"
#include "tools/kenal/calibrate_pairs.h"
#include "tools/kenal/calibrate_pictures.h"
#include "tools/kenal/calibrate_report.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kCopiesDefault = 200;

struct Options {
  std::string folder;
  uint64_t sample = 0;
  uint64_t copies = kCopiesDefault;
  std::string effort{EffortName(Effort::kNormal)};
  std::string same;
  std::string plot;
  std::string out;
  int workers = 0;
};

constexpr const char* kJsonFile = "calibration.json";
constexpr const char* kPairsFile = "pairs.jsonl";
constexpr const char* kPlotFile = "calibration.svg";

int WorkersOf(const Options& options) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(options.workers > 0 ? options.workers : cores, 1,
                    kWorkersMax);
}

// Before an hour of work rather than after it.
Status CheckOutputs(const Options& options) {
  if (!options.plot.empty() && !options.plot.ends_with(".svg")) {
    return InvalidArgument(
        "--plot writes an SVG; give it a name that ends in .svg");
  }
  if (options.out.empty()) return OkStatus();
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) {
    return Unavailable(exchange::ForDisplay(options.out) +
                       ": cannot be made: " + error.message());
  }
  if (!options.same.empty() &&
      fs::equivalent(options.same, fs::path(options.out) / kPairsFile, error)) {
    return InvalidArgument(
        "--out would overwrite the file of --same; keep that one elsewhere");
  }
  return OkStatus();
}

StatusOr<Groups> GroupsOf(Context& context, const Options& options,
                          const CalibratedFolder& folder) {
  if (options.same.empty()) return EachItsOwn(folder.pictures.size());
  uint64_t unknown = 0;
  KENAL_TRY_ASSIGN(Groups groups,
                   ReadSame(options.same, folder.pictures, unknown));
  if (unknown > 0) {
    context.console.Say(exchange::ForDisplay(options.same) + ": " +
                        Count(unknown) +
                        " lines name a picture that is not among those "
                        "compared; names are as pairs.jsonl has them");
  }
  return groups;
}

StatusOr<PairFigures> Compare(Context& context, const Options& options,
                              const CalibratedFolder& folder,
                              const std::stop_token& stop) {
  if (folder.pictures.size() < 2) {
    return FailedPrecondition(
        exchange::ForDisplay(folder.folder) + ": holds " +
        std::to_string(folder.pictures.size()) +
        " different pictures with detail enough to compare (quality above "
        "49); at least 2 are needed, and some hundreds to say much");
  }
  KENAL_TRY_ASSIGN(const Groups groups, GroupsOf(context, options, folder));
  Progress progress(context.console, "compare", "pictures",
                    folder.pictures.size());
  return FindPairs(folder.pictures, groups, stop,
                   [&](size_t done) { progress.Update(done); });
}

CopyFigures Alter(Context& context, const Options& options,
                  const Calibration& calibration, const std::stop_token& stop) {
  const auto& pictures = calibration.folder.pictures;
  Progress progress(context.console, "alter", "pictures",
                    std::min<uint64_t>(options.copies, pictures.size()));
  return MeasureCopies(
      pictures, CopyHelperPath(),
      {.picture_count = options.copies,
       .effort = calibration.effort,
       .workers = WorkersOf(options)},
      stop, [&](size_t done) { progress.Update(done); },
      [&](const std::string& why) { context.console.Say(why); });
}

Status WriteFiles(const Options& options, const Calibration& calibration) {
  if (!options.plot.empty()) {
    KENAL_TRY(WriteWhole(options.plot, CalibrationSvg(calibration)));
  }
  if (options.out.empty()) return OkStatus();
  const fs::path out = options.out;
  KENAL_TRY(WriteWhole(out / kJsonFile, CalibrationJson(calibration) + "\n"));
  KENAL_TRY(WriteWhole(out / kPairsFile, PairLines(calibration)));
  return WriteWhole(out / kPlotFile, CalibrationSvg(calibration));
}

void Note(Context& context, const Calibration& calibration) {
  const CopyFigures& copies = calibration.copies;
  if (copies.unread_count > 0) {
    context.console.Note(
        Count(copies.unread_count) +
        " pictures are of a format that no copies are made of (they are made "
        "of JPEG, PNG and WebP)");
  }
  if (copies.interrupted) {
    context.console.Say(
        "interrupted; the altered copies are of fewer pictures than asked for");
  }
}

StatusOr<int> RunCalibrate(Context& context, const Options& options) {
  const Interrupt interrupt;
  const std::stop_token stop = interrupt.token();
  KENAL_TRY_ASSIGN(const Effort effort, ParseEffort(options.effort));
  KENAL_TRY(CheckOutputs(options));
  if (options.copies > 0) KENAL_TRY(CheckCopyHelper(CopyHelperPath()));
  Calibration calibration{.effort = effort, .has_marks = !options.same.empty()};
  KENAL_TRY_ASSIGN(calibration.folder,
                   HashFolder(context,
                              {.folder = options.folder,
                               .sample = options.sample,
                               .effort = effort,
                               .workers = WorkersOf(options)},
                              stop));
  KENAL_TRY_ASSIGN(calibration.pairs,
                   Compare(context, options, calibration.folder, stop));
  calibration.copies = Alter(context, options, calibration, stop);
  KENAL_TRY(WriteFiles(options, calibration));
  KENAL_TRY(context.json ? context.console.PutNow(CalibrationJson(calibration))
                         : PutCalibration(context.console, calibration));
  Note(context, calibration);
  const CopyFigures& copies = calibration.copies;
  return ExitCodeOf(calibration.folder.some_failed || copies.failed_count > 0 ||
                        copies.interrupted,
                    false);
}

void AddOptions(CLI::App& command, Options& options) {
  command.add_option("DIR", options.folder, "Folder of your own pictures")
      ->required();
  command
      .add_option("--sample", options.sample,
                  "Look at so many of the files, chosen by a fixed seed\n"
                  "(all when not given)")
      ->type_name("N")
      ->check(CLI::PositiveNumber.description(""));
  command
      .add_option("--copies", options.copies,
                  "Make altered copies of so many pictures (200 when not\n"
                  "given; 0: none)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber.description(""));
  AddEffortOption(command, options.effort);
  command
      .add_option("--same", options.same,
                  "Pairs that you call the same picture: the lines of\n"
                  "pairs.jsonl that you kept after looking")
      ->type_name("FILE");
  command
      .add_option("--plot", options.plot, "Draw the figures into this SVG file")
      ->type_name("OUT.svg");
  command
      .add_option("--out", options.out,
                  "Write calibration.json, pairs.jsonl and\n"
                  "calibration.svg into this folder")
      ->type_name("DIR");
  command
      .add_option("--workers", options.workers,
                  "Pictures decoded at once (one a core when not given)")
      ->type_name("N")
      ->check(CLI::Range(0, kWorkersMax).description(""));
}

}  // namespace

void AddCalibrate(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "calibrate",
      "Measure false matches and missed copies on your own pictures");
  const auto options = std::make_shared<Options>();
  AddOptions(*command, *options);
  command->footer(
      R"(Use pictures that you know to be harmless, like those that you will ask
about. It needs no store, sends nothing, and keeps nothing of a picture.

Each picture is asked of a list of all others: what it meets is a false match,
unless the two are the same picture in truth. Look at the pairs: write them
with --out, delete the lines of pairs that differ, and give what is left to
--same. None in N is not zero: "0 of 300, at most 0.99 %" is what so many
pictures can tell, for a list of that size. Then altered copies are made in
memory, and counted how many find their picture.

With --json one object. Ctrl-C while copies are made reports on those made;
before that it ends with nothing.

Example:
  kenal calibrate ~/Pictures --out calibration
  kenal calibrate ~/Pictures --same same.jsonl --sample 5000 --copies 0)");
  command->callback([&context, options] {
    context.run = [&context, options] {
      return RunCalibrate(context, *options);
    };
  });
}

}  // namespace kenal::cli
