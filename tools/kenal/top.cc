#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "src/client/connection.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/interrupt.h"
#include "tools/kenal/top_frame.h"

namespace kenal::cli {
namespace {

struct Options {
  double interval_s = 2;
  bool once = false;
};

// The other screen, without a cursor; and back.
constexpr const char* kEnter = "\x1B[?1049h\x1B[?25l\x1B[H\x1B[2J";
constexpr const char* kLeave = "\x1B[?25h\x1B[?1049l";

bool MayPassBy(StatusCode code) {
  return code == StatusCode::kUnavailable ||
         code == StatusCode::kResourceExhausted ||
         code == StatusCode::kDeadlineExceeded;
}

std::string MessageOf(const Status& status) {
  return std::string(status.message());
}

// A server that may come and go.
class Source {
 public:
  explicit Source(Context& context) : context_(context) {}

  StatusOr<operate::Page> Read() {
    if (server_ == nullptr) {
      KENAL_TRY_ASSIGN(server_, context_.Connect("top"));
    }
    const StatusOr<std::string> text = server_->Metrics();
    if (text.status().code() == StatusCode::kPermissionDenied) {
      return absl::PermissionDeniedError(
          "top needs the role audit or admin; `kenal whoami` tells yours");
    }
    // Made anew, for certificates may have been renewed, and at once.
    if (absl::IsUnavailable(text.status())) server_ = nullptr;
    KENAL_TRY(text.status());
    return operate::ParsePrometheusText(*text);
  }

 private:
  Context& context_;
  std::unique_ptr<client::Connection> server_;
};

// Shows frames in place of each other; gives the terminal back when it goes
// away, or when `stop` is asked for, whatever is waited for then.
class Screen {
 public:
  Screen(Console& console, std::stop_token stop)
      : console_(console), leave_(std::move(stop), [this] { Leave(); }) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!left_) WriteNow(kEnter);
  }
  ~Screen() { Leave(); }

  Status Show(const TopView& view) {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    const size_t columns = known && size.ws_col > 0 ? size.ws_col : 80;
    const size_t rows = known && size.ws_row > 1 ? size.ws_row : 24;
    std::string text = "\x1B[H";
    // The last row stays free for the end of line that follows.
    for (const std::string& line : TopFrame(view, columns, rows - 1)) {
      if (text.size() > 3) text += '\n';
      text += line + "\x1B[K";
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    return left_ ? OkStatus() : console_.PutNow(text + "\x1B[J");
  }

 private:
  void Leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!left_) WriteNow(kLeave);
    left_ = true;
  }
  // A terminal that is gone is told of by the next line.
  static void WriteNow(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
      if (written <= 0) return;
      text.remove_prefix(static_cast<size_t>(written));
    }
  }

  Console& console_;
  std::mutex mutex_;
  bool left_ = false;
  std::stop_callback<std::function<void()>> leave_;
};

Status PutPlain(Context& context, const TopView& view) {
  if (context.json) {
    return view.now ? context.console.PutNow(TopJson(view)) : OkStatus();
  }
  for (const std::string& line : TopFrame(view, context.console.columns(), 0)) {
    KENAL_TRY(context.console.Put(line));
  }
  return context.console.PutNow("");
}

StatusOr<int> RunOnce(Context& context, Source& source, TopView view) {
  KENAL_TRY_ASSIGN(view.now, source.Read());
  if (context.json) {
    KENAL_TRY(context.console.Put(TopJson(view)));
    return kExitDone;
  }
  for (const std::string& line : TopFrame(view, context.console.columns(), 0)) {
    KENAL_TRY(context.console.Put(line));
  }
  return kExitDone;
}

// Reads the next page into `view`.
// Errors: what will not pass by.
Status Poll(Source& source, TopView& view) {
  StatusOr<operate::Page> page = source.Read();
  if (page.ok()) {
    view.before = std::exchange(view.now, std::move(*page));
    view.trouble.clear();
    return OkStatus();
  }
  if (!MayPassBy(page.status().code())) return page.status();
  view.trouble = "trying again: " + MessageOf(page.status());
  view.now.reset();
  return OkStatus();
}

bool CanRedraw(const Context& context) {
  const char* terminal = std::getenv("TERM");
  return context.console.output_is_terminal() && !context.json &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

StatusOr<int> RunLive(Context& context, const Options& options, Source& source,
                      TopView view) {
  const Interrupt interrupt;
  const std::stop_token stop = interrupt.token();
  std::mutex mutex;
  std::condition_variable_any woken;
  std::string said;
  std::optional<Screen> screen;
  while (true) {
    KENAL_TRY(Poll(source, view));
    if (stop.stop_requested()) break;
    if (CanRedraw(context)) {
      if (!screen.has_value()) screen.emplace(context.console, stop);
      KENAL_TRY(screen->Show(view));
    } else if (view.now.has_value()) {
      KENAL_TRY(PutPlain(context, view));
    } else if (view.trouble != said) {
      context.console.Say(view.trouble);
    }
    said = view.trouble;
    std::unique_lock<std::mutex> lock(mutex);
    woken.wait_for(lock, stop,
                   std::chrono::duration<double>(options.interval_s),
                   [] { return false; });
    if (stop.stop_requested()) break;
  }
  return kExitDone;
}

StatusOr<int> RunTop(Context& context, const Options& options) {
  Source source(context);
  const char* usual = std::getenv("KENAL_SERVER");
  TopView view;
  view.server =
      context.server.empty() && usual != nullptr ? usual : context.server;
  return options.once ? RunOnce(context, source, std::move(view))
                      : RunLive(context, options, source, std::move(view));
}

}  // namespace

void AddTop(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("top", "Show what a server is doing, live");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("--interval", options->interval_s,
                   "How often to ask, 0.1 to 3600")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_flag("--once", options->once,
                    "Print totals since the server's start, and end");
  command->footer(
      R"(Rates since the last time it asked: requests, items, verdicts, refusals
and queues, how long each stage took (half of all within P50, 99 of 100 within
P99), and each list's hits, entries and last change. The first frame has
totals. Ctrl-C ends it; a server that is away is asked again until it is back.
It needs the role audit or admin.

With --json, or when the output is no terminal, one frame follows the other.

Example:
  kenal --server unix:/srv/kenal/kenal.sock top
  kenal --server kenal.example:7443 --tls pki/auditor top --once --json)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunTop(context, *options); };
  });
}

}  // namespace kenal::cli
