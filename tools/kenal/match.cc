#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "src/exchange/text.h"
#include "tools/kenal/answers.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/progress.h"

namespace kenal::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  AskFlags ask;
  bool second_opinion = false;
  int workers = 0;
};

size_t NameWidth(const std::vector<std::string>& names) {
  size_t width = 0;
  for (const std::string& name : names) {
    width = std::max(width, exchange::DisplayWidth(exchange::ForDisplay(name)));
  }
  return width;
}

// A file alone is waited for; a scan is not.
bool IsScan(const std::vector<std::string>& paths) {
  std::error_code error;
  return paths.size() > 1 || std::filesystem::is_directory(paths[0], error);
}

StatusOr<int> RunMatch(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const AskOptions how, OptionsOf(options.ask));
  const HashWork work{.views = QueryViews(how.match.effort),
                      .second_opinion = options.second_opinion};
  context.asks_many = IsScan(options.paths);
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  KENAL_TRY_ASSIGN(const auto hasher,
                   Hasher::Start({.worker_count = options.workers}));
  const engine::FoundFiles found = FindFilesAndSay(context, options.paths);
  const std::vector<std::string>& files = found.files;
  Asker asker(context, *store.matcher, how, NameWidth(files));
  if (!found.errors.empty()) asker.CountFailed();
  Progress progress(context.console, "match", "files", files.size());
  const auto ask = [&](size_t i, SignalSet&& signals) -> Status {
    exchange::Input input{.path = files[i], .failure = signals.pdq_failure};
    KENAL_TRY(asker.Add(std::move(input), std::move(signals)));
    progress.Update(i + 1);
    return OkStatus();
  };
  KENAL_TRY(engine::HashFiles(*hasher, files, work, ask));
  return asker.Finish();
}

}  // namespace

void AddMatch(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("match", "Ask whether pictures are known");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("PATH", options->paths,
                   "Picture files, and folders with all that is in them")
      ->required();
  AddAskOptions(*command, context, options->ask, "picture");
  command->add_flag("--second-opinion", options->second_opinion,
                    "Say of each near match whether a second, independent\n"
                    "hash agrees, where the list holds one; cost: several ms\n"
                    "for each part of a picture");
  command
      ->add_option("--workers", options->workers,
                   "Pictures decoded at once (one a core when not given)")
      ->type_name("N")
      ->check(CLI::Range(0, kWorkersMax).description(""));
  command->footer(R"(Verdicts:
  EXACT           the file is on a child-abuse list
  NEAR            the picture looks like one on a child-abuse list
  UNAVAILABLE     it could not be checked: look at stderr, ask again
  TEST            only test lists were hit
  NO_KNOWN_MATCH  none of these; that does not say that it is harmless
(review) after a verdict: beyond the list's radius, within its review radius;
a person should look. DISTANCE is the number of differing bits of PDQ. HOW
tells which part, turn or mirror of the picture meets the entry, then the
list's action label, and which own decision overruled the entry; `kenal
explain` tells more. A server keeps distances from callers of the role query.

Example:
  kenal match upload.jpg
  kenal --server unix:/srv/kenal/kenal.sock match --json uploads/)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunMatch(context, *options); };
  });
}

}  // namespace kenal::cli
