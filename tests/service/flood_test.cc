// What follows a flood of near matches of one entry, and what does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/desk_fixture.h"

namespace kenal::service {
namespace {

using identity::Method;
using identity::Role;
using testing::CallerPointer;
using testing::CallerWith;
using testing::Gate;
using ::testing::HasSubstr;
using ::testing::Not;

class Floods : public testing::AtTheDesk {
 protected:
  static constexpr int kFloor = 20;
  static constexpr char kAlerted[] = "kenal_flood_alerts_total{";

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

TEST_F(Floods, ACallCountsOnceForAnEntryHoweverManyOfItsItemsMeetIt) {
  v1::BatchMatchRequest request;
  for (int i = 0; i < 3 * kFloor; ++i) {
    wire::ToWire(Near("kite"), request.add_contents()->mutable_signals());
  }
  v1::BatchMatchResponse response;
  const CallerPointer caller = CallerWith({Role::kQuery});
  EXPECT_TRUE(Call(Method::kBatchMatch, caller, request, response).status.ok());
  EXPECT_EQ(response.answers_size(), 3 * kFloor);
  for (int i = 0; i + 1 < kFloor; ++i) Ask(Near("kite"));
  EXPECT_THAT(metrics_->Text(), Not(HasSubstr(kAlerted)));
  Ask(Near("kite"));
  EXPECT_THAT(metrics_->Text(), HasSubstr(kAlerted));
}

TEST_F(Floods, AnswersByARadiusOfTheCallersCountNothing) {
  const CallerPointer caller = CallerWith({Role::kInvestigate});
  v1::MatchRequest request;
  wire::ToWire(Near("kite"), request.mutable_content()->mutable_signals());
  request.set_radius_bits(20);
  v1::MatchResponse response;
  for (int i = 0; i < 3 * kFloor; ++i) {
    ASSERT_TRUE(Call(Method::kMatch, caller, request, response).status.ok());
    ASSERT_EQ(response.answer().verdict(), v1::VERDICT_NEAR);
  }
  EXPECT_THAT(metrics_->Text(), Not(HasSubstr(kAlerted)));
}

TEST_F(Floods, ALabelThatSomebodySetStays) {
  const Authorship by{.actor = "curator", .reason = "looked at"};
  const std::string entry = "1";
  ASSERT_TRUE(
      store_.SetNearActionLabel(kList, {&entry, 1}, "escalate", by).ok());
  for (int i = 0; i < 3 * kFloor; ++i) Ask(Near("kite"));
  EXPECT_THAT(CloseLog(), HasSubstr("\"flood\""));
  EXPECT_EQ(store_.GetEntry(kList, "1")->near_action_label, "escalate");
}

// The first label waits while many entries of two lists flood: each list has
// one change more, whatever the number of entries.
TEST_F(Floods, EntriesThatFloodTogetherAreLabelledByOneChangeAList) {
  constexpr char kOther[] = "other";
  const Authorship by{.actor = "test", .reason = "filling"};
  ASSERT_TRUE(store_.CreateList(kOther, Purpose::kChildAbuse, {}, by).ok());
  std::vector<EntryDraft> drafts(4);
  for (size_t i = 0; i < drafts.size(); ++i) {
    drafts[i].source_id = std::to_string(i);
    drafts[i].signals = Hash("picture " + std::to_string(i));
    drafts[i].provenance.source = "test";
  }
  ASSERT_TRUE(store_.AddEntries(kOther, drafts, by).ok());
  ASSERT_TRUE(store_.AddEntries(kList, drafts, by).ok());
  Gate gate;
  std::atomic<int> changes = 0;
  store_.Hook([&](std::string_view call) {
    if (call != "SetNearActionLabel") return OkStatus();
    ++changes;
    gate.Pass();
    return OkStatus();
  });
  const auto flood = [&](const std::string& picture) {
    for (int i = 0; i <= kFloor; ++i) Ask(Near(picture));
  };
  flood("kite");
  gate.AwaitArrivals(1);
  for (size_t i = 0; i < drafts.size(); ++i) {
    flood("picture " + std::to_string(i));
  }
  gate.Open();
  desk_.reset();
  EXPECT_EQ(changes, 3);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(store_.GetEntry(kOther, std::to_string(i + 1))->near_action_label,
              FloodResponse::kLabel);
    EXPECT_EQ(store_.GetEntry(kList, std::to_string(i + 3))->near_action_label,
              FloodResponse::kLabel);
  }
  EXPECT_EQ(store_.GetEntry(kList, "2")->near_action_label, "");
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
