#include "src/service/match_stream.h"

#include <chrono>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "src/base/mutex.h"
#include "src/service/call.h"
#include "src/service/content.h"
#include "src/wire/convert.h"

namespace kenal::service {
namespace {

// One request on its way to its response.
struct Item {
  v1::StreamMatchRequest request;
  v1::StreamMatchResponse response;
  StatusOr<SignalSet> signals;
  MatchOptions options;
  size_t size_bytes = 0;
  bool done = false;
};

// gRPC's reactions and the workers meet under one mutex. gRPC never calls a
// reaction from inside an operation, so operations are started under it too,
// and that alone orders them.
class Stream final : public StreamReactor, public Drainable {
 public:
  Stream(const MatchParts& parts, grpc::CallbackServerContext* context)
      : parts_(parts),
        context_(context),
        admitted_(parts.calls.EnterStream(this)) {
    base::MutexLock lock(mutex_);
    if (!admitted_.ok()) {
      finished_ = true;
      Finish(ToGrpc(admitted_, *context_));
      return;
    }
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
    held_bytes_ -= items_.front()->size_bytes;
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
    if (admitted_.ok()) parts_.calls.LeaveStream(this);
    { base::MutexLock lock(mutex_); }
    delete this;
  }

 private:
  ~Stream() override = default;

  void Accept() KENAL_REQUIRES(mutex_) {
    items_.push_back(std::make_unique<Item>());
    Item& item = *items_.back();
    item.request = std::move(incoming_);
    incoming_.Clear();
    item.response.set_id(item.request.id());
    item.size_bytes = item.request.ByteSizeLong();
    held_bytes_ += item.size_bytes;

    StatusOr<MatchOptions> options = ReadOptions(item.request);
    Status status = wire::CheckSize("id", item.request.id().size(),
                                    wire::kStreamIdBytesMax);
    if (status.ok()) status = options.status();
    if (!status.ok()) {
      item.response.clear_id();
      Refuse(item, status);
      return;
    }
    item.options = *options;
    if (item.request.content().has_picture()) {
      Hash(item);
    } else {
      ready_.push_back(&item);
    }
  }

  void Hash(Item& item) KENAL_REQUIRES(mutex_) {
    ++tasks_;
    const auto accepted = std::chrono::steady_clock::now();
    const bool queued = parts_.workers.pictures.Submit(
        item.size_bytes, [this, &item, accepted] { HashNow(item, accepted); });
    if (queued) return;
    --tasks_;
    Refuse(item, QueueFull(parts_.workers.pictures));
  }

  StatusOr<SignalSet> Signals(const Item& item) {
    return ReadContent(item.request.content(),
                       WorkFor(item.request, item.options.effort),
                       parts_.hasher);
  }

  void HashNow(Item& item, SteadyTime accepted) {
    const Status wanted = StillWanted(*context_, accepted);
    if (wanted.ok()) {
      item.signals = Signals(item);
    } else {
      item.signals = wanted;
    }
    base::MutexLock lock(mutex_);
    --tasks_;
    ready_.push_back(&item);
    Advance();
  }

  // Whatever can go on, goes on. Called after every change.
  void Advance() KENAL_REQUIRES(mutex_) {
    if (finished_) return;
    ScheduleStep();
    if (!writing_ && !gone_ && !items_.empty() && items_.front()->done) {
      writing_ = true;
      StartWrite(&items_.front()->response);
    }
    ReadMore();
    FinishWhenOver();
  }

  void ReadMore() KENAL_REQUIRES(mutex_) {
    if (reading_ || reads_ended_ || draining_ || gone_) return;
    if (items_.size() >= kStreamItemsMax || held_bytes_ >= kStreamBytesMax) {
      return;
    }
    reading_ = true;
    StartRead(&incoming_);
  }

  void FinishWhenOver() KENAL_REQUIRES(mutex_) {
    if (tasks_ > 0 || writing_) return;
    if (gone_) {
      finished_ = true;
      Finish(ToGrpc(absl::CancelledError("the caller has gone"), *context_));
    } else if (items_.empty() && (reads_ended_ || draining_)) {
      finished_ = true;
      const Status outcome = reads_ended_ ? OkStatus()
                                          : Unavailable(
                                                "the server is shutting down; "
                                                "open the stream again later");
      Finish(ToGrpc(outcome, *context_));
    }
  }

