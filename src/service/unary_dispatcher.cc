#include "src/service/unary_dispatcher.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "src/base/check.h"
#include "src/service/catalogue_calls.h"
#include "src/service/match_calls.h"

namespace kenal::service {
namespace {

using google::protobuf::Message;
using identity::Method;

// The messages are of the method's own types, or the transport has a bug.
template <typename Request, typename Response>
void Go(void (*call)(Desk&, std::unique_ptr<Ticket>, const Request&, Response&),
        Desk& desk, std::unique_ptr<Ticket> ticket, const Message& request,
        Message& response) {
  KENAL_CHECK(request.GetDescriptor() == Request::descriptor());
  KENAL_CHECK(response.GetDescriptor() == Response::descriptor());
  call(desk, std::move(ticket), static_cast<const Request&>(request),
       static_cast<Response&>(response));
}

void Route(Desk& desk, std::unique_ptr<Ticket> ticket, const Message& request,
           Message& response) {
  const auto go = [&](auto* call) {
    Go(call, desk, std::move(ticket), request, response);
  };
  switch (ticket->row().method) {
    case Method::kMatch:
      return go(CallMatch);
    case Method::kBatchMatch:
      return go(CallBatchMatch);
    case Method::kExplain:
      return go(CallExplain);
    case Method::kCreateList:
      return go(CallCreateList);
    case Method::kListLists:
      return go(CallListLists);
    case Method::kGetList:
      return go(CallGetList);
    case Method::kSetListPolicy:
      return go(CallSetListPolicy);
    case Method::kAddEntries:
      return go(CallAddEntries);
    case Method::kGetEntry:
      return go(CallGetEntry);
    case Method::kSetEntryState:
      return go(CallSetEntryState);
    case Method::kSetNearActionLabel:
      return go(CallSetNearActionLabel);
    case Method::kReadEntries:
      return go(CallReadEntries);
    case Method::kReadChanges:
      return go(CallReadChanges);
    case Method::kGetStats:
      return go(CallGetStats);
    case Method::kGetMetrics:
      return go(CallGetMetrics);
    case Method::kWhoAmI:
      return go(CallWhoAmI);
    case Method::kStreamMatch:
    case Method::kImportEntries:
    case Method::kWatchChanges:
    case Method::kVerify:
    case Method::kCreateBackup:
      break;
  }
  ticket->Finish(absl::UnimplementedError(std::string(ticket->row().name) +
                                          " is a stream; call it over gRPC"));
}

// Unset: it would be refused at any time.
std::optional<operate::Refusal> ReasonOf(const CallOutcome& outcome) {
  switch (outcome.status.code()) {
    case StatusCode::kUnauthenticated:
      return operate::Refusal::kUnauthenticated;
    case StatusCode::kPermissionDenied:
      return operate::Refusal::kPermission;
    case StatusCode::kResourceExhausted:
      return outcome.retry_after.count() > 0 ? operate::Refusal::kQueueFull
                                             : operate::Refusal::kTooLarge;
    default:
      return std::nullopt;
  }
}

class UnaryDispatcher final : public Dispatcher {
 public:
  explicit UnaryDispatcher(Desk& desk) : desk_(desk) {}

  void Call(CallInfo info, const Message& request, Message& response,
            Done done) override {
    auto ticket =
        std::make_unique<Ticket>(desk_, std::move(info), std::move(done));
    if (const auto refused = desk_.LetIn(*ticket)) {
      return ticket->Refuse(*refused);
    }
    Route(desk_, std::move(ticket), request, response);
  }

  void Refused(const CallInfo& info, const identity::MethodRow* row,
               const CallOutcome& outcome) override {
    const StatusCode code = outcome.status.code();
    operate::RequestLine line{.request_id = outcome.request_id,
                              .transport = info.transport,
                              .status = outcome.status,
                              .items = 0};
    line.took = std::chrono::steady_clock::now() - info.accepted;
    if (info.caller != nullptr) line.caller = info.caller->name;
    if (row == nullptr) {
      desk_.metrics().Unrouted(code);
    } else {
      line.method = row->method;
      line.work = row->work;
      desk_.metrics().Answered(row->method, code);
      if (const auto reason = ReasonOf(outcome)) {
        desk_.metrics().Refused(*reason, row->work);
      }
    }
    desk_.log().Request(line);
  }

  std::shared_ptr<const identity::Caller> Identify(
      std::span<const std::string> sans) const override {
    return desk_.directory().Identify(sans);
  }
  std::shared_ptr<const identity::Caller> Local() const override {
    return desk_.directory().Local();
  }
  bool Serving() const override { return desk_.serving(); }

 private:
  Desk& desk_;
};

}  // namespace

std::unique_ptr<Dispatcher> MakeDispatcher(Desk& desk) {
  return std::make_unique<UnaryDispatcher>(desk);
}

}  // namespace kenal::service
