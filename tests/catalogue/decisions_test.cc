// Labels of near matches and own decisions: how they last, and what is refused.
#include <map>

#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OwnDecisions : public CatalogueTest {
 protected:
  void SetUp() override {
    CatalogueTest::SetUp();
    for (const char* const name : {"own", "other"}) {
      ASSERT_TRUE(
          catalogue_->CreateList(name, Purpose::kOwnDecisions, {}, kBy).ok());
    }
    Add({FullDraft(1), FullDraft(2)});
  }
  static EntryDraft Decision(uint64_t seed, const std::string& list,
                             const std::string& reference) {
    EntryDraft draft = FullDraft(seed);
    draft.overrules = {.list = list, .reference = reference};
    return draft;
  }
  EntryResult Decide(const EntryDraft& draft, const std::string& list = "own") {
    const auto report = catalogue_->AddEntries(list, {&draft, 1}, kBy);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->results.at(0) : EntryResult{};
  }
  Outcome Label(const std::string& reference, const std::string& label) {
    const auto report =
        catalogue_->SetNearActionLabel("main", {&reference, 1}, label, kBy);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->results.at(0).outcome : Outcome::kRefused;
  }
  std::string LabelOf(const std::string& reference) {
    return catalogue_->GetEntry("main", reference)->near_action_label;
  }
  std::map<EntryId, EntryId> Overruled() {
    std::map<EntryId, EntryId> all;
    const Status visited = catalogue_->VisitOverrulings(
        [&](const Overruling& one) { all[one.decision] = one.overruled; });
    EXPECT_TRUE(visited.ok()) << visited;
    return all;
  }
};

TEST_F(OwnDecisions, ALabelLastsThroughReplacementDisputeAndOpening) {
  EXPECT_EQ(Label("source:id-1", "look"), Outcome::kStateChanged);
  EXPECT_EQ(Label("1", "look"), Outcome::kUnchanged);
  EntryDraft replacement = FullDraft(1);
  replacement.signals.md5 = HashOf<Md5>(77);
  const auto expect_kept = [&] {
    EXPECT_EQ(LabelOf("1"), "look");
    Reopen();
    EXPECT_EQ(LabelOf("1"), "look");
    EXPECT_EQ(LabelOf("2"), "");
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  };
  expect_kept();
  EXPECT_THAT(Outcomes(Add({replacement})), ElementsAre(Outcome::kReplaced));
  expect_kept();
  const std::vector<EntryDraft> before = {FullDraft(1)};
  ASSERT_EQ(catalogue_->Import("main", SourceOf(before), {}, kBy)->replaced,
            1u);
  expect_kept();
  Set({"1"}, EntryState::kDisputed);
  expect_kept();
  Set({"1"}, EntryState::kWithdrawn);
  expect_kept();
  EXPECT_EQ(Label("1", "other"), Outcome::kKeptWithdrawn);
  expect_kept();
  EXPECT_EQ(Label("2", "look"), Outcome::kStateChanged);
  EXPECT_EQ(Label("2", ""), Outcome::kStateChanged);
  EXPECT_EQ(Label("3", "look"), Outcome::kUnknown);
  EXPECT_EQ(LabelOf("2"), "");
  EXPECT_THAT(Outcomes(Add({FullDraft(2)})), ElementsAre(Outcome::kUnchanged));
}

