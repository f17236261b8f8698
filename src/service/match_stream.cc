// StreamMatch: items read, hashed, matched in steps and written in order.
#include <array>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "src/base/mutex.h"
#include "src/service/content.h"
#include "src/service/grpc_door.h"
#include "src/service/match_calls.h"

namespace kenal::service {
namespace {

using identity::WorkClass;
using Clock = std::chrono::steady_clock;

// One request on its way to its response.
struct Item {
  v1::StreamMatchRequest request;
  v1::StreamMatchResponse response;
  StatusOr<SignalSet> signals;
  Tally tally;
  Asking asking;
  WorkClass work = WorkClass::kLive;
  SteadyTime accepted = Clock::now();
  size_t size_bytes = 0;
  size_t kept_bytes = 0;  // of what the server may hold
  bool charged = false;
  bool done = false;
};

// gRPC's reactions and the workers meet under one mutex. gRPC never calls a
// reaction from inside an operation, so operations are started under it too,
// and that alone orders them.
class Stream final : public StreamReactor, public Drainable {
 public:
  Stream(const Door& door, grpc::CallbackServerContext* context)
      : desk_(door.desk),
        context_(context),
        ticket_(door.desk,
                LastingInfoOf(door, identity::Method::kStreamMatch, context),
                Dispatcher::Done()) {
    base::MutexLock lock(mutex_);
    ticket_.set_items(0);
    if (const auto refused = desk_.EnterStream(ticket_, this, account_)) {
      finished_ = true;
      ticket_.Refuse(*refused);
      Finish(ToGrpc(refused->status, refused->retry_after, *context_));
      return;
    }
    // Reading no further than the quota goes is kinder than refusing.
    const int places = desk_.QuotaOf(ticket_.caller()).in_flight_max;
    if (places > 0) {
      items_max_ = std::min(items_max_, static_cast<size_t>(places));
    }
    ticket_.Begin();
    ReadMore();
  }

  void OnReadDone(bool ok) override {
    base::MutexLock lock(mutex_);
    reading_ = false;
    if (finished_) return;
    if (ok) {
      Accept();
    } else {
      reads_ended_ = true;
    }
    Advance();
  }

