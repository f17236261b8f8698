#include "src/service/match_calls.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "src/operate/request_log.h"
#include "src/service/entry_name.h"

namespace kenal::service {
namespace {

using identity::WorkClass;

// Takes over the caller's name for the request. Errors: kInvalidArgument.
Status NameRequest(const std::string& id, Ticket& ticket) {
  if (id.empty()) return OkStatus();
  if (!operate::IsRequestId(id)) {
    return InvalidArgument(
        "request_id: is not 1 to 64 printable ASCII characters without "
        "blanks");
  }
  ticket.set_request_id(id);
  return OkStatus();
}

// One piece of content. Those of the same options that wait behind it are
// answered with it, by one call to the matcher.
class MatchWork final : public Work {
 public:
  MatchWork(const Cost& cost, std::shared_ptr<Share> share, Desk& desk,
            std::unique_ptr<Ticket> ticket, const v1::MatchRequest& request,
            v1::MatchResponse& response, Asking asking)
      : Work(cost, std::move(share)),
        desk_(desk),
        ticket_(std::move(ticket)),
        request_(request),
        response_(response),
        asking_(std::move(asking)) {}

  bool Joins(const Work& first, size_t count) const override {
    const auto* other = dynamic_cast<const MatchWork*>(&first);
    return other != nullptr && !request_.content().has_picture() &&
           !other->request_.content().has_picture() &&
           asking_.options == other->asking_.options &&
           (count + 2) * static_cast<size_t>(asking_.options.limit) <=
               static_cast<size_t>(MatchOptions::kLimitMax);
  }

  void Run(std::span<const std::unique_ptr<Work>> joined) override {
    std::vector<MatchWork*> asked;
    std::vector<SignalSet> queries;
    asked.reserve(joined.size() + 1);
    queries.reserve(joined.size() + 1);
    Prepare(asked, queries);
    for (const auto& work : joined) {
      static_cast<MatchWork&>(*work).Prepare(asked, queries);
    }
    if (asked.empty()) return;
    desk_.metrics().Batched(asked.size());
    Ask(asked, queries);
  }

  std::unique_ptr<Ticket> GiveBackTicket() { return std::move(ticket_); }

 private:
  void Prepare(std::vector<MatchWork*>& asked,
               std::vector<SignalSet>& queries) {
    const Status wanted = ticket_->StillWanted();
    if (!wanted.ok()) {
      ticket_->Finish(wanted);
      return;
    }
    ticket_->Begin();
    StatusOr<SignalSet> signals = ReadContent(
        request_.content(), WorkFor(request_, asking_.options.effort), desk_,
        ticket_->work());
    if (!signals.ok()) {
      ticket_->Finish(signals.status());
      return;
    }
    asked.push_back(this);
    queries.push_back(*std::move(signals));
  }

  void Ask(std::span<MatchWork* const> asked,
           std::span<const SignalSet> queries) {
    StatusOr<std::vector<Answer>> answers =
        Search(desk_, queries, asking_.options, ticket_->work());
    if (!answers.ok() && asked.size() > 1) {
      // One caller's trouble is not its neighbours'.
      for (size_t i = 0; i < asked.size(); ++i) {
        asked[i]->Ask(asked.subspan(i, 1), queries.subspan(i, 1));
      }
      return;
    }
    if (!answers.ok()) {
      asked[0]->ticket_->Finish(answers.status());
      return;
    }
    for (size_t i = 0; i < asked.size(); ++i) {
      asked[i]->Answered((*answers)[i]);
    }
  }

  void Answered(Answer& answer) {
    ticket_->Gave(answer);
    if (!asking_.sets_radius()) desk_.WatchFloods({&answer, 1});
    Tell(answer, asking_, response_.mutable_answer());
    ticket_->Finish(answer.matches.size() > kCheckedMatches
                        ? CheckResponseSize(response_)
                        : OkStatus());
  }

  // Fewer cannot be larger than a response may be.
  static constexpr size_t kCheckedMatches = 100;

