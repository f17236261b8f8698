// What follows a flood of near matches of one entry, and what does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/desk_fixture.h"

namespace kenal::service {
namespace {

using identity::Method;
using identity::Role;
using testing::CallerWith;
using ::testing::HasSubstr;

class Floods : public testing::AtTheDesk {
 protected:
  static constexpr int kFloor = 20;

  service::Tuning Tuning() override {
    service::Tuning tuning = AtTheDesk::Tuning();
    tuning.flood.floor = kFloor;
    tuning.flood.learning_factor = 1;
    tuning.flood.window = std::chrono::hours(1);  // this test's own time
    return tuning;
  }
  void SetUp() override {
    AtTheDesk::SetUp();
    Fill({"kite", "hill"}, {.action_label = "block"});
  }
  v1::Answer Ask(const SignalSet& query) {
    v1::MatchRequest request;
    wire::ToWire(query, request.mutable_content()->mutable_signals());
    v1::MatchResponse response;
    EXPECT_TRUE(
        Call(Method::kMatch, CallerWith({Role::kQuery}), request, response)
            .status.ok());
    return response.answer();
  }
  SignalSet Near(const std::string& picture, int distance = 4) {
    SignalSet query;
    query.pdq.push_back({.hash = testing::AtDistance(Hash(picture).pdq[0].hash,
                                                     distance, random_)});
    return query;
  }
  // Changes are made behind the answers.
  void AwaitLabel(const std::string& reference) {
    const auto give_up =
        std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (store_.GetEntry(kList, reference)->near_action_label.empty()) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::mt19937_64 random_{testing::TestSeed()};
};

TEST_F(Floods, AFloodedEntryIsLabelledOnceAndItsVerdictStays) {
  std::atomic<int> labels = 0;
  store_.Hook([&](std::string_view call) {
    labels += call == "SetNearActionLabel";
    return OkStatus();
  });
  for (int i = 0; i < kFloor; ++i) {
    const v1::Answer answer = Ask(Near("kite"));
    EXPECT_EQ(answer.verdict(), v1::VERDICT_NEAR);
    EXPECT_EQ(answer.action_label(), "block");
  }
  for (int i = 0; i < kFloor; ++i) Ask(Near("kite"));
  AwaitLabel("1");
  const v1::Answer after = Ask(Near("kite"));
  EXPECT_EQ(after.verdict(), v1::VERDICT_NEAR);
  EXPECT_EQ(after.tier(), v1::TIER_MATCH);
  EXPECT_EQ(after.action_label(), FloodResponse::kLabel);
  for (int i = 0; i < 3 * kFloor; ++i) {
    EXPECT_EQ(Ask(Near("kite")).verdict(), v1::VERDICT_NEAR);
  }
  EXPECT_EQ(store_.last_author().actor, FloodResponse::kActor);
  EXPECT_EQ(store_.GetEntry(kList, "1")->near_action_label,
            FloodResponse::kLabel);
  EXPECT_THAT(metrics_->Text(), HasSubstr("flood"));
  EXPECT_THAT(CloseLog(), HasSubstr("\"flood\""));
  EXPECT_EQ(labels, 1);
}

TEST_F(Floods, DigestHitsAndOtherEntriesAreUntouched) {
  for (int i = 0; i < 3 * kFloor; ++i) Ask(Near("kite"));
  AwaitLabel("1");
  const v1::Answer other = Ask(Near("hill"));
  EXPECT_EQ(other.verdict(), v1::VERDICT_NEAR);
  EXPECT_EQ(other.action_label(), "block");
  SignalSet digest;
  digest.md5 = Hash("kite").md5;
  const v1::Answer exact = Ask(digest);
  EXPECT_EQ(exact.verdict(), v1::VERDICT_EXACT);
  EXPECT_EQ(exact.action_label(), "block");
}

TEST_F(Floods, DigestHitsAreNoFlood) {
  SignalSet digest;
  digest.md5 = Hash("kite").md5;
  for (int i = 0; i < 5 * kFloor; ++i) {
    EXPECT_EQ(Ask(digest).verdict(), v1::VERDICT_EXACT);
  }
  desk_.reset();  // changes that were under way are made
  EXPECT_EQ(store_.GetEntry(kList, "1")->near_action_label, "");
}

class AlertsAlone : public Floods {
 protected:
  service::Tuning Tuning() override {
    service::Tuning tuning = Floods::Tuning();
    tuning.flood_label = false;
    return tuning;
  }
};

TEST_F(AlertsAlone, LeaveTheEntryAsItIs) {
  for (int i = 0; i < 3 * kFloor; ++i) Ask(Near("kite"));
  EXPECT_THAT(CloseLog(), HasSubstr("\"flood\""));
  EXPECT_EQ(store_.GetEntry(kList, "1")->near_action_label, "");
}

}  // namespace
}  // namespace kenal::service