  void OnWriteDone(bool ok) override {
    base::MutexLock lock(mutex_);
    writing_ = false;
    Item& item = *items_.front();
    held_bytes_ -= item.size_bytes;
    GiveBack(item);
    items_.pop_front();
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

  // Finish is called by a worker under the mutex, and gRPC may be done before
  // that worker has let go of it.
  void OnDone() override {
    { base::MutexLock lock(mutex_); }
    CallRegistry& calls = desk_.calls();
    const std::shared_ptr<Account> account = account_;
    for (const auto& item : items_) GiveBack(*item);
    // Forgotten by the registry first: until then Drain may be called.
    if (account != nullptr) desk_.LeaveStream(this, *account);
    delete this;
    if (account != nullptr) calls.Leave();
  }

 private:
  ~Stream() override = default;

  void Accept() KENAL_REQUIRES(mutex_) {
    if (const auto refused = desk_.AuthorizeAgain(ticket_)) {
      ended_ = refused->status;
      return;
    }
    items_.push_back(std::make_unique<Item>());
    Item& item = *items_.back();
    item.request = std::move(incoming_);
    incoming_.Clear();
    item.response.set_id(item.request.id());
    item.size_bytes = item.request.ByteSizeLong();
    held_bytes_ += item.size_bytes;
    ticket_.set_items(++accepted_);

    const Status status = Read(item);
    if (!status.ok()) {
      item.request = v1::StreamMatchRequest();
      Fail(item, status);
      return;
    }
    if (!Keep(item, item.size_bytes)) {
      RefuseFull(item);
      return;
    }
    if (const auto refused = desk_.ChargeItem(*account_, ticket_.caller())) {
      desk_.metrics().Refused(refused->reason, item.work);
      Fail(item, refused->status);
      return;
    }
    item.charged = true;
    desk_.metrics().Items(item.work, 1);
    if (item.request.content().has_picture()) {
      unhashed_[static_cast<size_t>(item.work)].push_back(&item);
    } else {
      ReadyOf(item.work).push_back(&item);
    }
  }

  bool Keep(Item& item, size_t size_bytes) {
    if (!desk_.Hold(size_bytes)) return false;
    item.kept_bytes += size_bytes;
    return true;
  }

  void GiveBack(const Item& item) {
    if (item.charged) account_->Done(1);
    desk_.GiveBack(item.kept_bytes);
  }

  void RefuseFull(Item& item) KENAL_REQUIRES(mutex_) {
    const Refused refused = Desk::Full();
    desk_.metrics().Refused(refused.reason, item.work);
    item.request = v1::StreamMatchRequest();  // its bytes are let go
    Fail(item, refused.status);
  }

  Status Read(Item& item) KENAL_REQUIRES(mutex_) {
    const Status id = wire::CheckSize("id", item.request.id().size(),
                                      wire::kStreamIdBytesMax);
    if (!id.ok()) {
      item.response.clear_id();
      return id;
    }
    KENAL_TRY_ASSIGN(item.work, ReadWork(item.request, ticket_.row().work));
    if (item.work == WorkClass::kMaintenance) item.work = WorkClass::kBulk;
    KENAL_TRY_ASSIGN(item.asking,
                     ReadAsking(item.request, 1, ticket_.caller()));
    if (item.asking.is_wide()) item.work = WorkClass::kBulk;
    return OkStatus();
  }

  // A few at a time, so that a stream of pictures is slowed down by the
  // decoders and not refused by their queue.
  void ScheduleHashes(WorkClass work) KENAL_REQUIRES(mutex_) {
    int& hashing = hashing_[static_cast<size_t>(work)];
    std::deque<Item*>& unhashed = unhashed_[static_cast<size_t>(work)];
    WorkPool& pool = desk_.workers().PicturesOf(work);
    while (!gone_ && !unhashed.empty() && hashing < kStreamPicturesMax) {
      Item& item = *unhashed.front();
      std::unique_ptr<Work> task = std::make_unique<Task>(
          Work::Cost{.size_bytes = item.size_bytes}, Desk::ShareOf(account_),
          [this, &item] { HashNow(item); });
      const auto refused = pool.Submit(task);
      if (refused && hashing > 0) return;  // again when one of ours is done
      unhashed.pop_front();
      if (refused) {
        RefuseItem(item, pool, refused->retry_after);
      } else {
        ++hashing;
        ++tasks_;
      }
    }
  }

  StatusOr<SignalSet> Signals(const Item& item) {
    return ReadContent(item.request.content(),
                       WorkFor(item.request, item.asking.options.effort), desk_,
                       item.work);
  }

  // Not the ticket's: the deadline of an item without one counts from when it
  // came.
  Status StillWanted(const Item& item) const {
    if (context_->IsCancelled()) {
      return absl::CancelledError("the caller has gone");
    }
    const SteadyTime deadline = item.accepted + desk_.DeadlineOf(item.work);
    if (deadline > Clock::now()) return OkStatus();
    desk_.metrics().Refused(operate::Refusal::kDeadline, item.work);
    return absl::DeadlineExceededError(
        "the deadline passed while the request waited; try again later");
  }

  void HashNow(Item& item) {
    const Status wanted = StillWanted(item);
    if (wanted.ok()) {
      item.signals = Signals(item);
    } else {
      item.signals = wanted;
    }
    desk_.Speak([this, &item] { Hashed(item); });
  }

  void Hashed(Item& item) {
    base::MutexLock lock(mutex_);
    --tasks_;
    --hashing_[static_cast<size_t>(item.work)];
    ReadyOf(item.work).push_back(&item);
    Advance();
  }

  // Whatever can go on, goes on. Called after every change.
  void Advance() KENAL_REQUIRES(mutex_) {
    if (finished_) return;
    for (const WorkClass work : {WorkClass::kLive, WorkClass::kBulk}) {
      ScheduleHashes(work);
      ScheduleStep(work);
    }
    if (!writing_ && !gone_ && !items_.empty() && items_.front()->done) {
      writing_ = true;
      StartWrite(&items_.front()->response);
    }
    ReadMore();
    FinishWhenOver();
  }

  void ReadMore() KENAL_REQUIRES(mutex_) {
    if (reading_ || reads_ended_ || draining_ || gone_ || !ended_.ok()) return;
    if (items_.size() >= items_max_ || held_bytes_ >= kStreamBytesMax) {
      return;
    }
    // With none of its own under way there would be nobody to go on.
    if (!items_.empty() && desk_.IsFull()) return;
    reading_ = true;
    StartRead(&incoming_);
  }

  void FinishWhenOver() KENAL_REQUIRES(mutex_) {
    if (tasks_ > 0 || writing_) return;
    Status outcome;
    if (gone_) {
      outcome = absl::CancelledError("the caller has gone");
    } else if (!items_.empty() ||
               (ended_.ok() && !reads_ended_ && !draining_)) {
      return;
    } else if (!ended_.ok()) {
      outcome = ended_;
    } else if (!reads_ended_) {
      outcome = Unavailable(
          "the server is shutting down; open the stream again later");
    }
    finished_ = true;
    ticket_.Finish(outcome);
    Finish(ToGrpc(outcome, {}, *context_));
  }

  void ScheduleStep(WorkClass work) KENAL_REQUIRES(mutex_) {
    bool& stepping = stepping_[static_cast<size_t>(work)];
    std::deque<Item*>& ready = ReadyOf(work);
    if (stepping || gone_ || ready.empty()) return;
    WorkPool& pool = desk_.workers().SearchesOf(work);
    std::unique_ptr<Work> step = MakeStep(work);
    const auto refused = pool.Submit(step);
    if (!refused) {
      stepping = true;
      ++tasks_;
      return;
    }
    for (Item* const item : ready) {
      RefuseItem(*item, pool, refused->retry_after);
    }
    ready.clear();
  }

  std::unique_ptr<Work> MakeStep(WorkClass work) KENAL_REQUIRES(mutex_) {
    const size_t items = std::min(ReadyOf(work).size(), kTogetherMax);
    return std::make_unique<Task>(Work::Cost{.items = items},
                                  Desk::ShareOf(account_),
                                  [this, work] { Step(work); });
  }

  // Items that one call to the matcher can answer: same options.
  std::vector<Item*> TakeReady(WorkClass work) KENAL_REQUIRES(mutex_) {
    std::deque<Item*>& ready = ReadyOf(work);
    std::vector<Item*> taken;
    while (!ready.empty() && taken.size() < kTogetherMax) {
      const MatchOptions& options = ready.front()->asking.options;
      if (!taken.empty() &&
          (options != taken[0]->asking.options ||
           (taken.size() + 1) * static_cast<size_t>(options.limit) >
               static_cast<size_t>(MatchOptions::kLimitMax))) {
        break;
      }
      taken.push_back(ready.front());
      ready.pop_front();
    }
    return taken;
  }

  void Step(WorkClass work) {
    std::vector<Item*> taken;
    {
      base::MutexLock lock(mutex_);
      taken = TakeReady(work);
    }
    AnswerItems(taken);
    desk_.Speak([this, work, taken] { Answered(work, taken); });
  }

  void Answered(WorkClass work, const std::vector<Item*>& taken) {
    base::MutexLock lock(mutex_);
    for (Item* const item : taken) {
      size_t answer_bytes = item->response.ByteSizeLong();
      if (!Keep(*item, answer_bytes)) {
        SetError(*item, Desk::Full().status);
        answer_bytes = item->response.ByteSizeLong();
      }
      item->size_bytes += answer_bytes;
      held_bytes_ += answer_bytes;
      item->done = true;
      ticket_.Count(item->tally);
    }
    if (!gone_ && !ReadyOf(work).empty()) {
      // Still counted in tasks_; others get their turn first.
      desk_.workers().SearchesOf(work).Requeue(MakeStep(work));
    } else {
      stepping_[static_cast<size_t>(work)] = false;
      --tasks_;
    }
    Advance();
  }

  // Gives each item an answer or an error. Only this step knows the items
  // until they are done.
  void AnswerItems(const std::vector<Item*>& items) {
    std::vector<SignalSet> queries;
    std::vector<Item*> asked;
    for (Item* const item : items) {
      if (!item->request.content().has_picture()) {
        const Status wanted = StillWanted(*item);
        if (wanted.ok()) {
          item->signals = Signals(*item);
        } else {
          item->signals = wanted;
        }
      }
      if (!item->signals.ok()) {
        SetError(*item, item->signals.status());
        continue;
      }
      desk_.metrics().Took(operate::Stage::kQueue, item->work,
                           Clock::now() - item->accepted);
      queries.push_back(*std::move(item->signals));
      asked.push_back(item);
    }
    if (asked.empty()) return;
    desk_.metrics().Batched(asked.size());
    Ask(asked, queries);
  }

  void Ask(std::span<Item* const> items, std::span<const SignalSet> queries) {
    StatusOr<std::vector<Answer>> answers =
        context_->IsCancelled()
            ? absl::CancelledError("the caller has gone")
            : Search(desk_, queries, items[0]->asking.options, items[0]->work);
    if (!answers.ok() && items.size() > 1 && !context_->IsCancelled()) {
      // One item's trouble is not its neighbours'.
      for (size_t i = 0; i < items.size(); ++i) {
        Ask(items.subspan(i, 1), queries.subspan(i, 1));
      }
      return;
    }
    for (size_t i = 0; i < items.size(); ++i) {
      Item& item = *items[i];
      if (!answers.ok()) {
        SetError(item, answers.status());
        continue;
      }
      item.tally.Add((*answers)[i]);
      desk_.Gave((*answers)[i]);
      if (!item.asking.sets_radius()) desk_.WatchFloods({&(*answers)[i], 1});
      Tell((*answers)[i], item.asking, item.response.mutable_answer());
      const Status size = CheckResponseSize(item.response);
      if (!size.ok()) SetError(item, size);
    }
  }

  static void SetError(Item& item, const Status& status) {
    wire::ToWire(status, item.response.mutable_error());
  }

  void Fail(Item& item, const Status& status) KENAL_REQUIRES(mutex_) {
    SetError(item, status);
    item.done = true;
  }

  void RefuseItem(Item& item, const WorkPool& pool,
                  std::chrono::milliseconds retry_after)
      KENAL_REQUIRES(mutex_) {
    const Refused refused = Desk::QueueFull(pool, retry_after);
    desk_.metrics().Refused(refused.reason, item.work);
    if (item.charged) account_->Refund(1);
    Fail(item, refused.status);
  }

  std::deque<Item*>& ReadyOf(WorkClass work) KENAL_REQUIRES(mutex_) {
    return ready_[static_cast<size_t>(work)];
  }

  Desk& desk_;
  grpc::CallbackServerContext* const context_;
  base::Mutex mutex_;
  v1::StreamMatchRequest incoming_;
  Ticket ticket_ KENAL_GUARDED_BY(mutex_);
  std::shared_ptr<Account> account_;
  std::deque<std::unique_ptr<Item>> items_ KENAL_GUARDED_BY(mutex_);
  // By class: pictures to be hashed, and how many are.
  std::array<std::deque<Item*>, identity::kWorkClassCount> unhashed_
      KENAL_GUARDED_BY(mutex_);
  std::array<int, identity::kWorkClassCount> hashing_
      KENAL_GUARDED_BY(mutex_) = {};
  // To be matched, in order, by class.
  std::array<std::deque<Item*>, identity::kWorkClassCount> ready_
      KENAL_GUARDED_BY(mutex_);
  std::array<bool, identity::kWorkClassCount> stepping_
      KENAL_GUARDED_BY(mutex_) = {};
  uint64_t accepted_ KENAL_GUARDED_BY(mutex_) = 0;
  size_t held_bytes_ KENAL_GUARDED_BY(mutex_) = 0;
  int tasks_ KENAL_GUARDED_BY(mutex_) = 0;  // in a pool, holding `this`
  size_t items_max_ KENAL_GUARDED_BY(mutex_) = kStreamItemsMax;
  bool reading_ KENAL_GUARDED_BY(mutex_) = false;
  bool reads_ended_ KENAL_GUARDED_BY(mutex_) = false;
  bool writing_ KENAL_GUARDED_BY(mutex_) = false;
  bool draining_ KENAL_GUARDED_BY(mutex_) = false;
  bool gone_ KENAL_GUARDED_BY(mutex_) = false;  // nobody reads answers any more
  bool finished_ KENAL_GUARDED_BY(mutex_) = false;
  Status ended_ KENAL_GUARDED_BY(mutex_);  // why no more items are taken
};

}  // namespace

StreamReactor* StartStream(const Door& door,
                           grpc::CallbackServerContext* context) {
  return new Stream(door, context);
}

}  // namespace kenal::service
