#include "bench/load/empty_server.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "kenal/v1/match_service.grpc.pb.h"

namespace kenal::load {
namespace {

grpc::ByteBuffer Serialized(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

v1::Answer EmptyAnswer() {
  v1::Answer answer;
  answer.set_verdict(v1::VERDICT_NO_KNOWN_MATCH);
  answer.set_sequence(1);
  for (int type = v1::SIGNAL_TYPE_PDQ; type <= v1::SIGNAL_TYPE_SHA256; ++type) {
    v1::Check& check = *answer.add_checks();
    check.set_signal(static_cast<v1::SignalType>(type));
    check.set_state(v1::CHECK_STATE_NOT_APPLICABLE);
    check.set_reason("not_supplied");
  }
  return answer;
}

class Echo final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Echo(const grpc::ByteBuffer& answer) : answer_(answer) {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    StartWrite(&answer_);
  }
  void OnWriteDone(bool) override { StartRead(&request_); }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer answer_;
  grpc::ByteBuffer request_;
};

using Base = v1::MatchService::WithRawCallbackMethod_Match<
    v1::MatchService::WithRawCallbackMethod_BatchMatch<
        v1::MatchService::WithRawCallbackMethod_StreamMatch<
            v1::MatchService::Service>>>;

class EmptyService final : public Base {
 public:
  EmptyService() {
    v1::MatchResponse one;
    *one.mutable_answer() = EmptyAnswer();
    answer_ = Serialized(one);
    v1::StreamMatchResponse item;
    *item.mutable_answer() = EmptyAnswer();
    item_ = Serialized(item);
  }

  grpc::ServerUnaryReactor* Match(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer*,
                                  grpc::ByteBuffer* response) override {
    return Answer(context, response);
  }
  grpc::ServerUnaryReactor* BatchMatch(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer*,
                                       grpc::ByteBuffer* response) override {
    return Answer(context, response);
  }
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamMatch(
      grpc::CallbackServerContext*) override {
    return new Echo(item_);
  }

 private:
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                   grpc::ByteBuffer* response) const {
    *response = answer_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ByteBuffer answer_;
  grpc::ByteBuffer item_;
};

StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const Target& target) {
  if (target.tls.empty()) return grpc::InsecureServerCredentials();
  KENAL_TRY_ASSIGN(PemFiles files, ReadPemFiles(target.tls));
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = std::move(files.authority);
  options.pem_key_cert_pairs.push_back(
      {std::move(files.key), std::move(files.certificate)});
  return grpc::SslServerCredentials(options);
}

class EmptyServerImpl final : public EmptyServer {
 public:
  ~EmptyServerImpl() override {
    if (server_ != nullptr) server_->Shutdown();
  }

  Status Listen(const Target& target) {
    KENAL_TRY_ASSIGN(const auto credentials, MakeCredentials(target));
    grpc::ServerBuilder builder;
    int port = 0;
    builder.SetMaxReceiveMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(target.address, credentials, &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return Unavailable(target.address + ": cannot be listened at");
    }
    address_ = target.address;
    if (address_.starts_with("unix:")) return OkStatus();
    address_ =
        address_.substr(0, address_.rfind(':') + 1) + std::to_string(port);
    return OkStatus();
  }

  std::string address() const override { return address_; }

 private:
  EmptyService service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace

StatusOr<std::unique_ptr<EmptyServer>> EmptyServer::Start(
    const Target& target) {
  auto server = std::make_unique<EmptyServerImpl>();
  KENAL_TRY(server->Listen(target));
  return server;
}

}  // namespace kenal::load
