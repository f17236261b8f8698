#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/scheduling.h"
#include "src/exchange/json_writer.h"
#include "src/exchange/time_text.h"
#include "src/feed/checkpoint.h"
#include "src/feed/http.h"
#include "src/feed/sync.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/progress.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

using feed::SyncReport;

// Whoever serves on this machine comes first.
constexpr int kNiceness = 10;
constexpr int64_t kMsPerDay = int64_t{24} * 3600 * 1000;
constexpr const char* kCredentialsVariable = "KENAL_FEED_CREDENTIALS";

struct Options {
  std::string list;
  std::string feed;
  std::string url;
  std::string credentials;
  std::string state;
  std::string from;
  std::string to;
  int64_t window_days = 0;
  std::string source;
  std::string reason = "kenal sync";
  std::string authorities;
  int quiet_seconds_max = feed::kQuietSecondsMax;
  bool send_in_the_clear = false;
  bool dry_run = false;
};

StatusOr<feed::Credentials> FindCredentials(const Options& options) {
  if (!options.credentials.empty()) {
    return feed::ReadCredentials(options.credentials);
  }
  const char* text = std::getenv(kCredentialsVariable);
  if (text == nullptr) {
    return InvalidArgument(std::string("give --credentials FILE, or set ") +
                           kCredentialsVariable + " to what it would hold");
  }
  return feed::ParseCredentials(text, kCredentialsVariable);
}

StatusOr<std::optional<int64_t>> TimeOption(const char* flag,
                                            const std::string& text) {
  if (text.empty()) return std::optional<int64_t>();
  const StatusOr<int64_t> time = exchange::ParseTime(text);
  if (!time.ok()) {
    return InvalidArgument(std::string(flag) + ": " +
                           std::string(time.status().message()));
  }
  return std::optional<int64_t>(*time);
}

// Waits, and ends at once when asked to stop.
bool WaitFor(int64_t seconds, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::seconds(seconds),
                 [] { return false; });
  return !stop.stop_requested();
}

std::string JsonOf(const Options& options, const SyncReport& report) {
  const ImportReport& entries = report.entries;
  exchange::JsonWriter json;
  json.BeginObject()
      .Field("list", options.list)
      .Field("feed", options.feed)
      .Field("dry_run", options.dry_run)
      .Field("complete", report.complete)
      .Field("from", base::FormatUtc(report.range.from_unix_ms))
      .Field("to", base::FormatUtc(report.range.to_unix_ms))
      .Field("ranges", report.ranges)
      .Field("pages", report.pages)
      .Field("bytes", report.bytes)
      .Field("read", entries.read)
      .Field("tombstones", report.tombstones)
      .Field("refused", entries.refused);
  if (!options.dry_run) {
    json.Field("added", entries.added)
        .Field("replaced", entries.replaced)
        .Field("unchanged", entries.unchanged)
        .Field("withdrawn", entries.withdrawn)
        .Field("kept_withdrawn", entries.kept_withdrawn)
        .Field("not_there", entries.not_there)
        .Field("sequence", entries.sequence.value);
  }
  json.Key("refusals").BeginArray();
  for (const feed::PageRefusal& each : report.refusals) {
    json.BeginObject()
        .Field("page", each.page)
        .Field("position", each.refusal.position)
        .Field("error", each.refusal.why)
        .EndObject();
  }
  json.EndArray();
  if (report.checkpoint_unix_ms) {
    json.Field("checkpoint", base::FormatUtc(*report.checkpoint_unix_ms));
  }
  json.EndObject();
  return json.Finish();
}

std::string TextOf(const Options& options, const SyncReport& report) {
  const ImportReport& entries = report.entries;
  std::string text = "list " + options.list + ": " + Count(report.pages) +
                     (report.pages == 1 ? " page, " : " pages, ") +
                     Count(entries.read) + " read, ";
  if (options.dry_run) {
    return text + Count(report.tombstones) + " of them taken back, " +
           Count(entries.refused) + " refused; nothing was changed";
  }
  text += Count(entries.added) + " added, " + Count(entries.replaced) +
          " replaced, " + Count(entries.unchanged) + " there already, " +
          Count(entries.withdrawn) + " withdrawn, " +
          Count(entries.kept_withdrawn) + " withdrawn earlier and kept so, " +
          Count(entries.not_there) + " taken back and not there, " +
          Count(entries.refused) + " refused";
  if (report.checkpoint_unix_ms) {
    text += "; up to " + base::FormatUtc(*report.checkpoint_unix_ms);
  }
  return text;
}

void SayRefusals(Console& console, const Options& options,
                 const SyncReport& report) {
  const char* unit = options.feed == "ncmec" ? ", line " : ", record ";
  for (const feed::PageRefusal& each : report.refusals) {
    console.Say("page " + std::to_string(each.page) + unit +
                std::to_string(each.refusal.position) +
                " is refused: " + each.refusal.why);
  }
  if (report.entries.refused > report.refusals.size()) {
    console.Say(Count(report.entries.refused - report.refusals.size()) +
                " more are refused");
  }
}

// What a sync that ended early has left behind.
Status CutShort(const Status& status, const SyncReport& report) {
  const std::string message(status.message());
  if (report.pages == 0) return status;
  return Status(
      status.code(),
      message + "; " + Count(report.pages) +
          (report.pages == 1 ? " page before it is" : " pages before it are") +
          " in the list, and " +
          (report.checkpoint_unix_ms
               ? "the checkpoint is " +
                     base::FormatUtc(*report.checkpoint_unix_ms)
               : "there is no checkpoint yet") +
          ": running it again goes on from there");
}

