#include "src/service/ticket.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/operate/request_log.h"
#include "src/service/desk.h"

namespace kenal::service {
namespace {

using operate::Stage;

// Gravest last.
int GravityOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNoKnownMatch:
      return 0;
    case Verdict::kTest:
      return 1;
    case Verdict::kUnavailable:
      return 2;
    case Verdict::kNear:
      return 3;
    case Verdict::kExact:
      return 4;
  }
  return 0;
}

}  // namespace

void Tally::Add(const Answer& answer) {
  Tally one{.hits = answer.matches.size(),
            .verdict = answer.verdict,
            .sequence = answer.sequence.value};
  for (const Match& match : answer.matches) one.shadow_hits += match.shadow;
  Add(one);
}

void Tally::Add(const Tally& other) {
  hits += other.hits;
  shadow_hits += other.shadow_hits;
  if (other.verdict &&
      (!verdict || GravityOf(*verdict) < GravityOf(*other.verdict))) {
    verdict = other.verdict;
  }
  sequence = std::max(sequence, other.sequence);
}

Ticket::Ticket(Desk& desk, CallInfo info, Dispatcher::Done done)
    : desk_(desk),
      info_(std::move(info)),
      done_(std::move(done)),
      row_(identity::RowOf(info_.method)),
      work_(row_.work) {
  set_work(row_.work);
}

Ticket::~Ticket() { KENAL_CHECK(ended_); }

void Ticket::set_work(identity::WorkClass work) {
  work_ = work;
  deadline_ = info_.deadline;
  if (deadline_ == SteadyTime::max()) {
    deadline_ = info_.accepted + desk_.DeadlineOf(work);
  }
}

Status Ticket::StillWanted() const {
  if (info_.gone && info_.gone()) {
    return absl::CancelledError("the caller has gone");
  }
  if (deadline_ <= std::chrono::steady_clock::now()) {
    return absl::DeadlineExceededError(
        "the deadline passed while the request waited; try again later");
  }
  return OkStatus();
}

void Ticket::Begin() {
  if (std::exchange(begun_, true)) return;
  queued_ = std::chrono::steady_clock::now() - info_.accepted;
  desk_.metrics().Took(Stage::kQueue, work_, queued_);
}

void Ticket::Gave(const Answer& answer) {
  tally_.Add(answer);
  desk_.Gave(answer);
}

void Ticket::Took(std::shared_ptr<Account> account, uint64_t items,
                  size_t size_bytes) {
  account_ = std::move(account);
  items_taken_ = items;
  bytes_taken_ = size_bytes;
}

void Ticket::Finish(const Status& status) {
  if (status.code() == StatusCode::kDeadlineExceeded && !begun_) {
    desk_.metrics().Refused(operate::Refusal::kDeadline, work_);
  }
  End(status, std::chrono::milliseconds(0));
}

void Ticket::Refuse(const Refused& refused) {
  desk_.metrics().Refused(refused.reason, work_);
  if (account_ != nullptr) account_->Refund(items_taken_);
  End(refused.status, refused.retry_after);
}

void Ticket::WriteLine(const Status& status, std::chrono::nanoseconds took) {
  desk_.log().Request(
      {.request_id = request_id_,
       .caller = known() ? std::string_view(info_.caller->name) : "",
       .transport = info_.transport,
       .method = info_.method,
       .work = work_,
       .status = status,
       .items = items_,
       .hits = tally_.hits,
       .shadow_hits = tally_.shadow_hits,
       .verdict = tally_.verdict,
       .sequence = tally_.sequence,
       .queued = queued_,
       .took = took});
}

void Ticket::End(const Status& status, std::chrono::milliseconds retry_after) {
  KENAL_CHECK(!ended_);
  ended_ = true;
  if (account_ != nullptr) {
    account_->Done(items_taken_);
    desk_.GiveBack(bytes_taken_);
  }
  if (request_id_.empty()) request_id_ = operate::MakeRequestId();
  const auto took = std::chrono::steady_clock::now() - info_.accepted;
  if (begun_) desk_.metrics().Took(Stage::kTotal, work_, took);
  desk_.metrics().Answered(info_.method, status.code());
  WriteLine(status, took);
  if (done_) {
    done_({.status = status,
           .retry_after = retry_after,
           .request_id = std::move(request_id_)});
  }
  if (entered_) desk_.calls().Leave();
}

}  // namespace kenal::service
