// Dispatcher: the one way that a request takes, whatever transport brought it:
// who asks, may they, is there room, whose turn is it, and then the work.
#ifndef KENAL_SRC_SERVICE_DISPATCHER_H_
#define KENAL_SRC_SERVICE_DISPATCHER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "kenal/status.h"
#include "src/identity/client_table.h"
#include "src/identity/method.h"

namespace google::protobuf {
class Message;
}

namespace kenal::service {

using SteadyTime = std::chrono::steady_clock::time_point;

// A call as its transport took it.
struct CallInfo {
  identity::Method method = identity::Method::kMatch;
  std::shared_ptr<const identity::Caller> caller;  // null: nobody we know
  // Who calls by now, of a call that lasts. Empty: whoever it was.
  std::function<std::shared_ptr<const identity::Caller>()> identify;
  std::string transport;  // "grpc" or "http"
  SteadyTime accepted = std::chrono::steady_clock::now();
  // Unset (max): the dispatcher's default for the method.
  SteadyTime deadline = SteadyTime::max();
  // Whether nobody waits for the answer any more. May be empty; called on any
  // thread until `done` was.
  std::function<bool()> gone;
};

// How a call ended. `retry_after` is set with kResourceExhausted.
struct CallOutcome {
  Status status;
  std::chrono::milliseconds retry_after{0};
  std::string request_id;  // the request's, or a fresh one
};

// Thread-safe.
class Dispatcher {
 public:
  using Done = std::function<void(const CallOutcome&)>;

  virtual ~Dispatcher() = default;

  // Authorizes and answers a unary method. Never blocks: takes the request
  // into a queue or refuses it at once. `request` and `response` are of the
  // method's own types and live until `done` is called: once, on any thread,
  // perhaps before Call returns. A method that is not unary is refused
  // (kUnimplemented).
  virtual void Call(CallInfo info, const google::protobuf::Message& request,
                    google::protobuf::Message& response, Done done) = 0;

  // Counts and logs a request that its transport refused by itself: it cannot
  // be read, is too large, or asks for nothing that is here. `row` null: no
  // method is known; `info.method` is not looked at.
  virtual void Refused(const CallInfo& info, const identity::MethodRow* row,
                       const CallOutcome& outcome) = 0;

  // Who presents a certificate with these names, by the table of the moment;
  // null: nobody we know.
  virtual std::shared_ptr<const identity::Caller> Identify(
      std::span<const std::string> sans) const = 0;
  // Who comes by a Unix socket or without encryption.
  virtual std::shared_ptr<const identity::Caller> Local() const = 0;

  // False while it starts and from the beginning of a drain on.
  virtual bool Serving() const = 0;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_DISPATCHER_H_
