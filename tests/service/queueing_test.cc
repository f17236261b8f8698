// Quotas and queues: what is taken, what is refused, and whose turn it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <numeric>
#include <thread>
#include <vector>

#include "src/base/scheduling.h"
#include "tests/service/desk_fixture.h"

namespace kenal::service {
namespace {

using identity::Method;
using identity::Role;
using identity::RoleSet;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AtTheDesk;
using testing::CallerPointer;
using testing::CallerWith;
using testing::Gate;
using ::testing::HasSubstr;

constexpr RoleSet kQueryOnly{Role::kQuery};
constexpr RoleSet kTrusted{Role::kInvestigate};

class Speaking : public AtTheDesk {};

TEST_F(Speaking, IsForThreadsOfUsualPriority) {
  const int usual = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
  constexpr int kTimes = 1000;
  std::vector<int> order;
  std::vector<int> niceness;
  std::promise<void> done;
  std::thread low([&] {
    base::LowerPriority(usual + 3);
    for (int i = 0; i < kTimes; ++i) {
      desk_->Speak([&, i] {
        order.push_back(i);
        niceness.push_back(
            getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())));
        if (i == kTimes - 1) done.set_value();
      });
    }
  });
  low.join();
  done.get_future().get();
  std::vector<int> expected(kTimes);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
  EXPECT_EQ(niceness, std::vector<int>(kTimes, usual));
}

TEST_F(Speaking, OfThoseIsDoneAtOnce) {
  std::thread::id spoke;
  desk_->Speak([&] { spoke = std::this_thread::get_id(); });
  EXPECT_EQ(spoke, std::this_thread::get_id());
}

class Quotas : public AtTheDesk {};

TEST_F(Quotas, AreTheClientsOwnAndSayWhenToTryAgain) {
  const identity::Quota one_a_second{.items_per_second = 1};
  const CallerPointer first = CallerWith(kQueryOnly, one_a_second, "first");
  const CallerPointer second = CallerWith(kQueryOnly, one_a_second, "second");
  EXPECT_TRUE(StartMatch(first).get().status.ok());
  CallOutcome refused;
  for (int i = 0; i < 3 && refused.status.ok(); ++i) {
    refused = StartMatch(first).get();
  }
  EXPECT_EQ(refused.status.code(), StatusCode::kResourceExhausted);
  EXPECT_GT(refused.retry_after, milliseconds(0));
  EXPECT_LE(refused.retry_after, seconds(1));
  EXPECT_TRUE(StartMatch(second).get().status.ok());
  EXPECT_THAT(metrics_->Text(), HasSubstr("quota"));
}

TEST_F(Quotas, EntriesThatAreAddedAreItems) {
  Fill({});
  const CallerPointer caller =
      CallerWith({Role::kIngest}, {.items_per_second = 1});
  v1::AddEntriesRequest request;
  request.set_list(kList);
  request.mutable_by()->set_actor("ada");
  for (int i = 0; i < 1000; ++i) {
    wire::ToWire(Hash(std::to_string(i)),
                 request.add_drafts()->mutable_signals());
    request.mutable_drafts(i)->set_source_id(std::to_string(i));
    request.mutable_drafts(i)->mutable_provenance()->set_source("test");
  }
  v1::AddEntriesResponse response;
  EXPECT_TRUE(Call(Method::kAddEntries, caller, request, response).status.ok());
  const CallOutcome refused =
      Call(Method::kAddEntries, caller, request, response);
  EXPECT_EQ(refused.status.code(), StatusCode::kResourceExhausted);
  EXPECT_GT(refused.retry_after, seconds(100));
}

TEST_F(Quotas, ItemsUnderWayAreCountedUntilTheyAreAnswered) {
  Gate gate;
  store_.Hook([&](std::string_view) {
    gate.Pass();
    return OkStatus();
  });
  const CallerPointer caller = CallerWith(kQueryOnly, {.in_flight_max = 2});
  auto one = StartMatch(caller);
  auto two = StartMatch(caller);
  const CallOutcome three = StartMatch(caller).get();
  EXPECT_EQ(three.status.code(), StatusCode::kResourceExhausted);
  EXPECT_GT(three.retry_after, milliseconds(0));
  gate.Open();
  EXPECT_TRUE(one.get().status.ok());
  EXPECT_TRUE(two.get().status.ok());
  EXPECT_TRUE(StartMatch(caller).get().status.ok());
}

TEST(Account, GivesASecondsWorthAtOnceAndThenByTheRate) {
  Account account;
  const identity::Quota quota{.items_per_second = 100};
  const Account::Time start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(account.Take(quota, 1, start));
  }
  EXPECT_EQ(account.Take(quota, 1, start), milliseconds(10));
  EXPECT_EQ(account.Take(quota, 50, start), milliseconds(500));
  EXPECT_FALSE(account.Take(quota, 50, start + milliseconds(500)));
  EXPECT_TRUE(account.Take(quota, 1, start + milliseconds(500)));
  EXPECT_FALSE(account.Take(quota, 100, start + seconds(60)));
  EXPECT_TRUE(account.Take(quota, 1, start + seconds(60)));
}

