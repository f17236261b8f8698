// Stores of format 3: tests/data/format-3.rows holds every row of one, written
// by the last Kenal of that format, a `family key value` a line, in hex.

#include "src/catalogue/records.h"
#include "src/catalogue/store.h"
#include "tests/catalogue/rows_testing.h"
#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::IsEmpty;

class Format3 : public testing::Test {
 protected:
  void SetUp() override {
    int count = 0;
    MakeStoreOfRows(folder_.path(), options_, "format-3.rows", count);
    ASSERT_GT(count, 50);
    Reopen();
  }
  void Reopen() {
    catalogue_.reset();
    auto opened = OpenWith(folder_.path(), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalogue_ = *std::move(opened);
  }
  Entry Get(const std::string& list, const std::string& reference) {
    const auto entry = catalogue_->GetEntry(list, reference);
    EXPECT_TRUE(entry.ok()) << entry.status();
    return entry.value_or(Entry{});
  }
  ListCounts Counts(const std::string& list) {
    return catalogue_->GetList(list)->counts;
  }

  TestFolder folder_;
  Options options_{.space_reserve_bytes = 0};
  std::unique_ptr<Catalogue> catalogue_;
};

TEST_F(Format3, ItsStoresAreReadAsTheyAre) {
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  EXPECT_EQ(Counts("main"),
            (ListCounts{.active = 3, .disputed = 1, .withdrawn = 1}));
  EXPECT_EQ(Counts("abuse"), (ListCounts{.active = 4}));
  EXPECT_EQ(Get("main", "1").state_reason, "gone");
  EXPECT_EQ(Get("main", "1").state_reference, "");
  EXPECT_EQ(Get("abuse", "4").near_action_label, "review");
  EXPECT_EQ(Get("own", "1").overrules->reference, "4");
  const Entry five = Get("main", "source:case-2");
  EXPECT_EQ(five.series, "s");
  EXPECT_THAT(five.opinions, IsEmpty());
  EXPECT_EQ(five.expires_unix_ms, std::nullopt);
  EXPECT_EQ(five.details, "");
  const auto page =
      catalogue_->ReadChanges({}, 1000, true, catalogue_->head().sequence);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->caught_up);
}

TEST_F(Format3, TheSameAgainWritesNothing) {
  EntryDraft draft = Get("main", "source:case-2");
  draft.provenance.import_id = "another";
  const Head before = catalogue_->head();
  const auto report = catalogue_->AddEntries("main", {&draft, 1}, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->results[0].outcome, Outcome::kUnchanged);
  EXPECT_EQ(catalogue_->head(), before);
}

TEST_F(Format3, GoesOnAsAnyStore) {
  const std::string three = "3";
  ASSERT_TRUE(
      catalogue_
          ->SetEntryState("main", {&three, 1}, EntryState::kQuarantined,
                          {.actor = "a", .reason = "b", .reference = "c"})
          .ok());
  EntryDraft expiring = Get("main", "source:case-2");
  expiring.expires_unix_ms = 1'000;
  ASSERT_TRUE(catalogue_->AddEntries("main", {&expiring, 1}, kBy).ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
    EXPECT_EQ(
        Counts("main"),
        (ListCounts{
            .active = 2, .disputed = 1, .withdrawn = 1, .quarantined = 1}));
    EXPECT_EQ(Get("main", "3").state_reference, "c");
    EXPECT_EQ(Get("main", "source:case-2").expires_unix_ms, 1'000);
    Reopen();
  }
}

}  // namespace
}  // namespace kenal::catalogue
