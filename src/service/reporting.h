// Reporting: a streaming call that sends progress while it works, and then
// one last message. The reactor deletes itself when the call is over.
#ifndef KENAL_SRC_SERVICE_REPORTING_H_
#define KENAL_SRC_SERVICE_REPORTING_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "kenal/status.h"
#include "src/base/check.h"
#include "src/base/mutex.h"
#include "src/service/grpc_door.h"
#include "src/service/ledger.h"
#include "src/service/limits.h"

namespace kenal::service {

// `Reactor` is a gRPC reactor that writes `Event`, as it is or as bytes.
// Progress that comes faster than the caller reads replaces what was not sent
// yet, so nobody waits for a slow reader.
template <typename Reactor, typename Event>
class Reporting : public Reactor {
  using Sent = std::conditional_t<std::is_same_v<Reactor, ImportReactor>,
                                  grpc::ByteBuffer, Event>;

 public:
  Reporting(const Door& door, identity::Method method,
            grpc::CallbackServerContext* context)
      : door_(door),
        context_(context),
        ticket_(std::make_unique<Ticket>(door.desk,
                                         LastingInfoOf(door, method, context),
                                         Dispatcher::Done())),
        held_(door.desk.calls().Enter().ok()) {}

  void OnWriteDone(bool ok) override {
    base::MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) pending_.reset();
    Advance();
  }

  // Finish is called by a worker under the mutex, and gRPC may be done before
  // that worker has let go of it.
  void OnDone() final {
    { base::MutexLock lock(mutex_); }
    if (account_ != nullptr) account_->Close(Account::Lasting::kLongCall);
    CallRegistry& calls = door_.desk.calls();
    const bool held = held_;
    delete this;
    if (held) calls.Leave();
  }

 protected:
  ~Reporting() override = default;

  Desk& desk() { return door_.desk; }
  Ticket& ticket() { return *ticket_; }

  // Whether the call may be made; otherwise it is concluded. Before anything
  // of the request is read.
  bool LetIn() {
    std::optional<Refused> refused = desk().LetIn(*ticket_);
    if (!refused) refused = OpenLongCall();
    if (!refused) refused = desk().Charge(*ticket_, 1, 0);
    if (refused) Refuse(*refused);
    return !refused;
  }

  void Tell(Event progress) {
    desk().Speak([this, progress = std::move(progress)] {
      base::MutexLock lock(mutex_);
      pending_ = progress;
      Advance();
    });
  }

  // Sends `report` when `status` is OK, and ends the call. This or Refuse,
  // once. Afterwards the object may be gone at any moment.
  void Conclude(Event report, const Status& status) {
    desk().Speak([this, report = std::move(report), status] {
      base::MutexLock lock(mutex_);
      pending_.reset();
      if (status.ok()) pending_ = report;
      ticket_->Finish(status);
      outcome_ = ToGrpc(status, {}, *context_);
      Advance();
    });
  }
  void Refuse(const Refused& refused) {
    base::MutexLock lock(mutex_);
    pending_.reset();
    ticket_->Refuse(refused);
    outcome_ = ToGrpc(refused.status, refused.retry_after, *context_);
    Advance();
  }

 private:
  std::optional<Refused> OpenLongCall() {
    std::shared_ptr<Account> account = desk().AccountOf(ticket_->caller());
    if (!account->Open(Account::Lasting::kLongCall, kClientLongCallsMax)) {
      return Desk::TooManyOpen("imports, verifications and backups",
                               kClientLongCallsMax);
    }
    account_ = std::move(account);
    return std::nullopt;
  }

  static void Put(Event& event, Event& sent) { sent = std::move(event); }
  static void Put(const Event& event, grpc::ByteBuffer& sent) {
    grpc::ByteBuffer bytes;
    bool own_buffer = false;
    const grpc::Status status =
        grpc::SerializationTraits<Event>::Serialize(event, &bytes, &own_buffer);
    KENAL_CHECK(status.ok());
    sent.Swap(&bytes);
  }

  void Advance() KENAL_REQUIRES(mutex_) {
    if (writing_) return;
    if (pending_) {
      Put(*pending_, sent_);
      pending_.reset();
      writing_ = true;
      this->StartWrite(&sent_);
    } else if (outcome_) {
      const grpc::Status outcome = *outcome_;
      outcome_.reset();
      this->Finish(outcome);
    }
  }

  const Door door_;
  grpc::CallbackServerContext* const context_;
  const std::unique_ptr<Ticket> ticket_;
  const bool held_;  // not one that comes while the server drains
  std::shared_ptr<Account> account_;  // set while a long call of it is open
  base::Mutex mutex_;
  Sent sent_;
  std::optional<Event> pending_ KENAL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> outcome_ KENAL_GUARDED_BY(mutex_);
  bool writing_ KENAL_GUARDED_BY(mutex_) = false;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_REPORTING_H_
