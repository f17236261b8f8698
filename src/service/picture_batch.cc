// BatchMatch with pictures: hashed by several workers, then one match for all.
#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "src/service/match_calls.h"

namespace kenal::service {
namespace {

// One call. The workers that help with its pictures share it; the last to
// leave matches and finishes.
class PictureBatch : public std::enable_shared_from_this<PictureBatch> {
 public:
  PictureBatch(Desk& desk, std::unique_ptr<Ticket> ticket,
               const v1::BatchMatchRequest& request,
               v1::BatchMatchResponse& response, Asking asking)
      : desk_(desk),
        ticket_(std::move(ticket)),
        request_(request),
        response_(response),
        asking_(std::move(asking)),
        pool_(desk.workers().PicturesOf(ticket_->work())),
        pictures_(static_cast<int>(std::ranges::count_if(
            request.contents(), &v1::Content::has_picture))) {
    sets_.resize(static_cast<size_t>(request.contents_size()));
  }

  void Start() {
    std::unique_ptr<Work> task = std::make_unique<Task>(
        Work::Cost{.items = static_cast<size_t>(pictures_),
                   .size_bytes = request_.ByteSizeLong(),
                   .deadline = ticket_->deadline()},
        Desk::ShareOf(ticket_->account()),
        [self = shared_from_this()] { self->Lead(); });
    if (const auto refused = pool_.Submit(task)) {
      ticket_->Refuse(Desk::QueueFull(pool_, refused->retry_after));
    }
  }

 private:
  void Lead() {
    const Status wanted = ticket_->StillWanted();
    if (!wanted.ok()) {
      ticket_->Finish(wanted);
      return;
    }
    ticket_->Begin();
    // Helpers are welcome and not needed: a full queue only costs time.
    const int helpers =
        std::min(pictures_, desk_.HasherOf(ticket_->work()).worker_count()) - 1;
    for (int i = 0; i < helpers; ++i) {
      if (!pool_.Submit({}, [self = shared_from_this()] { self->Join(); })) {
        break;
      }
    }
    Help();
  }

  // A helper that comes too late finds nobody working, and the call gone.
  void Join() {
    int working = working_.load();
    while (working > 0 &&
           !working_.compare_exchange_weak(working, working + 1)) {
    }
    if (working > 0) Help();
  }

  void Help() {
    while (true) {
      const size_t i = next_.fetch_add(1);
      if (i >= sets_.size() || !ticket_->StillWanted().ok()) break;
      sets_[i] = ReadContent(request_.contents(static_cast<int>(i)),
                             WorkFor(request_, asking_.options.effort), desk_,
                             ticket_->work());
    }
    if (working_.fetch_sub(1) > 1) return;
    ticket_->Finish(AnswerBatch(desk_, *ticket_, asking_, sets_, response_));
  }

  Desk& desk_;
  const std::unique_ptr<Ticket> ticket_;
  const v1::BatchMatchRequest& request_;
  v1::BatchMatchResponse& response_;
  const Asking asking_;
  WorkPool& pool_;
  const int pictures_;
  std::vector<StatusOr<SignalSet>> sets_;
  std::atomic<size_t> next_{0};
  std::atomic<int> working_{1};
};

}  // namespace

void StartPictureBatch(Desk& desk, std::unique_ptr<Ticket> ticket,
                       const v1::BatchMatchRequest& request,
                       v1::BatchMatchResponse& response, Asking asking) {
  std::make_shared<PictureBatch>(desk, std::move(ticket), request, response,
                                 std::move(asking))
      ->Start();
}

}  // namespace kenal::service
