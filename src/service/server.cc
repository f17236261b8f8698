#include "src/service/server.h"

#include <absl/synchronization/mutex.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/resource_quota.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "src/base/mutex.h"
#include "src/operate/metrics.h"
#include "src/service/desk.h"
#include "src/service/directory.h"
#include "src/service/grpc_door.h"
#include "src/service/housekeeper.h"
#include "src/service/limits.h"
#include "src/service/listen.h"
#include "src/service/transport_security.h"
#include "src/service/unary_dispatcher.h"
#include "src/wire/address.h"
#include "src/wire/limits.h"

namespace kenal::service {
namespace {

constexpr const char* kServiceNames[] = {"kenal.v1.MatchService",
                                         "kenal.v1.CatalogueService",
                                         "kenal.v1.OperationsService"};

void PrepareOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    // A line for each malformed request would let strangers fill the log.
    google::protobuf::SetLogHandler(nullptr);
    if (std::getenv("GRPC_VERBOSITY") == nullptr) {
      gpr_set_log_function([](gpr_log_func_args*) {});
    }
    // Debian's library looks for deadlocks at every lock of gRPC's, under one
    // lock for the whole process.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

void SetLimits(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("kenal");
  quota.Resize(kTransportBytesMax).SetMaxThreads(kReflectionThreadsMax);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(static_cast<int>(wire::kRequestBytesMax));
  builder.SetMaxSendMessageSize(static_cast<int>(wire::kResponseBytesMax));
  // Hashes and pictures do not shrink, and a small message that grows large
  // is a weapon.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  // One server an address: by default the system would share the port out.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kConnectionStreamsMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kPingIntervalMinMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kPingStrikesMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             kHandshakeMsMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             kConnectionIdleMsMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             kConnectionAgeMsMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             kConnectionGraceMs);
  // The only synchronous service is reflection.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

struct Place {
  wire::Address address;
  std::unique_ptr<SocketFile> socket;  // Unix only
  int port = 0;                        // as bound
};

StatusOr<std::vector<Place>> PreparePlaces(const ServerOptions& options) {
  if (options.listen.empty() || options.listen.size() > kAddressesMax) {
    return InvalidArgument("a server listens at 1 to 8 addresses");
  }
  std::vector<Place> places;
  for (const std::string& text : options.listen) {
    Place place;
    KENAL_TRY_ASSIGN(place.address, wire::ParseAddress(text));
    KENAL_TRY(CheckMayListen(place.address, !options.tls.empty(),
                             options.insecure_plaintext_tcp));
    if (place.address.is_unix()) {
      KENAL_TRY_ASSIGN(place.socket, SocketFile::Prepare(place.address.path));
    } else {
      KENAL_TRY(CheckPortFree(place.address));
    }
    places.push_back(std::move(place));
  }
  return places;
}

// With TLS a caller needs a certificate and a row in the table.
Status CheckSecurity(const ServerOptions& options) {
  if (options.tls.empty()) return OkStatus();
  KENAL_TRY(identity::CheckTlsFiles(options.tls));
  if (!options.clients.empty()) return OkStatus();
  return InvalidArgument(
      "TLS needs a client table, which says who may do what; give one with "
      "--clients");
}

class ServerImpl final : public Server {
 public:
  ServerImpl(const DeskParts& parts, std::unique_ptr<Directory> directory,
             std::unique_ptr<operate::Metrics> metrics,
             std::unique_ptr<operate::RequestLog> log,
             std::unique_ptr<BackupKeeper> backups, const Tuning& tuning)
      : log_(std::move(log)),
        backups_(std::move(backups)),
        metrics_(std::move(metrics)),
        directory_(std::move(directory)),
        desk_(parts, tuning),
        dispatcher_(MakeDispatcher(desk_)),
        services_{MakeMatchService({desk_, *dispatcher_}),
                  MakeCatalogueService({desk_, *dispatcher_}),
                  MakeOperationsService({desk_, *dispatcher_})} {
    metrics_->SetGauges([this] { return desk_.Gauges(); });
  }

  ~ServerImpl() override { Shutdown(kLastGrace); }

  Status Listen(std::vector<Place> places, const identity::TlsFiles& tls) {
    grpc::ServerBuilder builder;
    SetLimits(builder);
    for (Place& place : places) {
      const std::string target =
          place.socket ? wire::Address{.path = place.socket->binding_path(),
                                       .host = {},
                                       .port = 0}
                             .GrpcTarget()
                       : place.address.GrpcTarget();
      builder.AddListeningPort(target,
                               place.socket || tls.empty()
                                   ? grpc::InsecureServerCredentials()
                                   : MutualTls(tls),
                               &place.port);
    }
    for (const auto& service : services_) {
      builder.RegisterService(service.get());
    }
    grpc_ = builder.BuildAndStart();
    for (Place& place : places) {
      if (grpc_ == nullptr || place.port == 0) {
        return Unavailable(place.address.ToString() +
                           ": cannot listen; choose another address");
      }
      if (place.socket) {
        KENAL_TRY(place.socket->Publish());
        sockets_.push_back(std::move(place.socket));
      } else {
        place.address.port = static_cast<uint16_t>(place.port);
      }
      addresses_.push_back(place.address.ToString());
    }
    SetHealth(false);
    base::MutexLock lock(housekeeper_mutex_);
    housekeeper_ = std::make_unique<Housekeeper>(
        Housekeeper::Parts{.desk = desk_,
                           .directory = *directory_,
                           .log = *log_,
                           .ready = [this](bool ready) { SetReady(ready); },
                           .certificate = tls.certificate});
    return OkStatus();
  }

  Dispatcher& dispatcher() override { return *dispatcher_; }
  operate::RequestLog& log() override { return *log_; }
  void Reload() override {
    base::MutexLock lock(housekeeper_mutex_);
    if (housekeeper_ != nullptr) housekeeper_->Reload();
  }

  void MakeBackupSoon() override { backups_->MakeOneSoon(); }

  const std::vector<std::string>& addresses() const override {
    return addresses_;
  }

  void Shutdown(std::chrono::milliseconds grace) override {
    std::call_once(shutdown_once_, [&] { ShutdownNow(grace); });
  }

  void Wait() override {
    base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this] { return over_; });
  }

