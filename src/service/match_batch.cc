#include "src/service/match_batch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "src/service/call.h"
#include "src/service/content.h"
#include "src/wire/convert.h"

namespace kenal::service {
namespace {

// One call. The workers that help with its pictures share it; the last to
// leave matches and finishes.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  Batch(const MatchParts& parts, grpc::CallbackServerContext* context,
        const v1::BatchMatchRequest* request, v1::BatchMatchResponse* response)
      : parts_(parts),
        context_(context),
        request_(request),
        response_(response),
        reactor_(new UnaryCall(parts.calls)) {}

  grpc::ServerUnaryReactor* Start() {
    if (!reactor_->admitted().ok()) {
      reactor_->Finish(ToGrpc(reactor_->admitted(), *context_));
      return reactor_;
    }
    pictures_ = static_cast<int>(
        std::ranges::count_if(request_->contents(), &v1::Content::has_picture));
    WorkPool& pool =
        pictures_ > 0 ? parts_.workers.pictures : parts_.workers.matches;
    const bool queued =
        pool.Submit(request_->ByteSizeLong(),
                    [self = shared_from_this()] { self->Lead(); });
    if (!queued) reactor_->Finish(ToGrpc(QueueFull(pool), *context_));
    return reactor_;
  }

 private:
  void Lead() {
    const Status status = Check();
    if (!status.ok()) {
      reactor_->Finish(ToGrpc(status, *context_));
      return;
    }
    // Helpers are welcome and not needed: a full queue only costs time.
    const int helpers = std::min(pictures_, parts_.hasher.worker_count()) - 1;
    for (int i = 0; i < helpers; ++i) {
      const bool queued = parts_.workers.pictures.Submit(
          0, [self = shared_from_this()] { self->Join(); });
      if (!queued) break;
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

  Status Check() {
    KENAL_TRY(StillWanted(*context_, accepted_));
    const auto count = static_cast<size_t>(request_->contents_size());
    if (count == 0 || count > Matcher::kBatchSizeMax) {
      return InvalidArgument("contents: has " + std::to_string(count) +
                             " items; send 1 to 1024");
    }
    sets_.resize(count);
    KENAL_TRY_ASSIGN(options_, ReadOptions(*request_));
    return OkStatus();
  }

  void Help() {
    while (true) {
      const size_t i = next_.fetch_add(1);
      if (i >= sets_.size() || context_->IsCancelled()) break;
      sets_[i] =
          ReadContent(request_->contents(static_cast<int>(i)),
                      WorkFor(*request_, options_.effort), parts_.hasher);
    }
    if (working_.fetch_sub(1) == 1)
      reactor_->Finish(ToGrpc(MatchAll(), *context_));
  }

  Status MatchAll() {
    if (context_->IsCancelled()) {
      return absl::CancelledError("the caller has gone");
    }
    std::vector<SignalSet> queries;
    queries.reserve(sets_.size());
    for (size_t i = 0; i < sets_.size(); ++i) {
      if (!sets_[i].ok()) {
        const Status& status = sets_[i].status();
        return Status(status.code(), "contents[" + std::to_string(i) + "]." +
                                         std::string(status.message()));
      }
      queries.push_back(*std::move(sets_[i]));
    }
    KENAL_TRY_ASSIGN(const std::vector<Answer> answers,
                     parts_.matcher.MatchBatch(queries, options_));
    for (const Answer& answer : answers) {
      wire::ToWire(answer, response_->add_answers());
    }
    return CheckResponseSize(*response_);
  }

  const MatchParts parts_;
  grpc::CallbackServerContext* const context_;
  const v1::BatchMatchRequest* const request_;
  v1::BatchMatchResponse* const response_;
  UnaryCall* const reactor_;
  const SteadyTime accepted_ = std::chrono::steady_clock::now();
  MatchOptions options_;
  int pictures_ = 0;
  std::vector<StatusOr<SignalSet>> sets_;
  std::atomic<size_t> next_{0};
  std::atomic<int> working_{1};
};

}  // namespace

grpc::ServerUnaryReactor* StartBatch(const MatchParts& parts,
                                     grpc::CallbackServerContext* context,
                                     const v1::BatchMatchRequest* request,
                                     v1::BatchMatchResponse* response) {
  return std::make_shared<Batch>(parts, context, request, response)->Start();
}

}  // namespace kenal::service
