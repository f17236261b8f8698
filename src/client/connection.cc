#include "src/client/connection.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "kenal/v1/catalogue_service.grpc.pb.h"
#include "kenal/v1/match_service.grpc.pb.h"
#include "kenal/v1/operations_service.grpc.pb.h"
#include "src/client/diagnose.h"
#include "src/client/errors.h"
#include "src/client/import.h"
#include "src/client/tls.h"
#include "src/wire/address.h"
#include "src/wire/backup.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"
#include "src/wire/text.h"

namespace kenal::client {
namespace {

// A connection that breaks is tried again after this long, then less often.
constexpr int kReconnectMsMin = 100;
constexpr int kReconnectMsMax = 500;
// One try: far links take several round trips for TLS.
constexpr int kTryMsMax = 5'000;
// Names are looked up again as often; gRPC's usual half minute would keep a
// server that is back from being found.
constexpr int kLookUpMsMin = 500;

// gRPC's threads may still shake hands when the process ends: OpenSSL must not
// be taken down under them.
void KeepOpenSsl() { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr); }

// Errors tell what gRPC would write to standard error, unless somebody asks
// for its trace.
void KeepGrpcQuiet() {
  static const bool done = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) {
      gpr_set_log_function([](gpr_log_func_args*) {});
    }
    return true;
  }();
  static_cast<void>(done);
}

std::shared_ptr<grpc::Channel> MakeChannel(
    const wire::Address& address, const ConnectOptions& options,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  if (!options.tls_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls_name);
  }
  arguments.SetMaxReceiveMessageSize(static_cast<int>(wire::kResponseBytesMax));
  arguments.SetMaxSendMessageSize(static_cast<int>(wire::kRequestBytesMax));
  // Hashes are secrets: not through whatever $http_proxy names.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMsMin);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMsMax);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kTryMsMax);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kLookUpMsMin);
  // Connections of one process do not share their troubles.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address.GrpcTarget(), credentials,
                                   arguments);
}

template <typename Request>
void SetOptions(const MatchOptions& options, const ConnectOptions& connect,
                Request& request) {
  request.set_limit(options.limit);
  request.set_effort(static_cast<v1::Effort>(wire::ToWire(options.effort)));
  if (options.radius) request.set_radius_bits(options.radius->bits);
  request.set_region(wire::CleanText(options.region));
  if (connect.work) {
    request.set_work_class(
        static_cast<v1::WorkClass>(wire::ToWire(*connect.work)));
  }
}

template <typename Message>
Status CheckFits(const Message& request) {
  if (request.ByteSizeLong() <= wire::kRequestBytesMax) return OkStatus();
  return InvalidArgument(
      "the request is " + std::to_string(request.ByteSizeLong()) +
      " bytes and a server accepts " + std::to_string(wire::kRequestBytesMax) +
      "; send fewer at once");
}

class ConnectionImpl final : public Connection {
 public:
  ConnectionImpl(std::string address, ConnectOptions options,
                 const std::shared_ptr<grpc::Channel>& channel)
      : address_(std::move(address)),
        options_(std::move(options)),
        matches_(v1::MatchService::NewStub(channel)),
        catalogue_(v1::CatalogueService::NewStub(channel)),
        operations_(v1::OperationsService::NewStub(channel)) {}

  StatusOr<std::vector<Answer>> MatchBatch(
      std::span<const SignalSet> queries,
      const MatchOptions& options) override {
    if (queries.size() == 1) return MatchOne(queries.front(), options);
    v1::BatchMatchRequest request;
    SetOptions(options, options_, request);
    for (const SignalSet& query : queries) {
      wire::ToWire(query, request.add_contents()->mutable_signals());
    }
    v1::BatchMatchResponse response;
    KENAL_TRY(Call(*matches_, &v1::MatchService::Stub::BatchMatch, request,
                   response, kAnswerMax));
    if (response.answers_size() != request.contents_size()) {
      return Misread(InvalidArgument("not one answer a query"), address_);
    }
    std::vector<Answer> answers;
    answers.reserve(queries.size());
    for (const v1::Answer& from : response.answers()) {
      KENAL_TRY_ASSIGN(Answer answer, Read(from));
      answers.push_back(std::move(answer));
    }
    return answers;
  }