TEST(Account, LendsMoreThanASecondsWorthToWhoUsedNothing) {
  Account account;
  const identity::Quota quota{.items_per_second = 100};
  const Account::Time start = std::chrono::steady_clock::now();
  EXPECT_FALSE(account.Take(quota, 1000, start));
  EXPECT_TRUE(account.Take(quota, 1, start + seconds(9)));
  EXPECT_FALSE(account.Take(quota, 1, start + seconds(10)));
}

class Queueing : public AtTheDesk {
 protected:
  service::Tuning Tuning() override {
    service::Tuning tuning = AtTheDesk::Tuning();
    tuning.live_queue = 8;
    return tuning;
  }
  // Holds every search until the gate opens, one being under way.
  std::future<CallOutcome> Occupy(const CallerPointer& caller) {
    store_.Hook([this](std::string_view call) {
      if (call == "MatchBatch") gate_.Pass();
      return OkStatus();
    });
    auto held = StartMatch(caller, 99);
    gate_.AwaitArrivals(1);
    return held;
  }
  void TearDown() override {
    gate_.Open();
    AtTheDesk::TearDown();
    dispatcher_.reset();
    desk_.reset();
  }
  Gate gate_;
};

TEST_F(Queueing, AFloodOfOneClientLeavesRoomForOthers) {
  const CallerPointer flood = CallerWith(kQueryOnly, {}, "flood");
  const CallerPointer other = CallerWith(kQueryOnly, {}, "other");
  auto held = Occupy(flood);
  std::vector<std::future<CallOutcome>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(StartMatch(flood));
  auto others = StartMatch(other);
  EXPECT_EQ(others.wait_for(milliseconds(20)), std::future_status::timeout);
  gate_.Open();
  EXPECT_TRUE(others.get().status.ok());
  EXPECT_TRUE(held.get().status.ok());
  int answered = 0;
  for (auto& future : waiting) {
    const CallOutcome outcome = future.get();
    answered += outcome.status.ok();
    if (outcome.status.ok()) continue;
    EXPECT_EQ(outcome.status.code(), StatusCode::kResourceExhausted);
    EXPECT_GT(outcome.retry_after, milliseconds(0));
  }
  EXPECT_EQ(answered, 4);  // half of the queue
  EXPECT_THAT(metrics_->Text(), HasSubstr("queue_full"));
}

TEST_F(Queueing, WhatWaitsTogetherIsAskedTogether) {
  const CallerPointer caller = CallerWith(kQueryOnly);
  auto held = Occupy(caller);
  std::vector<std::future<CallOutcome>> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(StartMatch(caller));
  gate_.Open();
  EXPECT_TRUE(held.get().status.ok());
  for (auto& future : waiting) EXPECT_TRUE(future.get().status.ok());
  EXPECT_EQ(store_.match_calls, 2);
  EXPECT_EQ(store_.queries_matched, 5U);
}

TEST_F(Queueing, UnlikeOptionsAreNotAskedTogether) {
  const CallerPointer caller = CallerWith(kTrusted);
  auto held = Occupy(caller);
  std::vector<std::future<CallOutcome>> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(StartMatch(caller, 1 + i / 2));
  gate_.Open();
  held.get();
  for (auto& future : waiting) EXPECT_TRUE(future.get().status.ok());
  EXPECT_EQ(store_.match_calls, 3);
}

TEST_F(Queueing, OneCallersTroubleIsNotItsNeighbours) {
  const CallerPointer caller = CallerWith(kTrusted);
  auto held = Occupy(caller);
  std::vector<std::future<CallOutcome>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(StartMatch(caller));
  v1::MatchRequest bad;
  bad.mutable_content()->mutable_signals()->set_md5("short");
  v1::MatchResponse response;
  auto refused = Start(Method::kMatch, caller, bad, response);
  std::atomic<int> calls = 0;
  store_.Hook([&](std::string_view) {
    // The call for all fails, and then that for the second alone.
    const int call = ++calls;
    return call == 1 || call == 3 ? DataLoss("an entry is damaged")
                                  : OkStatus();
  });
  gate_.Open();
  held.get();
  EXPECT_TRUE(waiting[0].get().status.ok());
  EXPECT_EQ(waiting[1].get().status.code(), StatusCode::kDataLoss);
  EXPECT_TRUE(waiting[2].get().status.ok());
  EXPECT_EQ(refused.get().status.code(), StatusCode::kInvalidArgument);
}

