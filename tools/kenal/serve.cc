#include "src/service/server.h"

#include <semaphore.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>

#include "kenal/engine.h"
#include "src/base/check.h"
#include "src/exchange/json_writer.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"

namespace kenal::cli {
namespace {

// What was accepted is answered within this, or ended.
constexpr std::chrono::seconds kGrace{10};

struct Options {
  std::vector<std::string> listen;
  bool plaintext_beyond_loopback = false;
  int workers = 0;
};

// Counts SIGTERM and SIGINT from its making on, in whichever thread they come,
// so that Wait can return; before that they end the process, as a second
// signal does after Wait has returned.
class StopSignals {
 public:
  StopSignals() {
    KENAL_CHECK(sem_init(&came_, 0, 0) == 0);
    struct sigaction action {};
    action.sa_handler = [](int) { sem_post(&came_); };
    action.sa_flags = SA_RESTART;
    Set(action);
  }
  void Wait() const {
    while (sem_wait(&came_) != 0) KENAL_CHECK(errno == EINTR);
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    Set(action);
  }

 private:
  static void Set(const struct sigaction& action) {
    KENAL_CHECK(sigaction(SIGTERM, &action, nullptr) == 0);
    KENAL_CHECK(sigaction(SIGINT, &action, nullptr) == 0);
  }

  static sem_t came_;  // A handler reaches nothing else.
};
sem_t StopSignals::came_;

Status PutReady(Context& context, const std::vector<std::string>& addresses,
                const std::string& folder) {
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject().Field("ready", true).Key("addresses").BeginArray();
    for (const std::string& address : addresses) json.Text(address);
    json.EndArray().BytesField("data", folder).EndObject();
    return context.console.PutNow(json.Finish());
  }
  std::string text = "serving " + folder + " at";
  for (const std::string& address : addresses) text += " " + address;
  return context.console.PutNow(text);
}

StatusOr<int> RunServe(Context& context, const Options& options) {
  KENAL_TRY_ASSIGN(const std::string folder, context.DataFolder("serve"));
  KENAL_TRY_ASSIGN(const auto engine, Engine::Open(folder, context.Notice()));
  KENAL_TRY_ASSIGN(const auto hasher,
                   Hasher::Start({.worker_count = options.workers}));
  service::ServerOptions how{
      .listen = options.listen,
      .plaintext_beyond_loopback = options.plaintext_beyond_loopback};
  if (how.listen.empty()) {
    // Absolute, because others ask from other folders.
    const auto socket = std::filesystem::absolute(folder) / "kenal.sock";
    how.listen = {"unix:" + socket.lexically_normal().string()};
  }
  // Opening a large store takes a while; until here Ctrl-C ends it at once.
  const StopSignals signals;
  KENAL_TRY_ASSIGN(const auto server,
                   service::Server::Start(*engine, *engine, *hasher, how));
  KENAL_TRY(engine->AnnounceServer(server->address()));
  KENAL_TRY(PutReady(context, server->addresses(), folder));
  signals.Wait();
  context.console.Note("stopping; what was asked is still answered");
  server->Shutdown(kGrace);
  KENAL_TRY(engine->AnnounceServer(""));
  return kExitDone;
}

}  // namespace

void AddServe(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("serve", "Serve the store over gRPC");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("--listen", options->listen,
                   "unix:PATH, 127.0.0.1:PORT or [::1]:PORT; port 0 takes a\n"
                   "free one (unix:DIR/kenal.sock when not given)")
      ->type_name("ADDR");
  command->add_flag("--plaintext-beyond-loopback",
                    options->plaintext_beyond_loopback,
                    "Allow other addresses; whoever reaches them can\nread "
                    "every request and change every list");
  command
      ->add_option("--workers", options->workers,
                   "Pictures decoded at once (one a core when not given)")
      ->type_name("N")
      ->check(CLI::Range(0, kWorkersMax).description(""));
  command->footer(
      R"(Prints one line when it is ready and runs until SIGTERM or SIGINT
(Ctrl-C), then answers what it has accepted and ends with exit code 0.

Example:
  kenal --data /srv/kenal serve
  kenal --data /srv/kenal serve --listen 127.0.0.1:7117)");
  command->callback([&context, options] {
    context.run = [&context, options] { return RunServe(context, *options); };
  });
}

}  // namespace kenal::cli
