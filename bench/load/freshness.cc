#include "bench/load/freshness.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <random>
#include <thread>
#include <utility>

#include "bench/load/calls.h"
#include "bench/load/schedule.h"
#include "kenal/v1/catalogue_service.grpc.pb.h"
#include "kenal/v1/match_service.grpc.pb.h"

namespace kenal::load {
namespace {

constexpr int kCallSeconds = 10;
constexpr int kAsksMax = 10'000;  // until a round is given up
constexpr size_t kHashBytes = 32;

StatusOr<std::shared_ptr<grpc::Channel>> Connect(const Target& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!target.tls_name.empty()) {
    arguments.SetSslTargetNameOverride(target.tls_name);
  }
  std::shared_ptr<grpc::ChannelCredentials> credentials =
      grpc::InsecureChannelCredentials();
  if (!target.tls.empty()) {
    KENAL_TRY_ASSIGN(PemFiles files, ReadPemFiles(target.tls));
    credentials = grpc::SslCredentials({.pem_root_certs = files.authority,
                                        .pem_private_key = files.key,
                                        .pem_cert_chain = files.certificate});
  }
  return grpc::CreateCustomChannel(target.address, credentials, arguments);
}

class FreshnessImpl final : public Freshness {
 public:
  FreshnessImpl(FreshnessOptions options,
                const std::shared_ptr<grpc::Channel>& channel)
      : options_(std::move(options)),
        matches_(v1::MatchService::NewStub(channel)),
        catalogue_(v1::CatalogueService::NewStub(channel)),
        random_(options_.seed),
        thread_([this] { Run(); }) {}

  ~FreshnessImpl() override { Join(); }

  FreshnessResult Stop() override {
    Join();
    return std::move(result_);
  }

 private:
  void Join() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // Rounds are due by a schedule too: a slow one does not thin out the rest.
  void Run() {
    Schedule schedule(Arrivals::kPoisson, options_.rounds_per_second,
                      options_.seed);
    const int64_t begin = NowNs();
    while (!stop_) {
      const int64_t due = begin + schedule.Next();
      while (NowNs() < due && !stop_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (stop_) return;
      Round();
    }
  }

  void Round() {
    ++result_.rounds;
    std::string hash(kHashBytes, '\0');
    for (char& byte : hash) byte = static_cast<char>(random_());
    uint64_t serial = 0;
    int64_t sent = NowNs();
    if (!Add(hash, serial)) return;
    result_.add_calls.Record(NowNs() - sent);
    if (!AskUntil(hash, true, sent, result_.added)) return;
    sent = NowNs();
    if (!Withdraw(serial)) return;
    result_.withdraw_calls.Record(NowNs() - sent);
    AskUntil(hash, false, sent, result_.withdrawn);
  }

  bool Add(const std::string& hash, uint64_t& serial) {
    v1::AddEntriesRequest request;
    request.set_list(options_.list);
    v1::EntryDraft& draft = *request.add_drafts();
    v1::PdqView& view = *draft.mutable_signals()->add_pdq();
    view.set_view(v1::VIEW_STORED);
    view.set_hash(hash);
    view.set_quality(100);
    draft.mutable_provenance()->set_source("kenal-load");
    request.mutable_by()->set_actor("kenal-load");
    request.mutable_by()->set_reason("freshness");
    v1::AddEntriesResponse response;
    grpc::ClientContext context;
    SetDeadline(context);
    if (!Ok(catalogue_->AddEntries(&context, request, &response))) return false;
    if (response.results_size() != 1 || !response.results(0).has_id()) {
      return Fail("AddEntries: the entry was refused");
    }
    serial = response.results(0).id().serial();
    return true;
  }

  bool Withdraw(uint64_t serial) {
    v1::SetEntryStateRequest request;
    request.set_list(options_.list);
    request.add_references(std::to_string(serial));
    request.set_state(v1::ENTRY_STATE_WITHDRAWN);
    request.mutable_by()->set_actor("kenal-load");
    request.mutable_by()->set_reason("freshness");
    v1::SetEntryStateResponse response;
    grpc::ClientContext context;
    SetDeadline(context);
    return Ok(catalogue_->SetEntryState(&context, request, &response));
  }

  // Every ask but the last was stale: the change had been acknowledged.
  bool AskUntil(const std::string& hash, bool wanted, int64_t sent,
                Histogram& into) {
    v1::MatchRequest request;
    v1::PdqView& view =
        *request.mutable_content()->mutable_signals()->add_pdq();
    view.set_view(v1::VIEW_STORED);
    view.set_hash(hash);
    view.set_quality(100);
    for (int i = 0; i < kAsksMax; ++i) {
      v1::MatchResponse response;
      grpc::ClientContext context;
      SetDeadline(context);
      const grpc::Status status = matches_->Match(&context, request, &response);
      if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) continue;
      if (!Ok(status)) return false;
      if ((response.answer().match_count() > 0) == wanted) {
        into.Record(NowNs() - sent);
        return true;
      }
      ++result_.stale;
    }
    return Fail("a change never came into the answers");
  }

  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(kCallSeconds));
  }

  bool Ok(const grpc::Status& status) {
    return status.ok() || Fail(status.error_message());
  }
  bool Fail(const std::string& why) {
    ++result_.failed;
    if (result_.first_error.empty()) result_.first_error = why;
    return false;
  }

  const FreshnessOptions options_;
  const std::unique_ptr<v1::MatchService::Stub> matches_;
  const std::unique_ptr<v1::CatalogueService::Stub> catalogue_;
  std::mt19937_64 random_;
  FreshnessResult result_;
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace

StatusOr<std::unique_ptr<Freshness>> Freshness::Start(
    const FreshnessOptions& options) {
  KENAL_TRY_ASSIGN(const auto channel, Connect(options.target));
  return std::make_unique<FreshnessImpl>(options, channel);
}

}  // namespace kenal::load
