// What all calls share: statuses, and handing a unary call to a pool.
#ifndef KENAL_SRC_SERVICE_CALL_H_
#define KENAL_SRC_SERVICE_CALL_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <utility>

#include "kenal/status.h"
#include "src/service/call_registry.h"
#include "src/service/limits.h"
#include "src/service/work_pool.h"
#include "src/wire/limits.h"
#include "src/wire/text.h"

namespace kenal::service {

using SteadyTime = std::chrono::steady_clock::time_point;

// What a call ends with. One to one; the message is cut to what trailing
// metadata hold. Once a call.
inline grpc::Status ToGrpc(const Status& status,
                           grpc::ServerContextBase& context) {
  if (status.ok()) return grpc::Status::OK;
  context.AddTrailingMetadata(wire::kErrorMark, "1");
  const absl::string_view message = status.message();
  return grpc::Status(
      static_cast<grpc::StatusCode>(status.raw_code()),
      wire::CutText({message.data(), message.size()}, wire::kErrorBytesMax));
}

inline Status QueueFull(const WorkPool& pool) {
  return ResourceExhausted("the server's queue for " + pool.name() +
                           " is full; try again in a moment");
}

// Not OK when nobody waits for the answer any more, so that work which
// expired in a queue is dropped before it starts.
inline Status StillWanted(const grpc::ServerContextBase& context,
                          SteadyTime accepted) {
  if (context.IsCancelled()) {
    return absl::CancelledError("the caller has gone");
  }
  const auto deadline = context.deadline();
  const bool open_ended = deadline == decltype(deadline)::max();
  const auto waited = std::chrono::steady_clock::now() - accepted;
  if (deadline <= std::chrono::system_clock::now() ||
      (open_ended && waited > kQueueWaitMax)) {
    return absl::DeadlineExceededError(
        "the deadline passed while the request waited; try again later");
  }
  return OkStatus();
}

template <typename Message>
Status CheckResponseSize(const Message& response) {
  if (response.ByteSizeLong() <= wire::kResponseBytesMax) return OkStatus();
  return ResourceExhausted(
      "the answer is larger than 1 GiB; lower the limit or ask for fewer at "
      "once");
}

// The reactor of a unary call; it deletes itself when the call is over.
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryCall(CallRegistry& calls)
      : calls_(calls), admitted_(calls.Enter()) {}
  // Not OK: finish the call with it.
  const Status& admitted() const { return admitted_; }
  void OnDone() override {
    if (admitted_.ok()) calls_.Leave();
    delete this;
  }

 private:
  ~UnaryCall() override = default;

  CallRegistry& calls_;
  const Status admitted_;
};

// Runs `body` (a Status()) on `pool` and finishes the call with what it
// returns; or finishes at once when the queue is full or the server drains.
template <typename Body>
grpc::ServerUnaryReactor* RunOn(WorkPool& pool, CallRegistry& calls,
                                grpc::CallbackServerContext* context,
                                size_t size_bytes, Body body) {
  auto* const reactor = new UnaryCall(calls);
  if (!reactor->admitted().ok()) {
    reactor->Finish(ToGrpc(reactor->admitted(), *context));
    return reactor;
  }
  const SteadyTime accepted = std::chrono::steady_clock::now();
  const bool queued = pool.Submit(
      size_bytes, [context, reactor, accepted, body = std::move(body)] {
        Status status = StillWanted(*context, accepted);
        if (status.ok()) status = body();
        reactor->Finish(ToGrpc(status, *context));
      });
  if (!queued) reactor->Finish(ToGrpc(QueueFull(pool), *context));
  return reactor;
}

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CALL_H_