TEST_F(OwnDecisions, AMalformedLabelOrAMissingReasonIsRefused) {
  const std::string one = "1";
  const Head before = catalogue_->head();
  for (const char* const wrong : {"Look", "1look", "a b", "-a", "\n"}) {
    EXPECT_EQ(catalogue_->SetNearActionLabel("main", {&one, 1}, wrong, kBy)
                  .status()
                  .code(),
              StatusCode::kInvalidArgument)
        << wrong;
  }
  EXPECT_EQ(catalogue_
                ->SetNearActionLabel("main", {&one, 1}, "look",
                                     {.actor = "a", .reason = ""})
                .status()
                .code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(catalogue_->head(), before);
}

// The same target named in both ways is the same content.
TEST_F(OwnDecisions, TheSameDecisionAgainIsUnchangedHoweverItNamesItsTarget) {
  EntryDraft unnamed = Decision(10, "main", "1");
  unnamed.source_id.clear();
  for (const EntryDraft& given : {Decision(11, "main", "1"), unnamed}) {
    EntryDraft by_source = given;
    by_source.overrules->reference = "source:id-1";
    const EntryResult added = Decide(given);
    EXPECT_EQ(added.outcome, Outcome::kAdded) << added.why;
    const Head before = catalogue_->head();
    for (const EntryDraft& again : {given, by_source}) {
      EXPECT_EQ(Decide(again).outcome, Outcome::kUnchanged);
      EXPECT_EQ(Decide(again).id, added.id);
      const auto imported =
          catalogue_->Import("own", SourceOf({again}), {}, kBy);
      EXPECT_EQ(imported->unchanged, 1u);
    }
    EXPECT_EQ(catalogue_->head(), before);
    const auto stored =
        catalogue_->GetEntry("own", std::to_string(added.id.serial()));
    EXPECT_EQ(stored->overrules,
              (kenal::Overruled{.list = "main", .reference = "1"}));
    // Without an id of its source, another target makes another decision.
    EntryDraft elsewhere = given;
    elsewhere.overrules->reference = "2";
    EXPECT_EQ(Decide(elsewhere).outcome,
              given.source_id.empty() ? Outcome::kAdded : Outcome::kReplaced);
  }
}

TEST_F(OwnDecisions, WhatIsOverruledLastsAndFollowsItsSource) {
  std::map<EntryId, EntryId> folded;
  const auto follow = [&] {
    catalogue_->Subscribe([&](const Delta& delta) {
      for (const Overruling& one : delta.overrulings) {
        folded[one.decision] = one.overruled;
        if (one.overruled == EntryId{}) folded.erase(one.decision);
      }
    });
  };
  follow();
  const EntryId one = catalogue_->GetEntry("main", "1")->id;
  const EntryId two = catalogue_->GetEntry("main", "2")->id;
  std::map<EntryId, EntryId> expected;
  const auto expect = [&] {
    EXPECT_EQ(folded, expected);
    EXPECT_EQ(Overruled(), expected);
    Reopen();
    follow();
    EXPECT_EQ(Overruled(), expected);
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  };
  const EntryId first = Decide(Decision(10, "main", "1")).id;
  expected = {{first, one}};
  expect();
  EXPECT_EQ(Decide(Decision(10, "main", "2")).outcome, Outcome::kReplaced);
  expected = {{first, two}};
  expect();
  const std::vector<EntryDraft> drafts = {Decision(10, "main", "source:id-1"),
                                          Decision(11, "main", "1")};
  ASSERT_TRUE(catalogue_->Import("own", SourceOf(drafts), {}, kBy).ok());
  const EntryId second = catalogue_->GetEntry("own", "source:id-11")->id;
  expected = {{first, one}, {second, one}};
  expect();
  EXPECT_EQ(Decide(FullDraft(10)).outcome, Outcome::kReplaced);
  expected = {{second, one}};
  expect();
  // What is overruled may change and go; the decision stays as it is.
  Set({"1"}, EntryState::kWithdrawn);
  expect();
  // A withdrawn decision is never met, and still told of.
  const std::string reference = "source:id-11";
  ASSERT_TRUE(
      catalogue_
          ->SetEntryState("own", {&reference, 1}, EntryState::kWithdrawn, kBy)
          .ok());
  expect();
}

// Each beside a draft that is good, added and imported.
TEST_F(OwnDecisions, ADecisionOnWhatCannotBeOverruledIsRefusedAlone) {
  ASSERT_EQ(Decide(FullDraft(50), "other").outcome, Outcome::kAdded);
  const struct {
    std::string to;
    EntryDraft draft;
    std::string why;
  } cases[] = {
      {"own", Decision(20, "nowhere", "1"), "a list that is not there"},
      {"own", Decision(20, "", "1"), "a list that is not there"},
      {"own", Decision(20, "main", "3"), "list main has no entry"},
      {"own", Decision(20, "main", "0"), "list main has no entry"},
      {"own", Decision(20, "main", ""), "list main has no entry"},
      {"own", Decision(20, "main", "source:none"), "list main has no entry"},
      {"own", Decision(20, "other", "1"), "do not overrule each other"},
      {"own", Decision(20, "own", "1"), "do not overrule each other"},
      {"main", Decision(20, "main", "1"), "only an entry of a list of own"}};
  uint64_t seed = 100;
  for (const auto& one : cases) {
    const std::vector<EntryDraft> added = {one.draft, FullDraft(seed++)};
    const auto report = catalogue_->AddEntries(one.to, added, kBy);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(Outcomes(*report),
                ElementsAre(Outcome::kRefused, Outcome::kAdded));
    EXPECT_THAT(report->results[0].why, HasSubstr(one.why));
    EXPECT_EQ(report->results[0].id, EntryId{});
    const std::vector<EntryDraft> given = {FullDraft(seed++), one.draft,
                                           FullDraft(seed++)};
    const auto imported = catalogue_->Import(one.to, SourceOf(given), {}, kBy);
    ASSERT_TRUE(imported.ok()) << imported.status();
    EXPECT_EQ(imported->added, 2u);
    EXPECT_EQ(imported->refused, 1u);
    ASSERT_EQ(imported->refusals.size(), 1u);
    EXPECT_EQ(imported->refusals[0].position, 2u);
    EXPECT_THAT(imported->refusals[0].why, HasSubstr(one.why));
  }
  EXPECT_THAT(Overruled(), IsEmpty());
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

}  // namespace
}  // namespace kenal::catalogue
