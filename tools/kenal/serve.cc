#include <semaphore.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "kenal/engine.h"
#include "src/base/check.h"
#include "src/base/scheduling.h"
#include "src/exchange/json_writer.h"
#include "src/http/http_server.h"
#include "src/service/server.h"
#include "tools/kenal/commands.h"
#include "tools/kenal/exit_code.h"
#include "tools/kenal/harden.h"
#include "tools/kenal/serve_options.h"

namespace kenal::cli {
namespace {

// Counts SIGTERM and SIGINT from its making on, in whichever thread they come,
// so that Wait can return; before that they end the process, as a second
// signal does after Wait has returned. SIGHUP and SIGUSR1 are passed on
// meanwhile.
class StopSignals {
 public:
  StopSignals() {
    KENAL_CHECK(sem_init(&came_, 0, 0) == 0);
    struct sigaction action {};
    action.sa_handler = [](int number) {
      if (number == SIGHUP) {
        reload_ = true;
      } else if (number == SIGUSR1) {
        backup_ = true;
      } else {
        stop_ = true;
      }
      sem_post(&came_);
    };
    action.sa_flags = SA_RESTART;
    Set(action);
    KENAL_CHECK(sigaction(SIGHUP, &action, nullptr) == 0);
    KENAL_CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  }
  void Wait(const std::function<void()>& reload,
            const std::function<void()>& backup) const {
    while (!stop_) {
      while (sem_wait(&came_) != 0) KENAL_CHECK(errno == EINTR);
      if (reload_.exchange(false)) reload();
      if (backup_.exchange(false)) backup();
    }
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    Set(action);
  }

 private:
  static void Set(const struct sigaction& action) {
    KENAL_CHECK(sigaction(SIGTERM, &action, nullptr) == 0);
    KENAL_CHECK(sigaction(SIGINT, &action, nullptr) == 0);
  }

