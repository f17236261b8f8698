// Reporting: a streaming call that sends progress while it works, and then
// one last message. The reactor deletes itself when the call is over.
#ifndef KENAL_SRC_SERVICE_REPORTING_H_
#define KENAL_SRC_SERVICE_REPORTING_H_

#include <grpcpp/grpcpp.h>

#include <optional>
#include <utility>

#include "kenal/status.h"
#include "src/base/mutex.h"
#include "src/service/call.h"

namespace kenal::service {

// `Reactor` is a gRPC reactor that writes `Event`. Progress that comes faster
// than the caller reads replaces what was not sent yet, so nobody waits for a
// slow reader.
template <typename Reactor, typename Event>
class Reporting : public Reactor {
 public:
  Reporting(CallRegistry& calls, grpc::CallbackServerContext* context)
      : calls_(calls), context_(context), admitted_(calls.Enter()) {}

  void OnWriteDone(bool ok) override {
    base::MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) pending_.reset();
    Advance();
  }

  // Finish is called by a worker under the mutex, and gRPC may be done before
  // that worker has let go of it.
  void OnDone() final {
    if (admitted_.ok()) calls_.Leave();
    { base::MutexLock lock(mutex_); }
    delete this;
  }

 protected:
  ~Reporting() override = default;

  // Not OK: conclude with it.
  const Status& admitted() const { return admitted_; }

  void Tell(Event progress) {
    base::MutexLock lock(mutex_);
    pending_ = std::move(progress);
    Advance();
  }

  // Sends `report` when `status` is OK, and ends the call; once. Afterwards
  // the object may be gone at any moment.
  void Conclude(Event report, const Status& status) {
    base::MutexLock lock(mutex_);
    if (status.ok()) {
      pending_ = std::move(report);
    } else {
      pending_.reset();
    }
    outcome_ = ToGrpc(status, *context_);
    Advance();
  }

 private:
  void Advance() KENAL_REQUIRES(mutex_) {
    if (writing_) return;
    if (pending_) {
      sent_ = *std::move(pending_);
      pending_.reset();
      writing_ = true;
      this->StartWrite(&sent_);
    } else if (outcome_) {
      const grpc::Status outcome = *outcome_;
      outcome_.reset();
      this->Finish(outcome);
    }
  }

  CallRegistry& calls_;
  grpc::CallbackServerContext* const context_;
  const Status admitted_;
  base::Mutex mutex_;
  Event sent_;
  std::optional<Event> pending_ KENAL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> outcome_ KENAL_GUARDED_BY(mutex_);
  bool writing_ KENAL_GUARDED_BY(mutex_) = false;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_REPORTING_H_
