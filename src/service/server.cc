#include "src/service/server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "src/base/mutex.h"
#include "src/service/call_registry.h"
#include "src/service/catalogue_service.h"
#include "src/service/limits.h"
#include "src/service/listen.h"
#include "src/service/match_service.h"
#include "src/service/workers.h"
#include "src/wire/address.h"
#include "src/wire/limits.h"

namespace kenal::service {
namespace {

constexpr const char* kServiceNames[] = {"kenal.v1.MatchService",
                                         "kenal.v1.CatalogueService"};

void PrepareOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    // A line for each malformed request would let strangers fill the log.
    google::protobuf::SetLogHandler(nullptr);
    if (std::getenv("GRPC_VERBOSITY") == nullptr) {
      gpr_set_log_function([](gpr_log_func_args*) {});
    }
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
    KENAL_TRY(CheckMayListen(place.address, options.plaintext_beyond_loopback));
    if (place.address.is_unix()) {
      KENAL_TRY_ASSIGN(place.socket, SocketFile::Prepare(place.address.path));
    } else {
      KENAL_TRY(CheckPortFree(place.address));
    }
    places.push_back(std::move(place));
  }
  return places;
}

class ServerImpl final : public Server {
 public:
  ServerImpl(Matcher& matcher, Curator& curator, Hasher& hasher,
             int match_workers)
      : workers_(match_workers, std::max(1, hasher.worker_count())),
        match_service_(
            MakeMatchService(MatchParts{matcher, hasher, workers_, calls_})),
        catalogue_service_(
            MakeCatalogueService(CatalogueParts{curator, workers_, calls_})) {}

  ~ServerImpl() override { Shutdown(kLastGrace); }

  Status Listen(std::vector<Place> places) {
    grpc::ServerBuilder builder;
    SetLimits(builder);
    for (Place& place : places) {
      const std::string target =
          place.socket ? wire::Address{.path = place.socket->binding_path(),
                                       .host = {},
                                       .port = 0}
                             .GrpcTarget()
                       : place.address.GrpcTarget();
      builder.AddListeningPort(target, grpc::InsecureServerCredentials(),
                               &place.port);
    }
    builder.RegisterService(match_service_.get());
    builder.RegisterService(catalogue_service_.get());
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
    for (const char* name : kServiceNames) {
      grpc_->GetHealthCheckService()->SetServingStatus(name, true);
    }
    return OkStatus();
  }

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
  void ShutdownNow(std::chrono::milliseconds grace) {
    if (grpc_ != nullptr) {
      grpc_->GetHealthCheckService()->Shutdown();
      sockets_.clear();  // Nobody new finds it; who is connected stays.
      calls_.Drain();
      const auto end = std::chrono::steady_clock::now() + grace;
      if (calls_.AwaitEmpty(end)) std::this_thread::sleep_for(kLinger);
      grpc_->Shutdown(std::chrono::system_clock::now());
    }
    {
      base::MutexLock lock(mutex_);
      over_ = true;
    }
    changed_.NotifyAll();
  }

  // Members are destroyed from the last to the first: gRPC's server before
  // the services, and these before the workers that they hand work to.
  CallRegistry calls_;
  Workers workers_;
  std::unique_ptr<grpc::Service> match_service_;
  std::unique_ptr<grpc::Service> catalogue_service_;
  std::unique_ptr<grpc::Server> grpc_;
  std::vector<std::unique_ptr<SocketFile>> sockets_;
  std::vector<std::string> addresses_;
  std::once_flag shutdown_once_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool over_ KENAL_GUARDED_BY(mutex_) = false;
};

int MatchWorkers(const ServerOptions& options) {
  if (options.match_worker_count > 0) return options.match_worker_count;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::Start(Matcher& matcher,
                                                Curator& curator,
                                                Hasher& hasher,
                                                const ServerOptions& options) {
  PrepareOnce();
  KENAL_TRY_ASSIGN(std::vector<Place> places, PreparePlaces(options));
  auto server = std::make_unique<ServerImpl>(matcher, curator, hasher,
                                             MatchWorkers(options));
  KENAL_TRY(server->Listen(std::move(places)));
  return server;
}

}  // namespace kenal::service