  StatusOr<Answer> MatchPicture(std::span<const uint8_t> bytes,
                                const MatchOptions& options,
                                bool second_opinion) override {
    v1::MatchRequest request;
    SetOptions(options, options_, request);
    request.set_second_opinion(second_opinion);
    request.mutable_content()->set_picture(bytes.data(), bytes.size());
    v1::MatchResponse response;
    KENAL_TRY(Call(*matches_, &v1::MatchService::Stub::Match, request, response,
                   kAnswerMax));
    return Read(response.answer());
  }

  StatusOr<Explanation> Explain(const SignalSet& query, std::string_view list,
                                std::string_view reference,
                                const MatchOptions& options) override {
    v1::ExplainRequest request;
    wire::ToWire(query, request.mutable_content()->mutable_signals());
    request.set_list(wire::CleanText(list));
    request.set_reference(wire::CleanText(reference));
    request.set_effort(static_cast<v1::Effort>(wire::ToWire(options.effort)));
    v1::ExplainResponse response;
    KENAL_TRY(Call(*matches_, &v1::MatchService::Stub::Explain, request,
                   response, kAnswerMax));
    return Read(response.explanation());
  }

  StatusOr<ListInfo> CreateList(std::string_view name, Purpose purpose,
                                const ListPolicy& policy,
                                const Authorship& by) override {
    v1::CreateListRequest request;
    request.set_name(wire::CleanText(name));
    request.set_purpose(static_cast<v1::Purpose>(wire::ToWire(purpose)));
    wire::ToWire(policy, request.mutable_policy());
    wire::ToWire(by, request.mutable_by());
    v1::CreateListResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::CreateList, request, response,
                  kChangeMax));
    return Read(response.list());
  }

  StatusOr<std::vector<ListInfo>> Lists() override {
    v1::ListListsResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::ListLists,
                  v1::ListListsRequest(), response, kAnswerMax));
    std::vector<ListInfo> lists;
    for (const v1::ListInfo& from : response.lists()) {
      KENAL_TRY_ASSIGN(ListInfo list, Read(from));
      lists.push_back(std::move(list));
    }
    return lists;
  }

  StatusOr<ListInfo> GetList(std::string_view name) override {
    v1::GetListRequest request;
    request.set_name(wire::CleanText(name));
    v1::GetListResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::GetList, request, response,
                  kAnswerMax));
    return Read(response.list());
  }

  StatusOr<ListInfo> SetListPolicy(std::string_view name,
                                   const ListPolicy& policy,
                                   const Authorship& by) override {
    v1::SetListPolicyRequest request;
    request.set_name(wire::CleanText(name));
    wire::ToWire(policy, request.mutable_policy());
    wire::ToWire(by, request.mutable_by());
    v1::SetListPolicyResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::SetListPolicy, request, response,
                  kChangeMax));
    return Read(response.list());
  }

  StatusOr<EntriesReport> AddEntries(std::string_view list,
                                     std::span<const EntryDraft> drafts,
                                     const Authorship& by) override {
    v1::AddEntriesRequest request;
    request.set_list(wire::CleanText(list));
    for (const EntryDraft& draft : drafts) {
      KENAL_TRY(wire::CheckText(draft));
      wire::ToWire(draft, request.add_drafts());
    }
    wire::ToWire(by, request.mutable_by());
    v1::AddEntriesResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::AddEntries, request, response,
                  kChangeMax));
    return Read(response);
  }

  StatusOr<ImportReport> Import(std::string_view list,
                                const ImportSource& source,
                                const ImportWatcher& watcher,
                                const Authorship& by) override {
    return ImportOver(*catalogue_, address_, ImportMode::kWrite, list, source,
                      watcher, by);
  }
  StatusOr<ImportReport> RehearseImport(std::string_view list,
                                        const ImportSource& source,
                                        const ImportWatcher& watcher,
                                        const Authorship& by) override {
    return ImportOver(*catalogue_, address_, ImportMode::kRehearse, list,
                      source, watcher, by);
  }

  StatusOr<EntryPage> ReadEntries(std::string_view list, uint64_t serial,
                                  size_t entries_max,
                                  bool with_secrets) override {
    v1::ReadEntriesRequest request;
    wire::ToWire({.list = std::string(list),
                  .after_serial = serial,
                  .entries_max = entries_max,
                  .with_secrets = with_secrets},
                 &request);
    v1::ReadEntriesResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::ReadEntries, request, response,
                  kAnswerMax));
    return Read(response);
  }

  StatusOr<EntrySummary> GetEntry(std::string_view list,
                                  std::string_view reference) override {
    v1::GetEntryRequest request;
    request.set_list(wire::CleanText(list));
    request.set_reference(wire::CleanText(reference));
    v1::GetEntryResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::GetEntry, request, response,
                  kAnswerMax));
    return Read(response.entry());
  }

  StatusOr<EntriesReport> SetEntryState(std::string_view list,
                                        std::span<const std::string> references,
                                        EntryState state,
                                        const Authorship& by) override {
    v1::SetEntryStateRequest request;
    request.set_list(wire::CleanText(list));
    for (const std::string& reference : references) {
      request.add_references(wire::CleanText(reference));
    }
    request.set_state(static_cast<v1::EntryState>(wire::ToWire(state)));
    wire::ToWire(by, request.mutable_by());
    v1::SetEntryStateResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::SetEntryState, request, response,
                  kChangeMax));
    return Read(response);
  }

  StatusOr<EntriesReport> SetNearActionLabel(
      std::string_view list, std::span<const std::string> references,
      std::string_view label, const Authorship& by) override {
    v1::SetNearActionLabelRequest request;
    request.set_list(wire::CleanText(list));
    for (const std::string& reference : references) {
      request.add_references(wire::CleanText(reference));
    }
    request.set_label(wire::CleanText(label));
    wire::ToWire(by, request.mutable_by());
    v1::SetNearActionLabelResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::SetNearActionLabel, request,
                  response, kChangeMax));
    return Read(response);
  }

  StatusOr<wire::ChangesTold> ReadChangesOf(
      const wire::ChangesAsked& asked) override {
    v1::ReadChangesRequest request;
    wire::ToWire(asked, &request);
    v1::ReadChangesResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::ReadChanges, request, response,
                  kAnswerMax));
    return Read(response);
  }

  StatusOr<ChangePage> ReadChanges(const ChangeCursor& cursor,
                                   size_t entries_max,
                                   bool with_signals) override {
    KENAL_TRY_ASSIGN(wire::ChangesTold told,
                     ReadChangesOf({.store_id = {},
                                    .after = cursor,
                                    .entries_max = entries_max,
                                    .with_signals = with_signals}));
    return std::move(told.page);
  }

  Status WatchChanges(const wire::ChangesAsked& asked,
                      const std::function<bool(const wire::ChangesTold&)>& told,
                      std::stop_token stop) override {
    v1::WatchChangesRequest request;
    wire::ToWire(asked, &request);
    grpc::ClientContext context;
    const auto stream = catalogue_->WatchChanges(&context, request);
    const std::stop_callback cancel(stop, [&] { context.TryCancel(); });
    v1::WatchChangesResponse response;
    Status ended;
    bool wanted = true;
    while (wanted && stream->Read(&response)) {
      const StatusOr<wire::ChangesTold> page = Read(response);
      ended = page.status();
      wanted = page.ok() && told(*page);
    }
    if (!wanted) context.TryCancel();
    const grpc::Status status = stream->Finish();
    if (!wanted || stop.stop_requested()) return ended;
    return FromGrpc(status, context, address_);
  }

  StatusOr<Sequence> Head() override {
    KENAL_TRY_ASSIGN(const ChangePage page, ReadChanges({}, 1, false));
    return page.head;
  }
  StatusOr<Sequence> LogHead() override { return Head(); }

  StatusOr<wire::CallerInfo> WhoAmI() override {
    v1::WhoAmIResponse response;
    KENAL_TRY(Call(*operations_, &v1::OperationsService::Stub::WhoAmI,
                   v1::WhoAmIRequest(), response, kAnswerMax));
    return wire::FromWire(response);
  }

  StatusOr<std::string> Metrics() override {
    v1::GetMetricsResponse response;
    KENAL_TRY(Call(*operations_, &v1::OperationsService::Stub::GetMetrics,
                   v1::GetMetricsRequest(), response, kAnswerMax));
    return std::move(*response.mutable_prometheus_text());
  }

  StatusOr<StoreStats> Stats() override {
    v1::GetStatsResponse response;
    KENAL_TRY(Ask(&v1::CatalogueService::Stub::GetStats, v1::GetStatsRequest(),
                  response, kAnswerMax));
    return Read(response);
  }

  StatusOr<VerifyReport> Verify(const VerifyWatcher& watcher) override {
    grpc::ClientContext context;
    const auto stream = catalogue_->Verify(&context, v1::VerifyRequest());
    v1::VerifyResponse response;
    std::optional<VerifyReport> report;
    while (stream->Read(&response)) {
      if (response.has_report()) {
        report = wire::FromWire(response.report());
      } else if (watcher && !watcher(response.progress().rows_done(),
                                     response.progress().rows_total())) {
        context.TryCancel();
      }
    }
    const grpc::Status status = stream->Finish();
    KENAL_TRY(FromGrpc(status, context, address_));
    if (!report) return Misread(InvalidArgument("no report"), address_);
    return *std::move(report);
  }

  StatusOr<BackupInfo> CreateBackup(const ByteWatcher& watcher) override {
    grpc::ClientContext context;
    const auto stream =
        operations_->CreateBackup(&context, v1::CreateBackupRequest());
    v1::CreateBackupResponse response;
    std::optional<BackupInfo> report;
    while (stream->Read(&response)) {
      if (response.has_report()) {
        report = wire::FromWire(response.report());
      } else if (watcher && !watcher(response.progress().bytes_done(),
                                     response.progress().bytes_total())) {
        context.TryCancel();
      }
    }
    const grpc::Status status = stream->Finish();
    KENAL_TRY(FromGrpc(status, context, address_));
    if (!report) return Misread(InvalidArgument("no report"), address_);
    return *std::move(report);
  }

 private:
  // Whoever asks about one thing waits for it: a batch would be bulk work.
  StatusOr<std::vector<Answer>> MatchOne(const SignalSet& query,
                                         const MatchOptions& options) {
    v1::MatchRequest request;
    SetOptions(options, options_, request);
    wire::ToWire(query, request.mutable_content()->mutable_signals());
    v1::MatchResponse response;
    KENAL_TRY(Call(*matches_, &v1::MatchService::Stub::Match, request, response,
                   kAnswerMax));
    KENAL_TRY_ASSIGN(Answer answer, Read(response.answer()));
    return std::vector<Answer>{std::move(answer)};
  }

  template <typename Stub, typename Method, typename Request, typename Response>
  Status Call(Stub& stub, Method method, const Request& request,
              Response& response, std::chrono::seconds time_max) {
    KENAL_TRY(CheckFits(request));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + time_max);
    const grpc::Status status = (stub.*method)(&context, request, &response);
    return FromGrpc(status, context, address_);
  }

  template <typename Method, typename Request, typename Response>
  Status Ask(Method method, const Request& request, Response& response,
             std::chrono::seconds time_max) {
    return Call(*catalogue_, method, request, response, time_max);
  }

  template <typename Message>
  auto Read(const Message& from) const -> decltype(wire::FromWire(from)) {
    auto value = wire::FromWire(from);
    if (!value.ok()) return Misread(value.status(), address_);
    return value;
  }

  const std::string address_;
  const ConnectOptions options_;
  const std::unique_ptr<v1::MatchService::Stub> matches_;
  const std::unique_ptr<v1::CatalogueService::Stub> catalogue_;
  const std::unique_ptr<v1::OperationsService::Stub> operations_;
};

}  // namespace

StatusOr<std::unique_ptr<Connection>> Connection::Connect(
    const std::string& address, const ConnectOptions& options) {
  KENAL_TRY_ASSIGN(const wire::Address parsed, wire::ParseAddress(address));
  KeepOpenSsl();
  KENAL_TRY_ASSIGN(const auto credentials, MakeCredentials(parsed, options));
  KeepGrpcQuiet();
  const auto channel = MakeChannel(parsed, options, credentials);
  const auto deadline = std::chrono::system_clock::now() + kConnectMax;
  if (!channel->WaitForConnected(deadline)) {
    return WhyNotConnected(parsed, options);
  }
  auto connection =
      std::make_unique<ConnectionImpl>(parsed.ToString(), options, channel);
  if (!options.tls.empty()) {
    // A server that does not trust the client says so after the handshake.
    const Status heard = connection->WhoAmI().status();
    if (absl::IsUnavailable(heard)) return WhyNotConnected(parsed, options);
    if (absl::IsUnauthenticated(heard)) return heard;
  }
  return connection;
}

}  // namespace kenal::client