  // A handler reaches nothing else.
  static sem_t came_;
  static std::atomic<bool> stop_;
  static std::atomic<bool> reload_;
  static std::atomic<bool> backup_;
  static_assert(std::atomic<bool>::is_always_lock_free);
};
sem_t StopSignals::came_;
std::atomic<bool> StopSignals::stop_ = false;
std::atomic<bool> StopSignals::reload_ = false;
std::atomic<bool> StopSignals::backup_ = false;

// Runs `body` on a thread of that niceness, which threads and processes that
// it starts inherit.
template <typename Result>
Result AtLowPriority(int niceness, const std::function<Result()>& body) {
  std::optional<Result> result;
  std::thread([&] {
    base::LowerPriority(niceness);
    result.emplace(body());
  }).join();
  return *std::move(result);
}

Status PutReady(Context& context, const std::vector<std::string>& addresses,
                const std::vector<std::string>& http,
                const std::string& folder) {
  if (context.json) {
    exchange::JsonWriter json;
    json.BeginObject().Field("ready", true).Key("addresses").BeginArray();
    for (const std::string& address : addresses) json.Text(address);
    json.EndArray().Key("http").BeginArray();
    for (const std::string& address : http) json.Text(address);
    json.EndArray().BytesField("data", folder).EndObject();
    return context.console.PutNow(json.Finish());
  }
  std::string text = "serving " + folder + " at";
  for (const std::string& address : addresses) text += " " + address;
  if (!http.empty()) text += ", over HTTP at";
  for (const std::string& address : http) text += " " + address;
  return context.console.PutNow(text);
}

// Null without --http.
StatusOr<std::unique_ptr<http::HttpServer>> StartHttp(
    service::Server& server, const std::vector<std::string>& listen,
    const service::ServerOptions& how) {
  if (listen.empty()) return nullptr;
  http::HttpOptions options;
  options.listen = listen;
  options.tls = how.tls;
  options.insecure_plaintext_tcp = how.insecure_plaintext_tcp;
  options.on_reload = [&server](const Status& status) {
    const std::string why(status.message());
    const std::array<operate::RequestLog::Field, 1> fields = {{{"error", why}}};
    const auto said = std::span(fields).first(status.ok() ? 0 : 1);
    server.log().Event(
        status.ok() ? operate::LogLevel::kInfo : operate::LogLevel::kError,
        status.ok() ? "http certificate" : "http certificate refused", said);
  };
  return http::HttpServer::Start(server.dispatcher(), options);
}

// Both at once, so that neither waits out the other's grace.
void ShutDown(service::Server& server, http::HttpServer* http,
              std::chrono::seconds grace) {
  std::thread over_http([&] {
    if (http != nullptr) http->Shutdown(grace);
  });
  server.Shutdown(grace);
  over_http.join();
}

StatusOr<int> Serve(Context& context, const ServeOptions& options,
                    service::ServerOptions how) {
  KENAL_TRY_ASSIGN(const std::string folder, context.DataFolder("serve"));
  HardenProcess();
  // What the engine does behind the scenes, such as compacting, is for later.
  KENAL_TRY_ASSIGN(const auto engine,
                   AtLowPriority<StatusOr<std::unique_ptr<Engine>>>(
                       options.low_priority,
                       [&] { return Engine::Open(folder, context.Notice()); }));
  const HasherOptions hashers{.worker_count = options.workers};
  KENAL_TRY_ASSIGN(const auto hasher, Hasher::Start(hashers));
  KENAL_TRY_ASSIGN(
      const auto bulk_hasher,
      AtLowPriority<StatusOr<std::unique_ptr<Hasher>>>(
          options.low_priority, [&] { return Hasher::Start(hashers); }));
  how.bulk_hasher = bulk_hasher.get();
  how.backups = {
      .make =
          [&engine](const std::string& to, const ByteWatcher& watcher) {
            return engine->Backup(to, watcher);
          },
      .list = ListBackups,
      .prune =
          [](const std::string& from, uint64_t keep) {
            return PruneBackups(from, keep).status();
          },
      .folder = options.backups,
      .every = std::chrono::minutes(options.backup_every),
      .keep = static_cast<uint64_t>(options.backup_keep),
      .niceness = options.low_priority};
  if (how.listen.empty()) {
    // Absolute, because others ask from other folders.
    const auto socket = std::filesystem::absolute(folder) / "kenal.sock";
    how.listen = {"unix:" + socket.lexically_normal().string()};
  }
  base::AskForShortTurns();
  // Opening a large store takes a while; until here Ctrl-C ends it at once.
  const StopSignals signals;
  KENAL_TRY_ASSIGN(const auto server,
                   service::Server::Start(*engine, *engine, *hasher, how));
  KENAL_TRY_ASSIGN(const auto http, StartHttp(*server, options.http, how));
  KENAL_TRY(engine->AnnounceServer(server->address()));
  KENAL_TRY(PutReady(context, server->addresses(),
                     http ? http->addresses() : std::vector<std::string>(),
                     folder));
  signals.Wait([&] { server->Reload(); }, [&] { server->MakeBackupSoon(); });
  context.console.Note("stopping; what was asked is still answered");
  ShutDown(*server, http.get(), std::chrono::seconds(options.drain_seconds));
  KENAL_TRY(engine->AnnounceServer(""));
  return kExitDone;
}

StatusOr<int> RunServe(Context& context, CLI::App& command,
                       ServeOptions& options) {
  KENAL_TRY(ReadConfig(command, options));
  if (options.print_config) {
    KENAL_TRY(context.console.Put(PrintedConfig(command)));
    return kExitDone;
  }
  KENAL_TRY_ASSIGN(service::ServerOptions how, ServerOptionsOf(options));
  return Serve(context, options, std::move(how));
}

}  // namespace

void AddServe(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("serve", "Serve the store over gRPC and HTTP");
  const auto options = std::make_shared<ServeOptions>();
  AddServeOptions(*command, *options);
  command->footer(
      R"(Prints one line when it is ready and runs until SIGTERM or SIGINT
(Ctrl-C), then answers what it has accepted and ends with exit code 0.
SIGHUP reads the client table again and reopens the log; SIGUSR1 makes a
backup, with --backups.

Example:
  kenal --data /srv/kenal serve
  kenal --data /srv/kenal serve --listen 0.0.0.0:7117 \
    --tls /etc/kenal/server)");
  command->callback([&context, command, options] {
    context.run = [&context, command, options] {
      return RunServe(context, *command, *options);
    };
  });
}

}  // namespace kenal::cli
