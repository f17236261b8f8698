#include "src/exchange/query_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "src/exchange/lines.h"
#include "tools/kenal/answers.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/progress.h"

namespace kenal::cli {
namespace {

using exchange::HashLine;

// A bad line becomes a signal set that failed: it is answered UNAVAILABLE, in
// its place, by the same rules as a picture that cannot be read.
HashLine BadLine(const std::string& why) {
  HashLine line;
  line.signals.pdq_failure = {
      std::string(exchange::kBadLineCode),
      why + "; write TYPE HEX [QUALITY], or pass a line of kenal hash --json"};
  return line;
}

// nullopt: the line asks nothing.
std::optional<HashLine> Understand(const exchange::Line& line) {
  if (line.too_long) {
    return BadLine("is longer than " +
                   std::to_string(exchange::kQueryLineBytesMax) + " bytes");
  }
  StatusOr<std::optional<HashLine>> parsed =
      exchange::ParseQueryLine(line.text);
  if (parsed.ok()) return *std::move(parsed);
  return BadLine(std::string(parsed.status().message()));
}

StatusOr<int> RunQuery(Context& context, const AskFlags& flags) {
  KENAL_TRY_ASSIGN(const AskOptions how, OptionsOf(flags));
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  if (isatty(STDIN_FILENO) == 1) {
    context.console.Note(
        "waiting for lines of TYPE HEX [QUALITY], such as `md5 HEX`; Ctrl-D "
        "ends");
  }
  exchange::LineReader reader(STDIN_FILENO, "standard input",
                              exchange::kQueryLineBytesMax);
  constexpr size_t kUsualNameWidth = 24;  // Names are not known beforehand.
  Asker asker(context, *store.matcher, how, kUsualNameWidth);
  Progress progress(context.console, "query", "lines", std::nullopt);
  while (true) {
    // Whoever wrote a line gets its answer before we wait for the next.
    if (!reader.HasBufferedLine()) KENAL_TRY(asker.Flush());
    KENAL_TRY_ASSIGN(const std::optional<exchange::Line> line, reader.Next());
    if (!line) return asker.Finish();
    std::optional<HashLine> asked = Understand(*line);
    if (!asked) continue;
    exchange::Input input{.path = std::move(asked->path),
                          .line = line->number,
                          .failure = asked->signals.pdq_failure};
    KENAL_TRY(asker.Add(std::move(input), std::move(asked->signals)));
    progress.Update(asker.answered());
  }
}

}  // namespace

void AddQuery(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("query", "Ask about hashes on standard input");
  const auto flags = std::make_shared<AskFlags>();
  AddAskOptions(*command, context, *flags, "line");
  command->footer(
      R"(A line is TYPE HEX [QUALITY], with a TYPE of pdq, md5, sha1 or
sha256, or a JSON line of `kenal hash --json`. Blank lines and # comments are
passed over. A line that cannot be read is named on stderr and answered
UNAVAILABLE. Only what a line holds is compared: for more than the whole
picture, give `kenal hash` the same --effort.

Example:
  md5sum upload.jpg | sed 's/ .*//; s/^/md5 /' | kenal query
  kenal hash --json --dihedral upload.jpg | kenal query --json)");
  command->callback([&context, flags] {
    context.run = [&context, flags] { return RunQuery(context, *flags); };
  });
}

}  // namespace kenal::cli
