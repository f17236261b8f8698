// WatchChanges: pages of changes for as long as the caller stays. A page is
// read only when the one before was handed over, so a slow reader is simply
// behind and holds one page.
#include <memory>
#include <optional>
#include <utility>

#include "src/base/mutex.h"
#include "src/service/catalogue_calls.h"
#include "src/service/change_feed.h"
#include "src/service/grpc_door.h"

namespace kenal::service {
namespace {

// As in match_stream.cc, gRPC's reactions and the workers meet under one
// mutex, and the feed comes from a thread of its own.
class Watch final : public WatchReactor, public Drainable, public Watcher {
 public:
  Watch(const Door& door, grpc::CallbackServerContext* context,
        const v1::WatchChangesRequest* request)
      : desk_(door.desk),
        context_(context),
        ticket_(door.desk,
                LastingInfoOf(door, identity::Method::kWatchChanges, context),
                Dispatcher::Done()) {
    base::MutexLock lock(mutex_);
    if (const auto refused = desk_.EnterStream(ticket_, this, account_)) {
      finished_ = true;
      ticket_.Refuse(*refused);
      Finish(ToGrpc(refused->status, refused->retry_after, *context_));
      return;
    }
    ticket_.Begin();
    StatusOr<wire::ChangesAsked> asked = wire::FromWire(*request);
    if (!asked.ok()) {
      failed_ = asked.status();
    } else {
      asked_ = *std::move(asked);
      desk_.changes().Add(this);
      watching_ = true;
    }
    Advance();
  }

  void Grew(Sequence head) override {
    base::MutexLock lock(mutex_);
    if (finished_) return;
    head_ = std::max(head_, head);
    // Pages that could not be queued are asked for again with every look.
    Advance();
  }

  void OnWriteDone(bool ok) override {
    base::MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) gone_ = true;
    Advance();
  }
  void OnCancel() override {
    base::MutexLock lock(mutex_);
    gone_ = true;
    Advance();
  }
  void Drain() override {
    base::MutexLock lock(mutex_);
    draining_ = true;
    Advance();
  }

  void OnDone() override {
    { base::MutexLock lock(mutex_); }
    if (watching_) desk_.changes().Remove(this);
    CallRegistry& calls = desk_.calls();
    const std::shared_ptr<Account> account = account_;
    if (account != nullptr) desk_.LeaveStream(this, *account);
    delete this;
    if (account != nullptr) calls.Leave();
  }

 private:
  ~Watch() override = default;

  // The first page is read at once, caught up or not: it says where the caller
  // is.
  bool Behind() const KENAL_REQUIRES(mutex_) {
    return !told_caught_up_ || head_ > asked_.after.sequence;
  }

  void Advance() KENAL_REQUIRES(mutex_) {
    if (finished_) return;
    if (!reading_ && !writing_) {
      if (gone_ || draining_ || !failed_.ok()) {
        End();
      } else if (Behind()) {
        std::unique_ptr<Work> task = std::make_unique<Task>(
            Work::Cost{}, Desk::ShareOf(account_), [this] { ReadNext(); });
        reading_ = !desk_.workers().followers.Submit(task);
      }
    }
  }

  void End() KENAL_REQUIRES(mutex_) {
    Status outcome = failed_;
    if (gone_) {
      outcome = absl::CancelledError("the caller has gone");
    } else if (outcome.ok()) {
      outcome = Unavailable(
          "the server is shutting down; watch again later from the last "
          "cursor");
    }
    finished_ = true;
    ticket_.Finish(outcome);
    Finish(ToGrpc(outcome, {}, *context_));
  }

  // Without the mutex: nobody else reads while `reading_`.
  StatusOr<wire::ChangesTold> NextPage() {
    if (const auto refused = desk_.AuthorizeAgain(ticket_)) {
      return refused->status;
    }
    KENAL_TRY(CheckChangesAsked(desk_, ticket_.caller(), asked_));
    return ReadPage(desk_, ticket_.caller(), asked_);
  }

  void ReadNext() {
    desk_.Speak([this, told = NextPage()] { Tell(told); });
  }

  void Tell(const StatusOr<wire::ChangesTold>& told) {
    base::MutexLock lock(mutex_);
    reading_ = false;
    if (!told.ok()) {
      failed_ = told.status();
    } else if (!gone_) {
      Write(*told);
    }
    Advance();
  }

  void Write(const wire::ChangesTold& told) KENAL_REQUIRES(mutex_) {
    asked_.after = told.page.next;
    head_ = std::max(head_, told.page.head);
    const bool news = !told.page.changes.empty();
    if (!news && told_caught_up_) return;
    told_caught_up_ = !news;
    ticket_.set_sequence(told.page.next.sequence.value);
    response_.Clear();
    wire::ToWire(told, &response_);
    writing_ = true;
    StartWrite(&response_);
  }

  Desk& desk_;
  grpc::CallbackServerContext* const context_;
  base::Mutex mutex_;
  Ticket ticket_;
  wire::ChangesAsked asked_;  // from where on
  v1::WatchChangesResponse response_;
  Sequence head_ KENAL_GUARDED_BY(mutex_);
  Status failed_ KENAL_GUARDED_BY(mutex_);
  std::shared_ptr<Account> account_;  // set when it entered
  bool watching_ = false;
  bool told_caught_up_ KENAL_GUARDED_BY(mutex_) = false;
  bool reading_ KENAL_GUARDED_BY(mutex_) = false;
  bool writing_ KENAL_GUARDED_BY(mutex_) = false;
  bool draining_ KENAL_GUARDED_BY(mutex_) = false;
  bool gone_ KENAL_GUARDED_BY(mutex_) = false;
  bool finished_ KENAL_GUARDED_BY(mutex_) = false;
};

}  // namespace

WatchReactor* StartWatch(const Door& door, grpc::CallbackServerContext* context,
                         const v1::WatchChangesRequest* request) {
  return new Watch(door, context, request);
}

}  // namespace kenal::service
