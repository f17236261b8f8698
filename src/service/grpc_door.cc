#include "src/service/grpc_door.h"

#include <grpc/grpc_security_constants.h>

#include <string>
#include <vector>

#include "src/wire/limits.h"
#include "src/wire/text.h"

namespace kenal::service {
namespace {

constexpr char kRetryKey[] = "grpc-retry-pushback-ms";

// The reactor of a unary call; it deletes itself when the call is over. Until
// then its answer may still be on its way, so the server is not empty.
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryCall(CallRegistry& calls)
      : calls_(calls), held_(calls.Enter().ok()) {}
  void OnDone() override {
    if (held_) calls_.Leave();
    delete this;
  }

 private:
  ~UnaryCall() override = default;

  CallRegistry& calls_;
  const bool held_;  // not one that comes while the server drains
};

// Only what gRPC itself calls insecure came by a listener without TLS: a Unix
// socket, or TCP by the operator's flag. Whatever else has to show a name.
bool IsPlaintext(const grpc::AuthContext& peer) {
  const auto kinds =
      peer.FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return kinds.size() == 1 && kinds.front() == "insecure";
}

std::shared_ptr<const identity::Caller> CallerOf(
    const Door& door, const grpc::ServerContextBase& context) {
  const auto peer = context.auth_context();
  if (peer == nullptr) return nullptr;
  if (IsPlaintext(*peer)) return door.dispatcher.Local();
  // The handshake looked at it, perhaps long ago or on a session before.
  const auto shown = peer->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (shown.size() != 1 ||
      door.desk.dates().Expired({shown[0].data(), shown[0].size()})) {
    return nullptr;
  }
  std::vector<std::string> names;
  for (const grpc::string_ref& name :
       peer->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME)) {
    names.emplace_back(name.data(), name.size());
  }
  return door.dispatcher.Identify(names);
}

SteadyTime DeadlineOf(const grpc::ServerContextBase& context, SteadyTime now) {
  const auto deadline = context.deadline();
  if (deadline == decltype(deadline)::max()) return SteadyTime::max();
  const auto left = deadline - std::chrono::system_clock::now();
  // A deadline of a hundred years must not wrap around.
  constexpr std::chrono::hours kFar{24 * 365};
  if (left > kFar) return SteadyTime::max();
  return now + std::chrono::duration_cast<std::chrono::nanoseconds>(left);
}

}  // namespace

CallInfo InfoOf(const Door& door, identity::Method method,
                grpc::CallbackServerContext* context) {
  CallInfo info;
  info.method = method;
  info.caller = CallerOf(door, *context);
  info.transport = "grpc";
  info.deadline = DeadlineOf(*context, info.accepted);
  info.gone = [context] { return context->IsCancelled(); };
  return info;
}

CallInfo LastingInfoOf(const Door& door, identity::Method method,
                       grpc::CallbackServerContext* context) {
  CallInfo info = InfoOf(door, method, context);
  info.identify = [door, context] { return CallerOf(door, *context); };
  return info;
}

grpc::Status ToGrpc(const Status& status, std::chrono::milliseconds retry_after,
                    grpc::ServerContextBase& context) {
  if (status.ok()) return grpc::Status::OK;
  context.AddTrailingMetadata(wire::kErrorMark, "1");
  if (retry_after.count() > 0) {
    context.AddTrailingMetadata(kRetryKey, std::to_string(retry_after.count()));
  }
  const absl::string_view message = status.message();
  return grpc::Status(
      static_cast<grpc::StatusCode>(status.raw_code()),
      wire::CutText({message.data(), message.size()}, wire::kErrorBytesMax));
}

grpc::ServerUnaryReactor* CallUnary(const Door& door, identity::Method method,
                                    grpc::CallbackServerContext* context,
                                    const google::protobuf::Message* request,
                                    google::protobuf::Message* response) {
  auto* const reactor = new UnaryCall(door.desk.calls());
  door.dispatcher.Call(
      InfoOf(door, method, context), *request, *response,
      [reactor, context, &desk = door.desk](const CallOutcome& outcome) {
        desk.Speak([=] {
          reactor->Finish(
              ToGrpc(outcome.status, outcome.retry_after, *context));
        });
      });
  return reactor;
}

}  // namespace kenal::service
