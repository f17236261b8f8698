// Ticket: one call from the door to its end, so that each ends once, is
// counted, logged and paid for, however it ends.
#ifndef KENAL_SRC_SERVICE_TICKET_H_
#define KENAL_SRC_SERVICE_TICKET_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kenal/status.h"
#include "kenal/verdict.h"
#include "src/identity/method.h"
#include "src/operate/metrics.h"
#include "src/service/dispatcher.h"
#include "src/service/ledger.h"

namespace kenal::service {

class Desk;

// Why a call is not let in, and when to try again.
struct Refused {
  Status status;
  operate::Refusal reason = operate::Refusal::kQueueFull;
  std::chrono::milliseconds retry_after{0};
};

// What was answered in one call, for its line in the log.
struct Tally {
  uint64_t hits = 0;  // shadow ones too
  uint64_t shadow_hits = 0;
  std::optional<Verdict> verdict;  // the gravest
  uint64_t sequence = 0;           // the last

  void Add(const Answer& answer);
  void Add(const Tally& other);
};

// Used by one thread at a time.
class Ticket {
 public:
  // `desk` outlives it. `done` may be empty.
  Ticket(Desk& desk, CallInfo info, Dispatcher::Done done);
  // Ended before.
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  const identity::MethodRow& row() const { return row_; }
  // Once it was let in.
  const identity::Caller& caller() const { return *info_.caller; }
  bool known() const { return info_.caller != nullptr; }
  // By the table of the moment; null: nobody we know any more.
  std::shared_ptr<const identity::Caller> CallerNow() const {
    return info_.identify ? info_.identify() : info_.caller;
  }
  void set_caller(std::shared_ptr<const identity::Caller> caller) {
    info_.caller = std::move(caller);
  }
  const std::string& request_id() const { return request_id_; }
  void set_request_id(std::string id) { request_id_ = std::move(id); }
  identity::WorkClass work() const { return work_; }
  // Also sets the deadline of a call that has none.
  void set_work(identity::WorkClass work);
  SteadyTime deadline() const { return deadline_; }

  // Whether there is anybody to answer. Work that expired while it waited is
  // dropped before it starts. Errors: kCancelled, kDeadlineExceeded.
  Status StillWanted() const;
  // A worker has it: the wait is over.
  void Begin();

  // For the log and the metrics; before anything is withheld.
  void Gave(const Answer& answer);
  void Count(const Tally& tally) { tally_.Add(tally); }
  void set_items(uint64_t items) { items_ = items; }
  void set_sequence(uint64_t sequence) { tally_.sequence = sequence; }

  // What is to be given back at the end.
  void Entered() { entered_ = true; }
  void Took(std::shared_ptr<Account> account, uint64_t items,
            size_t size_bytes);
  const std::shared_ptr<Account>& account() const { return account_; }

  // One of these, once, last.
  void Finish(const Status& status);
  void Refuse(const Refused& refused);

 private:
  void End(const Status& status, std::chrono::milliseconds retry_after);
  void WriteLine(const Status& status, std::chrono::nanoseconds took);

  Desk& desk_;
  CallInfo info_;
  const Dispatcher::Done done_;
  const identity::MethodRow& row_;
  std::string request_id_;
  identity::WorkClass work_;
  SteadyTime deadline_;
  std::chrono::nanoseconds queued_{0};
  uint64_t items_ = 1;
  Tally tally_;
  std::shared_ptr<Account> account_;
  uint64_t items_taken_ = 0;
  size_t bytes_taken_ = 0;
  bool begun_ = false;
  bool entered_ = false;
  bool ended_ = false;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_TICKET_H_
