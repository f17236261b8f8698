#include "tests/http/fake_dispatcher.h"

#include <google/protobuf/message.h>

#include <algorithm>

#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/operations_service.pb.h"

namespace kenal::testing {
namespace {

using identity::Method;

std::string RequestId(const std::string& given) {
  return given.empty() ? "0123456789abcdef" : given;
}

bool IsKnown(const v1::Content& content) {
  if (content.has_picture()) return content.picture().starts_with("known");
  const v1::SignalSet& signals = content.signals();
  return signals.md5().starts_with('\xaa') ||
         (signals.pdq_size() > 0 && signals.pdq(0).hash().starts_with('\xaa'));
}

v1::Match* AddMatch(v1::Answer& answer, const std::string& list,
                    v1::Purpose purpose, uint64_t serial, bool trusted) {
  v1::Match* const match = answer.add_matches();
  match->set_list(list);
  match->set_purpose(purpose);
  match->mutable_entry()->set_list_number(1);
  match->mutable_entry()->set_serial(serial);
  match->set_signal(v1::SIGNAL_TYPE_PDQ);
  match->set_tier(v1::TIER_MATCH);
  if (trusted) match->set_distance_bits(4);
  return match;
}

void AnswerOne(const v1::Content& content, bool trusted, v1::Answer& answer) {
  answer.set_sequence(7);
  for (const char* list : {"demo", "kind"}) {
    answer.add_list_versions()->set_list(list);
  }
  v1::Check* const pdq = answer.add_checks();
  pdq->set_signal(v1::SIGNAL_TYPE_PDQ);
  pdq->set_state(v1::CHECK_STATE_DONE);
  if (content.picture().starts_with("broken")) {
    pdq->set_state(v1::CHECK_STATE_FAILED);
    answer.set_verdict(v1::VERDICT_UNAVAILABLE);
    return;
  }
  if (!IsKnown(content)) {
    answer.set_verdict(v1::VERDICT_NO_KNOWN_MATCH);
    return;
  }
  answer.set_verdict(v1::VERDICT_NEAR);
  AddMatch(answer, "demo", v1::PURPOSE_CHILD_ABUSE, 17, trusted);
  AddMatch(answer, "kind", v1::PURPOSE_KNOWN_BENIGN, 18, trusted);
  AddMatch(answer, "demo", v1::PURPOSE_CHILD_ABUSE, 19, trusted)
      ->set_shadow(true);
  answer.set_match_count(3);
}

}  // namespace

FakeDispatcher::FakeDispatcher() : thread_([this] { Run(); }) {}

FakeDispatcher::~FakeDispatcher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void FakeDispatcher::Call(service::CallInfo info,
                          const google::protobuf::Message& request,
                          google::protobuf::Message& response, Done done) {
  ++calls;
  if (info.caller == nullptr) {
    done({.status = absl::UnauthenticatedError("nobody we know")});
    return;
  }
  if (!info.caller->roles.Meets(identity::RowOf(info.method).allowed)) {
    done({.status = absl::PermissionDeniedError("not with these roles"),
          .request_id = "denied"});
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    last_request_ = request.SerializeAsString();
    last_info_ = info;
  }
  const bool trusted = info.caller->is_trusted();
  std::string request_id;
  Status status;
  switch (info.method) {
    case Method::kMatch: {
      const auto& asked = static_cast<const v1::MatchRequest&>(request);
      auto& answered = static_cast<v1::MatchResponse&>(response);
      if (Later(info, asked, answered, done)) return;
      request_id = asked.request_id();
      AnswerOne(asked.content(), trusted, *answered.mutable_answer());
      break;
    }
    case Method::kBatchMatch: {
      const auto& asked = static_cast<const v1::BatchMatchRequest&>(request);
      auto& answered = static_cast<v1::BatchMatchResponse&>(response);
      for (const v1::Content& content : asked.contents()) {
        AnswerOne(content, trusted, *answered.add_answers());
      }
      break;
    }
    case Method::kGetMetrics:
      static_cast<v1::GetMetricsResponse&>(response).set_prometheus_text(
          "# TYPE kenal_up gauge\nkenal_up 1\n");
      break;
    case Method::kWhoAmI: {
      auto& answered = static_cast<v1::WhoAmIResponse&>(response);
      answered.set_name(info.caller->name);
      answered.add_roles(info.caller->roles.ToString());
      break;
    }
    case Method::kGetList:
      status = NotFound("list \"" +
                        static_cast<const v1::GetListRequest&>(request).name() +
                        "\": is not there");
      break;
    default:
      break;
  }
  done({.status = status, .request_id = RequestId(request_id)});
}

bool FakeDispatcher::Later(service::CallInfo& info,
                           const v1::MatchRequest& request,
                           v1::MatchResponse& response, Done& done) {
  const std::string& region = request.region();
  if (region == "QF") {
    done({.status = ResourceExhausted("the queue is full"),
          .retry_after = std::chrono::milliseconds(1500),
          .request_id = RequestId(request.request_id())});
    return true;
  }
  if (region == "BG") {
    response.mutable_answer()->add_checks()->set_message(
        std::string(size_t{8} << 20, 'x'));
    done({.request_id = RequestId(request.request_id())});
    return true;
  }
  if (region != "SL" && region != "HG") return false;
  const std::lock_guard lock(mutex_);
  waiting_.push_back(
      {std::chrono::steady_clock::now() + std::chrono::milliseconds(300),
       std::move(info), &request, &response, std::move(done)});
  changed_.notify_all();
  return true;
}

// Looks at everything that waits, every ten milliseconds.
void FakeDispatcher::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_ || !waiting_.empty()) {
    changed_.wait_for(lock, std::chrono::milliseconds(10));
    for (size_t count = waiting_.size(); count > 0; --count) {
      Waiting one = std::move(waiting_.front());
      waiting_.pop_front();
      const bool hangs = one.request->region() == "HG";
      const bool is_over = hangs ? one.info.gone && one.info.gone()
                                 : std::chrono::steady_clock::now() >= one.time;
      if (!is_over) {
        waiting_.push_back(std::move(one));
        continue;
      }
      lock.unlock();
      if (hangs) {
        ++cancelled;
        one.done({.status = absl::CancelledError("nobody waits")});
      } else {
        AnswerOne(one.request->content(), one.info.caller->is_trusted(),
                  *one.response->mutable_answer());
        one.done({.request_id = RequestId(one.request->request_id())});
      }
      lock.lock();
    }
  }
}