StatusOr<feed::SyncOptions> SyncOptionsOf(const Options& options) {
  feed::SyncOptions out{
      .list = options.list,
      .source = options.source.empty() ? options.feed : options.source,
      .by = {WhoAmI(), options.reason},
      .window_ms = options.window_days * kMsPerDay,
      .dry_run = options.dry_run};
  KENAL_TRY_ASSIGN(out.from_unix_ms, TimeOption("--from", options.from));
  KENAL_TRY_ASSIGN(out.to_unix_ms, TimeOption("--to", options.to));
  return out;
}

StatusOr<int> Report(Context& context, const Options& options,
                     const Status& status, const SyncReport& report,
                     const Progress& progress) {
  if (status.ok() || report.pages > 0) {
    SayRefusals(context.console, options, report);
    KENAL_TRY(context.console.Put(context.json ? JsonOf(options, report)
                                               : TextOf(options, report)));
  }
  if (!status.ok()) {
    return options.dry_run ? status : CutShort(status, report);
  }
  if (!context.json) progress.NoteElapsed(report.entries.read);
  return ExitCodeOf(report.entries.refused > 0, false);
}

StatusOr<int> RunSync(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const feed::FeedKind kind,
                   feed::ParseFeedKind(options.feed));
  StatusOr<feed::Address> address =
      feed::ParseAddress(options.url, options.send_in_the_clear);
  if (!address.ok()) {
    return InvalidArgument("--url: " + std::string(address.status().message()));
  }
  KENAL_TRY_ASSIGN(const feed::Feed feed, feed::Feed::Make(kind, *address));
  KENAL_TRY_ASSIGN(const feed::SyncOptions syncing, SyncOptionsOf(options));
  KENAL_TRY_ASSIGN(const feed::Credentials credentials,
                   FindCredentials(options));
  const Interrupt interrupt;
  KENAL_TRY_ASSIGN(
      const auto transport,
      feed::MakeHttp({.authorities = options.authorities,
                      .quiet_seconds_max = options.quiet_seconds_max,
                      .user_agent = "kenal/" KENAL_VERSION},
                     interrupt.token()));
  KENAL_TRY_ASSIGN(feed::CheckpointFile file,
                   feed::CheckpointFile::Open(options.state));
  base::LowerPriority(kNiceness);
  KENAL_TRY_ASSIGN(const Store store, context.OpenStore());
  Progress progress(context.console, "sync", "entries", std::nullopt);
  const feed::Notice notice = [&](const std::string& text) {
    context.console.Note(text);
  };
  feed::Fetcher fetcher(
      *transport,
      [&](int64_t seconds) { return WaitFor(seconds, interrupt.token()); },
      [&](const std::string& text) { notice("the feed: " + text); });
  SyncReport report;
  const feed::SyncWatch watch{
      .progress =
          [&](const SyncReport& now) { progress.Update(now.entries.read); },
      .notice = notice,
      .stop = interrupt.token()};
  const Status status = feed::RunSync(feed, credentials, syncing, watch,
                                      *store.curator, fetcher, file, report);
  return Report(context, options, status, report, progress);
}

void AddOptions(CLI::App& command, Options& options) {
  const auto text = [&](const char* flag, auto& value, const char* type,
                        const char* help) {
    return command.add_option(flag, value, help)->type_name(type);
  };
  text("--list", options.list, "NAME", "The list that follows the feed")
      ->required();
  text("--feed", options.feed, "KIND", "ncmec or threatexchange")->required();
  text("--url", options.url, "URL",
       "ncmec: of an environment, such as\n"
       "https://hashsharing.ncmec.org/npo; threatexchange: of a\n"
       "privacy group's updates, ending with\n/GROUP/threat_updates")
      ->required();
  text("--credentials", options.credentials, "FILE",
       "File of mode 0600 with `user = ...` and\n`password = ...` (ncmec) or "
       "`token = ...`\n(threatexchange); else KENAL_FEED_CREDENTIALS");
  text("--state", options.state, "FILE",
       "Where the checkpoint is kept; one file for each list\nand feed")
      ->required();
  text("--from", options.from, "TIME",
       "Begin here, such as 2026-01-31, instead of at the\ncheckpoint");
  text("--to", options.to, "TIME", "End here (now when not given)");
  text("--window", options.window_days, "DAYS",
       "Read at most so many days in one go, and keep a\ncheckpoint after "
       "each: for the first sync of a long\nfeed")
      ->check(CLI::Range(1, 36'600));
  text("--source", options.source, "TEXT",
       "On whose word the entries are there (KIND when not\ngiven)");
  text("--reason", options.reason, "TEXT", "Why; goes into the change log");
  text("--ca", options.authorities, "FILE", "Trust these authorities too, PEM");
  text("--timeout", options.quiet_seconds_max, "SECONDS",
       "Give a page up that brings nothing for so long (60)")
      ->check(CLI::Range(1, 3600));
  command.add_flag("--send-in-the-clear", options.send_in_the_clear,
                   "Allow http:// to other machines: credentials and hashes\n"
                   "are sent unprotected");
  command.add_flag("--dry-run", options.dry_run,
                   "Fetch and read the pages, and change nothing");
}

}  // namespace

void AddSync(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "sync", "Bring a list up to what a feed over the network says");
  const auto options = std::make_shared<Options>();
  AddOptions(*command, *options);
  command->footer(
      R"(Pages are applied in order, each durable before the next is fetched;
entries that the feed takes back are retracted. The checkpoint is stored
when all of a range is in the list, so a sync that was interrupted is simply
run again. Ctrl-C ends it after the page at hand.

Example:
  kenal list create industry --purpose child-abuse
  kenal sync --list industry --feed ncmec --source "NCMEC industry" \
      --url https://hashsharing.ncmec.org/npo \
      --credentials ncmec.credentials --state ncmec.checkpoint)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunSync(context, *options); };
  });
}

}  // namespace kenal::cli
