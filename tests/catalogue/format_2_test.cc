// Stores of format 2: tests/data/format-2.rows holds every row of one, written
// by the last Kenal of that format, a `family key value` a line, in hex.

#include "src/catalogue/records.h"
#include "src/catalogue/store.h"
#include "tests/catalogue/known_good_testing.h"
#include "tests/catalogue/rows_testing.h"

namespace kenal::catalogue {
namespace {

using testing::Each;
using testing::IsEmpty;

class Format2 : public testing::Test {
 protected:
  void SetUp() override {
    int count = 0;
    MakeStoreOfRows(folder_.path(), options_, "format-2.rows", count);
    ASSERT_GT(count, 30);
    Reopen();
  }
  void Reopen() {
    catalogue_.reset();
    auto opened = OpenWith(folder_.path(), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalogue_ = *std::move(opened);
  }
  ListInfo List(const std::string& name) { return *catalogue_->GetList(name); }
  // Those of main, abuse and own.
  void ExpectVersions(uint64_t main, uint64_t abuse, uint64_t own) {
    EXPECT_EQ(List("main").version, Sequence{main});
    EXPECT_EQ(List("abuse").version, Sequence{abuse});
    EXPECT_EQ(List("own").version, Sequence{own});
    for (const ListInfo& list : catalogue_->Lists()) {
      EXPECT_GE(list.changed_unix_ms, list.created_unix_ms);
    }
  }

  TestFolder folder_;
  Options options_{.space_reserve_bytes = 0};
  std::unique_ptr<Catalogue> catalogue_;
};

// Records 1 to 3 made the lists, 4 to 6 added to main, abuse and main, 7 and 8
// set states on main, 9 the policy of abuse.
TEST_F(Format2, VersionsOfListsFollowFromTheLog) {
  EXPECT_EQ(catalogue_->head().sequence, Sequence{9});
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  ExpectVersions(8, 9, 3);
  Reopen();
  ExpectVersions(8, 9, 3);
  ASSERT_TRUE(
      catalogue_->AddEntries("own", std::vector{FullDraft(9)}, kBy).ok());
  ExpectVersions(8, 9, 10);
  Reopen();
  ExpectVersions(8, 9, 10);
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(Format2, PoliciesHaveTheirOldTermsAndNoneBeside) {
  EXPECT_EQ(List("main").policy, (ListPolicy{.pdq_radius = {25},
                                             .review_radius = Radius{40},
                                             .effort = Effort::kNormal,
                                             .second_opinion = true}));
  EXPECT_EQ(List("abuse").policy,
            (ListPolicy{.enabled = false, .pdq_radius = {22}}));
  EXPECT_EQ(List("own").policy, ListPolicy{});
}

TEST_F(Format2, AddingTheSameAgainWritesNothing) {
  const Head before = catalogue_->head();
  std::vector<EntryDraft> drafts = {FullDraft(2), BareDraft<Md5>(3),
                                    BareDraft<PdqHash>(4), FullDraft(5)};
  drafts[0].series = "another";
  const auto report = catalogue_->AddEntries("main", drafts, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(Outcomes(*report), Each(Outcome::kUnchanged));
  EXPECT_EQ(catalogue_->head(), before);
}

// Its segment does not say which entries it replaced.
TEST_F(Format2, ItsChangesAreReadWithWhatASegmentReplaced) {
  const auto page =
      catalogue_->ReadChanges({}, 1000, true, catalogue_->head().sequence);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->caught_up);
  std::vector<uint64_t> serials;
  for (const ListChange& change : page->changes) {
    if (change.sequence != Sequence{6}) continue;
    EXPECT_EQ(change.list, "main");
    for (const ChangedEntry& entry : change.entries) {
      serials.push_back(entry.id.serial());
    }
  }
  std::ranges::sort(serials);
  // What changed later may be told of here too, and is as it is now.
  for (const uint64_t serial : {2, 4, 5}) {
    EXPECT_EQ(std::ranges::count(serials, serial), 1) << serial;
  }
}

TEST_F(Format2, TakesKnownGoodFilesAsAnyStore) {
  ASSERT_TRUE(
      catalogue_->CreateList("good", Purpose::kKnownBenign, {}, kBy).ok());
  const KnownGoodEdit edit =
      Built(folder_.path(), "good", SignalType::kMd5, "bytes");
  ASSERT_TRUE(catalogue_->EditKnownGood("good", {&edit, 1}, kBy).ok());
  Reopen();
  ASSERT_EQ(List("good").known_good.size(), 1u);
  EXPECT_EQ(List("good").known_good[0].sha256, edit.file->sha256);
  EXPECT_THAT(List("main").known_good, IsEmpty());
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(Format2, GoesOnAsAnyStore) {
  EntryDraft decision = FullDraft(20);
  decision.overrules = {.list = "main", .reference = "source:id-2"};
  ASSERT_TRUE(catalogue_->AddEntries("own", std::vector{decision}, kBy).ok());
  const std::string two = "2";
  ASSERT_TRUE(
      catalogue_->SetNearActionLabel("main", {&two, 1}, "look", kBy).ok());
  Reopen();
  EXPECT_EQ(catalogue_->GetEntry("main", "2")->near_action_label, "look");
  EXPECT_EQ(catalogue_->GetEntry("own", "1")->overrules,
            (Overruled{.list = "main", .reference = "2"}));
  ExpectVersions(11, 9, 10);
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

}  // namespace
}  // namespace kenal::catalogue
