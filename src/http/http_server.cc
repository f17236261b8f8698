#include "src/http/http_server.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>

#include "src/http/listener.h"
#include "src/http/tls.h"
#include "src/http/worker.h"

namespace kenal::http {
namespace {

namespace asio = boost::asio;

constexpr size_t kListenersMax = 8;
constexpr std::chrono::milliseconds kShortGrace{1000};
// How often the certificate files are looked at.
constexpr std::chrono::milliseconds kReloadPeriod{1000};

Status CheckMayListen(const wire::Address& address,
                      const HttpOptions& options) {
  if (address.is_unix() || !options.tls.empty() ||
      options.insecure_plaintext_tcp) {
    return OkStatus();
  }
  return InvalidArgument(
      address.ToString() +
      ": TCP needs TLS, which nothing is given for; use --tls, listen at "
      "unix:PATH, or say --insecure-plaintext-tcp to let whoever reaches that "
      "port read and change everything");
}

class HttpServerImpl : public HttpServer {
 public:
  HttpServerImpl(service::Dispatcher& dispatcher, const HttpOptions& options)
      : options_(options), shared_(dispatcher, options.limits) {}
  ~HttpServerImpl() override { Shutdown(kShortGrace); }

  Status Open();

  const std::vector<std::string>& addresses() const override {
    return addresses_;
  }
  size_t connection_count() const override { return shared_.connections.get(); }
  void Shutdown(std::chrono::milliseconds grace) override;

 private:
  Worker& Idlest();
  void StartListening();
  void LookAtFiles();
  void RunOnFirst(const std::function<void()>& work);

  const HttpOptions options_;
  Shared shared_;
  std::unique_ptr<TlsKeeper> keeper_;
  std::vector<std::unique_ptr<Worker>> workers_;
  // Of the first worker's context.
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<asio::steady_timer> reload_timer_;
  std::vector<std::string> addresses_;
  std::mutex shutdown_mutex_;
  bool is_over_ = false;
};

Status HttpServerImpl::Open() {
  if (options_.listen.empty() || options_.listen.size() > kListenersMax) {
    return InvalidArgument("HTTP listens at 1 to 8 addresses");
  }
  std::vector<wire::Address> places;
  for (const std::string& text : options_.listen) {
    KENAL_TRY_ASSIGN(const wire::Address address, wire::ParseAddress(text));
    KENAL_TRY(CheckMayListen(address, options_));
    places.push_back(address);
  }
  if (!options_.tls.empty()) {
    KENAL_TRY_ASSIGN(keeper_, TlsKeeper::Load(options_.tls));
  }
  const auto threads = static_cast<size_t>(std::max(1, options_.threads));
  const size_t each =
      std::max<size_t>(1, options_.limits.connections_max / threads);
  for (size_t i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(shared_, each));
  }
  for (const wire::Address& place : places) {
    KENAL_TRY_ASSIGN(auto listener,
                     Listener::Open(workers_.front()->context(), place));
    addresses_.push_back(listener->address().ToString());
    listeners_.push_back(std::move(listener));
  }
  RunOnFirst([this] { StartListening(); });
  return OkStatus();
}

void HttpServerImpl::RunOnFirst(const std::function<void()>& work) {
  std::promise<void> done;
  asio::post(workers_.front()->context(), [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

Worker& HttpServerImpl::Idlest() {
  Worker* idlest = workers_.front().get();
  for (const auto& worker : workers_) {
    if (worker->count() < idlest->count()) idlest = worker.get();
  }
  return *idlest;
}

void HttpServerImpl::StartListening() {
  for (const auto& listener : listeners_) {
    const bool is_local = listener->address().is_unix();
    listener->Start(
        [this]() -> asio::io_context& { return Idlest().context(); },
        [this, is_local](Socket socket, asio::io_context& home) {
          for (const auto& worker : workers_) {
            if (&worker->context() != &home) continue;
            worker->Take(std::move(socket), is_local || keeper_ == nullptr
                                                ? nullptr
                                                : keeper_->Current());
            return;
          }
        },
        [this] {
          for (const auto& worker : workers_) worker->MakeRoom();
        });
  }
  if (keeper_ == nullptr) return;
  reload_timer_ =
      std::make_unique<asio::steady_timer>(workers_.front()->context());
  LookAtFiles();
}

void HttpServerImpl::LookAtFiles() {
  const StatusOr<bool> read = keeper_->Reload();
  if (options_.on_reload && (!read.ok() || *read)) {
    options_.on_reload(read.status());
  }
  reload_timer_->expires_after(kReloadPeriod);
  reload_timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) LookAtFiles();
  });
}

void HttpServerImpl::Shutdown(std::chrono::milliseconds grace) {
  const std::lock_guard lock(shutdown_mutex_);
  if (is_over_) return;
  is_over_ = true;
  const auto end = std::chrono::steady_clock::now() + grace;
  shared_.draining = true;
  if (!workers_.empty()) {
    RunOnFirst([this] {
      if (reload_timer_ != nullptr) reload_timer_->cancel();
      for (const auto& listener : listeners_) listener->Stop();
    });
  }
  for (const auto& worker : workers_) worker->DrainAll();
  if (!shared_.connections.WaitUntil(end)) {
    for (const auto& worker : workers_) worker->AbortAll();
  }
  shared_.calls.Wait();
  shared_.connections.Wait();
  shared_.large.Join();
  // A stopped acceptor's handlers may still be queued; they name listeners.
  if (!workers_.empty()) RunOnFirst([] {});
  reload_timer_ = nullptr;
  listeners_.clear();
  workers_.clear();
}

}  // namespace

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    service::Dispatcher& dispatcher, const HttpOptions& options) {
  auto server = std::make_unique<HttpServerImpl>(dispatcher, options);
  KENAL_TRY(server->Open());
  return server;
}

}  // namespace kenal::http
