#include <CLI/CLI.hpp>
#include <memory>

#include "src/exchange/hash_json.h"
#include "src/exchange/text.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/words.h"

namespace kenal::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool dihedral = false;
  std::string effort{EffortName(MatchOptions{}.effort)};
  bool second_opinion = false;
  int workers = 0;
};

// Lines that `kenal query` and `kenal import` read: what is not a signal is a
// comment. To both each is a picture of its own, so parts are left out.
Status PutText(Console& console, const std::string& path,
               const SignalSet& signals, bool dihedral) {
  std::string heading = "# " + exchange::ForDisplay(path);
  if (signals.picture && signals.picture->width > 0) {
    heading += "  " + signals.picture->format + " " +
               std::to_string(signals.picture->width) + " x " +
               std::to_string(signals.picture->height);
  }
  if (signals.pdq_failure) heading += "  no pdq: " + signals.pdq_failure->code;
  KENAL_TRY(console.Put(heading));
  for (const PdqView& view : signals.pdq) {
    if (!kWholeViews.Contains(view.view)) continue;
    const std::string quality =
        view.quality ? " " + std::to_string(*view.quality) : "";
    const std::string about =
        view.view == View::kStored ? "" : std::string(ViewName(view.view));
    KENAL_TRY(console.Put("pdq " + view.hash.ToHex() + quality +
                          (about.empty() ? "" : "  # " + about)));
    if (!dihedral || !view.dihedral) continue;
    for (size_t i = 0; i < kVariantCount; ++i) {
      KENAL_TRY(console.Put("pdq " + (*view.dihedral)[i].ToHex() + quality +
                            "  # " + about + (about.empty() ? "" : " ") +
                            std::string(VariantName(static_cast<Variant>(i)))));
    }
  }
  if (signals.md5) KENAL_TRY(console.Put("md5 " + signals.md5->ToHex()));
  if (signals.sha1) KENAL_TRY(console.Put("sha1 " + signals.sha1->ToHex()));
  if (signals.sha256) {
    KENAL_TRY(console.Put("sha256 " + signals.sha256->ToHex()));
  }
  return OkStatus();
}

Status PutHashes(Context& context, const std::string& path, SignalSet&& signals,
                 bool dihedral) {
  if (signals.pdq_failure) {
    SayFailure(context.console, path, *signals.pdq_failure);
  } else if (signals.picture && signals.picture->damaged) {
    SayDamaged(context.console, path);
  }
  if (!context.json) {
    KENAL_TRY(PutText(context.console, path, signals, dihedral));
    return context.console.Flush();
  }
  const exchange::HashLine line{.path = path, .signals = std::move(signals)};
  return context.console.PutNow(exchange::WriteHashLine(line, dihedral));
}

StatusOr<int> RunHash(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const Effort effort, ParseEffort(options.effort));
  const HashWork work{.views = QueryViews(effort),
                      .second_opinion = options.second_opinion};
  KENAL_TRY_ASSIGN(const auto hasher,
                   Hasher::Start({.worker_count = options.workers}));
  const engine::FoundFiles found = FindFilesAndSay(context, options.paths);
  Progress progress(context.console, "hash", "files", found.files.size());
  bool failed = !found.errors.empty();
  const auto put = [&](size_t i, SignalSet&& signals) -> Status {
    failed = failed || signals.pdq_failure;
    KENAL_TRY(PutHashes(context, found.files[i], std::move(signals),
                        options.dihedral));
    progress.Update(i + 1);
    return OkStatus();
  };
  KENAL_TRY(engine::HashFiles(*hasher, found.files, work, put));
  return ExitCodeOf(failed, false);
}

}  // namespace

void AddHash(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "hash", "Print the hashes of pictures; needs no store");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("PATH", options->paths,
                   "Picture files, and folders with all that is in them")
      ->required();
  command->add_flag("--dihedral", options->dihedral,
                    "With the PDQ of all eight turns and mirrors");
  AddEffortOption(*command, options->effort);
  command->add_flag("--second-opinion", options->second_opinion,
                    "With a second, independent hash of each part, for lists\n"
                    "that hold one (in --json only); cost: several ms for\n"
                    "each part");
  command
      ->add_option("--workers", options->workers,
                   "Pictures decoded at once (one a core when not given)")
      ->type_name("N")
      ->check(CLI::Range(0, kWorkersMax).description(""));
  command->footer(
      R"(Prints PDQ with its quality (0 to 100), MD5, SHA-1 and SHA-256, in
lines that `kenal query` reads, each as a picture of its own. So these are of
the whole picture; its parts (what is left without borders, inner pictures)
are in --json, which is also what --effort is for.

Example:
  kenal hash kite.jpg
  kenal hash --json --dihedral kite.jpg | kenal query --json)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunHash(context, *options); };
  });
}

}  // namespace kenal::cli
