// Desk: what every call needs from the server, whatever its transport and
// method: who may come in, what it costs, and where it waits.
#ifndef KENAL_SRC_SERVICE_DESK_H_
#define KENAL_SRC_SERVICE_DESK_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "kenal/curator.h"
#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "src/base/check.h"
#include "src/base/scheduling.h"
#include "src/operate/metrics.h"
#include "src/operate/request_log.h"
#include "src/service/backup_keeper.h"
#include "src/service/call_registry.h"
#include "src/service/certificate_dates.h"
#include "src/service/change_feed.h"
#include "src/service/directory.h"
#include "src/service/flood_response.h"
#include "src/service/ledger.h"
#include "src/service/ticket.h"
#include "src/service/tuning.h"
#include "src/service/workers.h"

namespace kenal::service {

// What the desk works with; all outlive it.
struct DeskParts {
  Matcher& matcher;
  Curator& curator;
  Hasher& hasher;
  Hasher& bulk_hasher;  // its processes have low priority; may be `hasher`
  const Directory& directory;
  operate::Metrics& metrics;
  operate::RequestLog& log;
  BackupKeeper& backups;
};

// Thread-safe.
class Desk {
 public:
  Desk(const DeskParts& parts, const Tuning& tuning);

  // First of all: whether the caller may make this call, and whether the
  // server still takes calls.
  std::optional<Refused> LetIn(Ticket& ticket);
  // The same without entering, for streams, which enter by themselves.
  std::optional<Refused> Authorize(const Ticket& ticket) const;
  // Then: takes `items` of the caller's quota and room for the request, until
  // the ticket ends.
  std::optional<Refused> Charge(Ticket& ticket, uint64_t items,
                                size_t size_bytes);
  // Before more is taken or told in a call that lasts: by the table of the
  // moment the caller may still make it, and is who the ticket now says.
  std::optional<Refused> AuthorizeAgain(Ticket& ticket) const;
  // For StreamMatch and WatchChanges: enters, and opens a stream of the
  // caller's account. When it is let in, `account` is set and LeaveStream is
  // due.
  std::optional<Refused> EnterStream(const Ticket& ticket, Drainable* stream,
                                     std::shared_ptr<Account>& account);
  // Gives back what EnterStream took; the server is held until Leave.
  void LeaveStream(Drainable* stream, Account& account);
  static Refused TooManyOpen(std::string_view what, int most);
  // One item of a stream: given back by `account->Done(1)`.
  std::optional<Refused> ChargeItem(Account& account,
                                    const identity::Caller& caller);

  // Then: queues `run`, which is given the ticket of a call that is still
  // wanted, and ends the ticket with what it returns. The deadline of `cost`
  // is the ticket's.
  using Body = std::function<Status(Ticket&)>;
  void Queue(WorkPool& pool, std::unique_ptr<Ticket> ticket, Work::Cost cost,
             Body run);
  static Refused QueueFull(const WorkPool& pool,
                           std::chrono::milliseconds retry_after);

  std::shared_ptr<Account> AccountOf(const identity::Caller& caller) {
    return ledger_.Of(caller.name);
  }
  static std::shared_ptr<Share> ShareOf(std::shared_ptr<Account> account) {
    Share* const share = &account->share();
    return {std::move(account), share};
  }
  // Calls `speak`, which starts operations of gRPC: at once, or, when the
  // calling thread has low priority, on one of usual priority, in order. Put
  // off inside gRPC, a thread would keep locks that live calls need.
  template <typename Function>
  void Speak(Function speak) {
    if (!base::HasLowPriority()) return speak();
    KENAL_CHECK(workers_.answers.Submit({}, std::move(speak)));
  }

  // The client's own, or else what all have.
  identity::Quota QuotaOf(const identity::Caller& caller) const;
  std::chrono::milliseconds DeadlineOf(identity::WorkClass work) const;
  // Makes room for bytes that the server keeps; false: there is none.
  bool Hold(size_t size_bytes);
  bool IsFull() const { return bytes_under_way_ >= tuning_.bytes_under_way; }
  static Refused Full();
  void GiveBack(size_t size_bytes) { bytes_under_way_ -= size_bytes; }
  void Gave(const Answer& answer);
  // For the flood guard: the answers of one call by the lists' own radius.
  void WatchFloods(std::span<const Answer> answers);

  Hasher& HasherOf(identity::WorkClass work) {
    return work == identity::WorkClass::kLive ? parts_.hasher
                                              : parts_.bulk_hasher;
  }
  // Hashes and takes the time of it.
  SignalSet Hash(std::span<const uint8_t> picture, const HashWork& how,
                 identity::WorkClass work);

  Matcher& matcher() { return parts_.matcher; }
  Curator& curator() { return parts_.curator; }
  operate::Metrics& metrics() { return parts_.metrics; }
  operate::RequestLog& log() { return parts_.log; }
  BackupKeeper& backups() { return parts_.backups; }
  const Directory& directory() const { return parts_.directory; }
  CallRegistry& calls() { return calls_; }
  Workers& workers() { return workers_; }
  CertificateDates& dates() { return dates_; }
  ChangeFeed& changes() { return changes_; }

  // For the metrics page. The curator is asked.
  operate::Gauges Gauges();
  void set_serving(bool serving) { serving_ = serving; }
  bool serving() const { return serving_ && !calls_.draining(); }

 private:
  const DeskParts parts_;
  const Tuning tuning_;
  Ledger ledger_;
  CallRegistry calls_;
  CertificateDates dates_;
  std::atomic<size_t> bytes_under_way_ = 0;
  std::atomic<uint64_t> decoder_deaths_ = 0;
  std::atomic<bool> serving_ = false;
  // Destroyed first, from the last on: work that still waits is done.
  FloodResponse flood_;
  Workers workers_;
  ChangeFeed changes_;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_DESK_H_