  Desk& desk_;
  std::unique_ptr<Ticket> ticket_;
  const v1::MatchRequest& request_;
  v1::MatchResponse& response_;
  const Asking asking_;
};

// Of one request: how it is asked and when its turn is.
template <typename Request>
StatusOr<Asking> ReadRequest(const Request& request, size_t items,
                             Ticket& ticket) {
  KENAL_TRY(NameRequest(request.request_id(), ticket));
  KENAL_TRY_ASSIGN(WorkClass work, ReadWork(request, ticket.row().work));
  if (items > kTogetherMax) work = WorkClass::kBulk;
  ticket.set_work(work);
  KENAL_TRY_ASSIGN(Asking asking, ReadAsking(request, items, ticket.caller()));
  if (asking.is_wide()) ticket.set_work(WorkClass::kBulk);
  return asking;
}

std::vector<StatusOr<SignalSet>> ReadBatch(
    const v1::BatchMatchRequest& request) {
  std::vector<StatusOr<SignalSet>> sets;
  sets.reserve(static_cast<size_t>(request.contents_size()));
  for (const v1::Content& content : request.contents()) {
    if (content.kind_case() == v1::Content::KIND_NOT_SET) {
      sets.emplace_back(
          InvalidArgument("content: is not set; send signals or a picture"));
    } else {
      sets.push_back(wire::FromWire(content.signals()));
    }
  }
  return sets;
}

}  // namespace

StatusOr<std::vector<Answer>> Search(Desk& desk,
                                     std::span<const SignalSet> queries,
                                     const MatchOptions& options,
                                     WorkClass work) {
  const auto start = std::chrono::steady_clock::now();
  StatusOr<std::vector<Answer>> answers =
      desk.matcher().MatchBatch(queries, options);
  desk.metrics().Took(operate::Stage::kSearch, work,
                      std::chrono::steady_clock::now() - start);
  return answers;
}

void CallMatch(Desk& desk, std::unique_ptr<Ticket> ticket,
               const v1::MatchRequest& request, v1::MatchResponse& response) {
  StatusOr<Asking> asking = ReadRequest(request, 1, *ticket);
  if (!asking.ok()) return ticket->Finish(asking.status());
  const size_t size_bytes = request.ByteSizeLong();
  if (const auto refused = desk.Charge(*ticket, 1, size_bytes)) {
    return ticket->Refuse(*refused);
  }
  Workers& workers = desk.workers();
  WorkPool& pool = request.content().has_picture()
                       ? workers.PicturesOf(ticket->work())
                       : workers.SearchesOf(ticket->work());
  const Work::Cost cost{
      .items = 1, .size_bytes = size_bytes, .deadline = ticket->deadline()};
  std::shared_ptr<Share> share = Desk::ShareOf(ticket->account());
  std::unique_ptr<Work> work = std::make_unique<MatchWork>(
      cost, std::move(share), desk, std::move(ticket), request, response,
      *std::move(asking));
  if (const auto refused = pool.Submit(work)) {
    static_cast<MatchWork&>(*work).GiveBackTicket()->Refuse(
        Desk::QueueFull(pool, refused->retry_after));
  }
}

Status AnswerBatch(Desk& desk, Ticket& ticket, const Asking& asking,
                   std::span<StatusOr<SignalSet>> sets,
                   v1::BatchMatchResponse& response) {
  KENAL_TRY(ticket.StillWanted());
  std::vector<SignalSet> queries;
  queries.reserve(sets.size());
  for (size_t i = 0; i < sets.size(); ++i) {
    if (!sets[i].ok()) {
      const Status& status = sets[i].status();
      return Status(status.code(), "contents[" + std::to_string(i) + "]." +
                                       std::string(status.message()));
    }
    queries.push_back(*std::move(sets[i]));
  }
  desk.metrics().Batched(queries.size());
  KENAL_TRY_ASSIGN(std::vector<Answer> answers,
                   Search(desk, queries, asking.options, ticket.work()));
  if (!asking.sets_radius()) desk.WatchFloods(answers);
  response.mutable_answers()->Reserve(static_cast<int>(answers.size()));
  for (Answer& answer : answers) {
    ticket.Gave(answer);
    Tell(answer, asking, response.add_answers());
  }
  return CheckResponseSize(response);
}

void CallBatchMatch(Desk& desk, std::unique_ptr<Ticket> ticket,
                    const v1::BatchMatchRequest& request,
                    v1::BatchMatchResponse& response) {
  const auto count = static_cast<size_t>(request.contents_size());
  if (count == 0 || count > Matcher::kBatchSizeMax) {
    return ticket->Finish(InvalidArgument(
        "contents: has " + std::to_string(count) + " items; send 1 to 1024"));
  }
  StatusOr<Asking> asking = ReadRequest(request, count, *ticket);
  if (!asking.ok()) return ticket->Finish(asking.status());
  const size_t size_bytes = request.ByteSizeLong();
  if (const auto refused = desk.Charge(*ticket, count, size_bytes)) {
    return ticket->Refuse(*refused);
  }
  if (std::ranges::any_of(request.contents(), &v1::Content::has_picture)) {
    return StartPictureBatch(desk, std::move(ticket), request, response,
                             *std::move(asking));
  }
  WorkPool& pool = desk.workers().SearchesOf(ticket->work());
  desk.Queue(
      pool, std::move(ticket), {.items = count, .size_bytes = size_bytes},
      [&desk, &request, &response, asking = *std::move(asking)](Ticket& held) {
        std::vector<StatusOr<SignalSet>> sets = ReadBatch(request);
        return AnswerBatch(desk, held, asking, sets, response);
      });
}

void CallExplain(Desk& desk, std::unique_ptr<Ticket> ticket,
                 const v1::ExplainRequest& request,
                 v1::ExplainResponse& response) {
  const size_t size_bytes = request.ByteSizeLong();
  if (const auto refused = desk.Charge(*ticket, 1, size_bytes)) {
    return ticket->Refuse(*refused);
  }
  Workers& workers = desk.workers();
  WorkPool& pool = request.content().has_picture()
                       ? workers.PicturesOf(ticket->work())
                       : workers.SearchesOf(ticket->work());
  desk.Queue(
      pool, std::move(ticket), {.items = 1, .size_bytes = size_bytes},
      [&desk, &request, &response](Ticket& held) -> Status {
        KENAL_TRY(CheckName(request.list()));
        KENAL_TRY(CheckReference(request.reference()));
        KENAL_TRY_ASSIGN(
            const MatchOptions options,
            wire::MatchOptionsFromWire(std::nullopt, request.effort()));
        KENAL_TRY_ASSIGN(
            const SignalSet signals,
            ReadContent(request.content(), WorkFor(request, options.effort),
                        desk, held.work()));
        KENAL_TRY_ASSIGN(const Explanation explanation,
                         desk.matcher().Explain(signals, request.list(),
                                                request.reference(), options));
        wire::ToWire(explanation, response.mutable_explanation());
        return OkStatus();
      });
}

}  // namespace kenal::service