  void ScheduleStep() KENAL_REQUIRES(mutex_) {
    if (stepping_ || gone_ || ready_.empty()) return;
    stepping_ = true;
    ++tasks_;
    if (parts_.workers.matches.Submit(0, [this] { Step(); })) return;
    stepping_ = false;
    --tasks_;
    for (Item* const item : ready_) {
      Refuse(*item, QueueFull(parts_.workers.matches));
    }
    ready_.clear();
  }

  // Items that one call to the matcher can answer: same options.
  std::vector<Item*> TakeReady() KENAL_REQUIRES(mutex_) {
    std::vector<Item*> taken;
    while (!ready_.empty() && taken.size() < kStreamStepMax &&
           (taken.empty() || ready_.front()->options == taken[0]->options)) {
      taken.push_back(ready_.front());
      ready_.pop_front();
    }
    return taken;
  }

  void Step() {
    std::vector<Item*> taken;
    {
      base::MutexLock lock(mutex_);
      taken = TakeReady();
    }
    AnswerItems(taken);
    base::MutexLock lock(mutex_);
    for (Item* const item : taken) {
      const size_t answer_bytes = item->response.ByteSizeLong();
      item->size_bytes += answer_bytes;
      held_bytes_ += answer_bytes;
      item->done = true;
    }
    if (!gone_ && !ready_.empty()) {
      // Still counted in tasks_; others get their turn first.
      parts_.workers.matches.Requeue([this] { Step(); });
    } else {
      stepping_ = false;
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
        item->signals = Signals(*item);
      }
      if (!item->signals.ok()) {
        SetError(*item, item->signals.status());
        continue;
      }
      queries.push_back(*std::move(item->signals));
      asked.push_back(item);
    }
    if (!asked.empty()) Ask(asked, queries);
  }

  void Ask(std::span<Item* const> items, std::span<const SignalSet> queries) {
    const StatusOr<std::vector<Answer>> answers =
        context_->IsCancelled()
            ? absl::CancelledError("the caller has gone")
            : parts_.matcher.MatchBatch(queries, items[0]->options);
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
      wire::ToWire((*answers)[i], item.response.mutable_answer());
      const Status size = CheckResponseSize(item.response);
      if (!size.ok()) SetError(item, size);
    }
  }

  static void SetError(Item& item, const Status& status) {
    wire::ToWire(status, item.response.mutable_error());
  }

  void Refuse(Item& item, const Status& status) KENAL_REQUIRES(mutex_) {
    SetError(item, status);
    item.done = true;
  }

  const MatchParts parts_;
  grpc::CallbackServerContext* const context_;
  base::Mutex mutex_;
  v1::StreamMatchRequest incoming_;
  std::deque<std::unique_ptr<Item>> items_ KENAL_GUARDED_BY(mutex_);
  std::deque<Item*> ready_ KENAL_GUARDED_BY(mutex_);  // to be matched, in order
  size_t held_bytes_ KENAL_GUARDED_BY(mutex_) = 0;
  int tasks_ KENAL_GUARDED_BY(mutex_) = 0;  // in a pool, holding `this`
  bool reading_ KENAL_GUARDED_BY(mutex_) = false;
  bool reads_ended_ KENAL_GUARDED_BY(mutex_) = false;
  bool writing_ KENAL_GUARDED_BY(mutex_) = false;
  bool stepping_ KENAL_GUARDED_BY(mutex_) = false;
  bool draining_ KENAL_GUARDED_BY(mutex_) = false;
  bool gone_ KENAL_GUARDED_BY(mutex_) = false;  // nobody reads answers any more
  bool finished_ KENAL_GUARDED_BY(mutex_) = false;
  const Status admitted_;  // the last: from then on Drain may be called
};

}  // namespace

StreamReactor* StartStream(const MatchParts& parts,
                           grpc::CallbackServerContext* context) {
  return new Stream(parts, context);
}

}  // namespace kenal::service
