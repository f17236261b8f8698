// A dispatcher over the fakes, without any transport.
#ifndef KENAL_TESTS_SERVICE_DESK_FIXTURE_H_
#define KENAL_TESTS_SERVICE_DESK_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>

#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/match_service.pb.h"
#include "kenal/v1/operations_service.pb.h"
#include "src/operate/metrics.h"
#include "src/operate/request_log.h"
#include "src/service/desk.h"
#include "src/service/directory.h"
#include "src/service/unary_dispatcher.h"
#include "src/wire/convert.h"
#include "tests/service/fakes.h"
#include "tests/service/gate.h"
#include "tests/support/support.h"

namespace kenal::testing {

using CallerPointer = std::shared_ptr<const identity::Caller>;

inline CallerPointer CallerWith(identity::RoleSet roles,
                                identity::Quota quota = {},
                                const std::string& name = "kenal://client/a",
                                const std::string& region = "") {
  return std::make_shared<const identity::Caller>(identity::Caller{
      .name = name, .roles = roles, .quota = quota, .region = region});
}

class AtTheDesk : public ::testing::Test {
 protected:
  using Outcome = service::CallOutcome;
  static constexpr char kList[] = "abuse";

  void SetUp() override { Open(); }

  virtual service::Tuning Tuning() {
    service::Tuning tuning;
    tuning.match_workers = 1;
    tuning.live_wait = {};
    tuning.live_together = {};
    return tuning;
  }

  void Open() {
    auto directory = service::Directory::Open("", identity::kLocalRoles);
    ASSERT_TRUE(directory.ok()) << directory.status();
    directory_ = *std::move(directory);
    auto log = operate::RequestLog::Open(
        {.path = dir_ / "log", .level = operate::LogLevel::kDebug});
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    metrics_ = operate::Metrics::Make();
    backups_ = std::make_unique<service::BackupKeeper>(service::BackupPlan(),
                                                       *log_);
    desk_ = std::make_unique<service::Desk>(
        service::DeskParts{.matcher = store_,
                           .curator = store_,
                           .hasher = hasher_,
                           .bulk_hasher = hasher_,
                           .directory = *directory_,
                           .metrics = *metrics_,
                           .log = *log_,
                           .backups = *backups_},
        Tuning());
    metrics_->SetGauges([this] { return desk_->Gauges(); });
    dispatcher_ = service::MakeDispatcher(*desk_);
  }

  // Starts a call; its messages live as long as the future.
  template <typename Request, typename Response>
  std::future<Outcome> Start(identity::Method method, CallerPointer caller,
                             const Request& request, Response& response) {
    service::CallInfo info;
    info.method = method;
    info.caller = std::move(caller);
    info.transport = "test";
    info.deadline = deadline_;
    info.gone = gone_;
    auto kept = std::make_shared<Request>(request);
    auto done = std::make_shared<std::promise<Outcome>>();
    std::future<Outcome> future = done->get_future();
    dispatcher_->Call(
        std::move(info), *kept, response,
        [kept, done](const Outcome& outcome) { done->set_value(outcome); });
    return future;
  }
  template <typename Request, typename Response>
  Outcome Call(identity::Method method, CallerPointer caller,
               const Request& request, Response& response) {
    return Start(method, std::move(caller), request, response).get();
  }

  std::future<Outcome> StartMatch(CallerPointer caller, int limit = 100,
                                  v1::WorkClass work = v1::WORK_CLASS_LIVE) {
    v1::MatchRequest request;
    request.mutable_content()->mutable_signals()->set_md5(std::string(16, 'm'));
    request.set_limit(limit);
    request.set_work_class(work);
    responses_.push_back(std::make_unique<v1::MatchResponse>());
    return Start(identity::Method::kMatch, std::move(caller), request,
                 *responses_.back());
  }

  // One list, with an entry for each of `pictures`.
  void Fill(const std::vector<std::string>& pictures,
            const ListPolicy& policy = {}) {
    const Authorship by{.actor = "test", .reason = "filling"};
    ASSERT_TRUE(
        store_.CreateList(kList, Purpose::kChildAbuse, policy, by).ok());
    std::vector<EntryDraft> drafts;
    for (const std::string& picture : pictures) {
      EntryDraft& draft = drafts.emplace_back();
      draft.source_id = "id of " + picture;
      draft.signals = Hash(picture);
      draft.provenance.source = "test";
    }
    ASSERT_TRUE(store_.AddEntries(kList, drafts, by).ok());
  }
  SignalSet Hash(const std::string& picture) {
    return FakeHasher().HashBytes(
        {reinterpret_cast<const uint8_t*>(picture.data()), picture.size()},
        HashWork{});
  }

  // What was logged so far; the log is closed.
  std::string CloseLog() {
    dispatcher_.reset();
    desk_.reset();
    log_.reset();
    std::ifstream file(dir_ / "log");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  TempDir dir_;
  FakeStore store_;
  FakeHasher hasher_;
  service::SteadyTime deadline_ = service::SteadyTime::max();
  std::function<bool()> gone_;
  std::vector<std::unique_ptr<v1::MatchResponse>> responses_;
  std::unique_ptr<service::Directory> directory_;
  std::unique_ptr<operate::RequestLog> log_;
  std::unique_ptr<operate::Metrics> metrics_;
  std::unique_ptr<service::BackupKeeper> backups_;
  std::unique_ptr<service::Desk> desk_;
  std::unique_ptr<service::Dispatcher> dispatcher_;
};

}  // namespace kenal::testing

#endif  // KENAL_TESTS_SERVICE_DESK_FIXTURE_H_