 private:
  void SetHealth(bool serving) {
    for (const char* name : kServiceNames) {
      grpc_->GetHealthCheckService()->SetServingStatus(name, serving);
    }
    grpc_->GetHealthCheckService()->SetServingStatus("", serving);
  }

  void SetReady(bool ready) {
    desk_.set_serving(ready);
    SetHealth(ready);
    if (ready) {
      log_->Event(operate::LogLevel::kInfo, "serving", {});
    } else {
      log_->Event(operate::LogLevel::kError,
                  "not serving: answers are behind the log", {});
    }
  }

  void ShutdownNow(std::chrono::milliseconds grace) {
    {
      base::MutexLock lock(housekeeper_mutex_);
      housekeeper_.reset();
    }
    if (grpc_ != nullptr) {
      desk_.set_serving(false);
      log_->Event(operate::LogLevel::kInfo, "draining", {});
      grpc_->GetHealthCheckService()->Shutdown();
      sockets_.clear();  // Nobody new finds it; who is connected stays.
      desk_.calls().Drain();
      backups_->Stop();
      const auto end = std::chrono::steady_clock::now() + grace;
      const bool empty = desk_.calls().AwaitEmpty(end);
      if (empty) std::this_thread::sleep_for(kLinger);
      log_->Event(
          empty ? operate::LogLevel::kInfo : operate::LogLevel::kWarning,
          empty ? "stopped" : "stopped with calls left", {});
      grpc_->Shutdown(std::chrono::system_clock::now());
    }
    {
      base::MutexLock lock(mutex_);
      over_ = true;
    }
    changed_.NotifyAll();
  }

  // Members are destroyed from the last to the first: gRPC's server before
  // the services, and these before the desk that they hand work to.
  std::unique_ptr<operate::RequestLog> log_;
  std::unique_ptr<BackupKeeper> backups_;
  std::unique_ptr<operate::Metrics> metrics_;
  std::unique_ptr<Directory> directory_;
  Desk desk_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::array<std::unique_ptr<grpc::Service>, 3> services_;
  std::unique_ptr<grpc::Server> grpc_;
  base::Mutex housekeeper_mutex_;
  std::unique_ptr<Housekeeper> housekeeper_
      KENAL_GUARDED_BY(housekeeper_mutex_);
  std::vector<std::unique_ptr<SocketFile>> sockets_;
  std::vector<std::string> addresses_;
  std::once_flag shutdown_once_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool over_ KENAL_GUARDED_BY(mutex_) = false;
};

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::Start(Matcher& matcher,
                                                Curator& curator,
                                                Hasher& hasher,
                                                const ServerOptions& options) {
  PrepareOnce();
  KENAL_TRY(CheckSecurity(options));
  KENAL_TRY_ASSIGN(std::vector<Place> places, PreparePlaces(options));
  KENAL_TRY_ASSIGN(std::unique_ptr<Directory> directory,
                   Directory::Open(options.clients, options.local_roles));
  KENAL_TRY_ASSIGN(std::unique_ptr<operate::RequestLog> log,
                   operate::RequestLog::Open(options.log));
  std::unique_ptr<operate::Metrics> metrics = operate::Metrics::Make();
  Hasher& bulk_hasher = options.bulk_hasher ? *options.bulk_hasher : hasher;
  auto backups = std::make_unique<BackupKeeper>(options.backups, *log);
  const DeskParts parts{.matcher = matcher,
                        .curator = curator,
                        .hasher = hasher,
                        .bulk_hasher = bulk_hasher,
                        .directory = *directory,
                        .metrics = *metrics,
                        .log = *log,
                        .backups = *backups};
  auto server = std::make_unique<ServerImpl>(
      parts, std::move(directory), std::move(metrics), std::move(log),
      std::move(backups), options.tuning);
  KENAL_TRY(server->Listen(std::move(places), options.tls));
  return server;
}

}  // namespace kenal::service