TEST_F(Queueing, ExpiredAndAbandonedWorkNeverStarts) {
  const CallerPointer caller = CallerWith(kTrusted);
  auto held = Occupy(caller);
  deadline_ = std::chrono::steady_clock::now() + milliseconds(50);
  auto expired = StartMatch(caller);
  deadline_ = SteadyTime::max();
  gone_ = [] { return true; };
  auto abandoned = StartMatch(caller);
  std::this_thread::sleep_for(milliseconds(100));
  gate_.Open();
  EXPECT_TRUE(held.get().status.ok());
  EXPECT_EQ(expired.get().status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(abandoned.get().status.code(), StatusCode::kCancelled);
  EXPECT_EQ(store_.queries_matched, 1U);
  EXPECT_THAT(metrics_->Text(), HasSubstr("deadline"));
}

TEST_F(Queueing, WhatAQueueRefusesIsNotTakenOfTheQuota) {
  const CallerPointer other = CallerWith(kTrusted, {}, "other");
  auto held = Occupy(other);
  std::vector<std::future<CallOutcome>> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(StartMatch(other));
  const CallerPointer caller =
      CallerWith(kTrusted, {.items_per_second = 12}, "one of a dozen");
  CallOutcome refused;
  int taken = 0;
  while (true) {
    auto match = StartMatch(caller);
    if (match.wait_for(milliseconds(0)) == std::future_status::ready) {
      refused = match.get();
      break;
    }
    ++taken;
    waiting.push_back(std::move(match));
    ASSERT_LT(taken, 12);
  }
  for (int i = 0; i < 100; ++i) refused = StartMatch(caller).get();
  EXPECT_EQ(refused.status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.status.message()), HasSubstr("searches"));
  gate_.Open();
  EXPECT_TRUE(held.get().status.ok());
  for (auto& match : waiting) EXPECT_TRUE(match.get().status.ok());
  for (int i = taken; i < 12; ++i) {
    EXPECT_TRUE(StartMatch(caller).get().status.ok());
  }
}

TEST_F(Queueing, AWideRadiusIsBulkWork) {
  const CallerPointer caller = CallerWith(kTrusted);
  auto held = Occupy(caller);
  v1::MatchRequest request;
  request.mutable_content()->mutable_signals();
  request.set_work_class(v1::WORK_CLASS_LIVE);
  request.set_radius_bits(31);
  v1::MatchResponse response;
  v1::MatchResponse wide_response;
  auto usual = Start(Method::kMatch, caller, request, response);
  request.set_radius_bits(32);
  auto wide = Start(Method::kMatch, caller, request, wide_response);
  gate_.AwaitArrivals(2);  // beside the one live worker, which is held
  gate_.Open();
  EXPECT_TRUE(wide.get().status.ok());
  EXPECT_TRUE(usual.get().status.ok());
  EXPECT_TRUE(held.get().status.ok());
}

// Both kinds of work hold the only worker of theirs.
TEST_F(Queueing, LiveWorkDoesNotWaitForBulkWork) {
  const CallerPointer caller = CallerWith(kTrusted);
  std::atomic<bool> bulk_held = false;
  store_.Hook([&](std::string_view) {
    if (!bulk_held.exchange(true)) gate_.Pass();
    return OkStatus();
  });
  auto bulk = StartMatch(caller, 100, v1::WORK_CLASS_BULK);
  gate_.AwaitArrivals(1);
  std::vector<std::future<CallOutcome>> more;
  for (int i = 0; i < 10; ++i) {
    more.push_back(StartMatch(caller, 100, v1::WORK_CLASS_BULK));
  }
  EXPECT_TRUE(StartMatch(caller).get().status.ok());
  EXPECT_EQ(bulk.wait_for(milliseconds(0)), std::future_status::timeout);
  gate_.Open();
  EXPECT_TRUE(bulk.get().status.ok());
  for (auto& future : more) EXPECT_TRUE(future.get().status.ok());
}

TEST_F(Queueing, ADrainAnswersWhatWasTakenAndTakesNothingMore) {
  const CallerPointer caller = CallerWith(kTrusted);
  auto held = Occupy(caller);
  auto waiting = StartMatch(caller);
  desk_->calls().Drain();
  const CallOutcome late = StartMatch(caller).get();
  EXPECT_EQ(late.status.code(), StatusCode::kUnavailable);
  EXPECT_FALSE(desk_->calls().AwaitEmpty(std::chrono::steady_clock::now() +
                                         milliseconds(20)));
  gate_.Open();
  EXPECT_TRUE(held.get().status.ok());
  EXPECT_TRUE(waiting.get().status.ok());
  EXPECT_TRUE(desk_->calls().AwaitEmpty(std::chrono::steady_clock::now() +
                                        seconds(60)));
}

// What is being asked is answered alike, whatever else is asked at once.
}  // namespace
}  // namespace kenal::service