void FakeDispatcher::Refused(const service::CallInfo& info,
                             const identity::MethodRow* row,
                             const service::CallOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  last_refusal_ = (row != nullptr ? std::string(row->name) : "-") + " " +
                  absl::StatusCodeToString(outcome.status.code()) + " " +
                  (info.caller != nullptr ? info.caller->name : "nobody") +
                  " " + outcome.request_id;
  ++refused;
}

std::string FakeDispatcher::last_refusal() const {
  const std::lock_guard lock(mutex_);
  return last_refusal_;
}

std::shared_ptr<const identity::Caller> FakeDispatcher::Identify(
    std::span<const std::string> sans) const {
  constexpr std::string_view kPrefix = "kenal://client/";
  for (const std::string& san : sans) {
    if (!san.starts_with(kPrefix)) continue;
    std::string names = san.substr(kPrefix.size());
    std::replace(names.begin(), names.end(), '+', ',');
    const auto roles = identity::ParseRoles(names);
    if (!roles.ok()) continue;
    return std::make_shared<identity::Caller>(
        identity::Caller{.name = san, .roles = *roles});
  }
  return nullptr;
}

std::shared_ptr<const identity::Caller> FakeDispatcher::Local() const {
  return std::make_shared<identity::Caller>(
      identity::Caller{.name = "local", .roles = identity::kLocalRoles});
}

std::string FakeDispatcher::last_request() const {
  const std::lock_guard lock(mutex_);
  return last_request_;
}

service::CallInfo FakeDispatcher::last_info() const {
  const std::lock_guard lock(mutex_);
  return last_info_;
}

}  // namespace kenal::testing
