// Stores of format 1: tests/data/format-1.rows holds every row of one, written
// by the last Kenal of that format, a `family key value` a line, in hex.
#include <functional>

#include "src/catalogue/change.h"
#include "src/catalogue/keys.h"
#include "src/catalogue/records.h"
#include "src/catalogue/store.h"
#include "tests/catalogue/rows_testing.h"
#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A draft as FullDraft made them then.
EntryDraft OldDraft(uint64_t seed) {
  EntryDraft draft = FullDraft(seed);
  draft.signals.pdq.pop_back();
  draft.signals.pdq[0].template_like.reset();
  return draft;
}

// All that the store was made with, in the order of its serials.
std::vector<EntryDraft> OldDrafts() {
  std::vector<EntryDraft> drafts = {OldDraft(1),       OldDraft(2),
                                    BareDraft<Md5>(3), BareDraft<PdqHash>(4),
                                    OldDraft(5),       BareDraft<PdqHash>(6),
                                    BareDraft<Md5>(7)};
  drafts[1].series = "another";
  return drafts;
}

class Format1 : public testing::Test {
 protected:
  void SetUp() override {
    MakeStoreOfRows(folder_.path(), options_, "format-1.rows", rows_);
    ASSERT_EQ(rows_, 57);
    Reopen();
  }
  void Reopen() {
    catalogue_.reset();
    auto opened = OpenWith(folder_.path(), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalogue_ = *std::move(opened);
  }
  // The format number on disk; the catalogue is closed and opened again.
  uint64_t FormatOnDisk() {
    catalogue_.reset();
    uint64_t format = 0;
    {
      const auto store = Store::Open(folder_.path(), options_);
      format =
          DecodeStoreRow(**(*store)->Get(Family::kMeta, kStoreKey))->format;
    }
    Reopen();
    return format;
  }
  std::vector<Outcome> Add(std::vector<EntryDraft> drafts) {
    const auto report = catalogue_->AddEntries("main", drafts, kBy);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? Outcomes(*report) : std::vector<Outcome>{};
  }

  TestFolder folder_;
  Options options_{.space_reserve_bytes = 0};
  int rows_ = 0;
  std::unique_ptr<Catalogue> catalogue_;
};

TEST_F(Format1, OpensAnswersAndVerifies) {
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  EXPECT_EQ(catalogue_->head().sequence, Sequence{9});
  const std::vector<EntryDraft> drafts = OldDrafts();
  std::vector<Posting> postings =
      PostingsOf(EntryId::Of({2}, 1), OldDraft(1).signals);
  for (size_t i = 0; i < drafts.size(); ++i) {
    const auto entry = catalogue_->GetEntry("main", std::to_string(i + 1));
    ASSERT_TRUE(entry.ok()) << entry.status();
    EXPECT_EQ(entry->signals, drafts[i].signals);
    EXPECT_EQ(entry->series, drafts[i].series);
    EXPECT_EQ(entry->state, i == 0   ? EntryState::kWithdrawn
                            : i == 2 ? EntryState::kDisputed
                                     : EntryState::kActive);
    if (i == 0) continue;
    for (const Posting& one : PostingsOf(entry->id, drafts[i].signals)) {
      postings.push_back(one);
    }
  }
  std::ranges::sort(postings);
  EXPECT_EQ(AllPostings(*catalogue_), postings);
  EXPECT_EQ(FormatOnDisk(), 1u);  // reading alone changes nothing
}

// A policy of that format says whether and how far; the rest stays as it was
// for all lists, and trimmed pictures are kept.
TEST_F(Format1, ListsHaveTheOldPolicyAndTheUsualRest) {
  EXPECT_EQ(catalogue_->GetList("main")->policy,
            (ListPolicy{
                .pdq_radius = {25},
                .review_radius = std::nullopt,
                .effort = Effort::kThorough,
                .stored_views = {View::kStored, View::kUpright, View::kTrimmed},
                .second_opinion = false}));
  EXPECT_FALSE(catalogue_->GetList("abuse")->policy.enabled);
  EXPECT_EQ(catalogue_->GetList("abuse")->policy.pdq_radius, Radius{20});
}

// Content without what is new has the bytes that it always had.
TEST_F(Format1, AddingTheSameAgainWritesNothing) {
  const Head before = catalogue_->head();
  std::vector<EntryDraft> drafts = OldDrafts();
  EXPECT_EQ(Add(drafts)[0], Outcome::kKeptWithdrawn);
  drafts.erase(drafts.begin());
  EXPECT_THAT(Add(drafts), Each(Outcome::kUnchanged));
  const auto imported = catalogue_->Import("main", SourceOf(drafts), {}, kBy);
  EXPECT_EQ(imported->unchanged, drafts.size());
  EXPECT_EQ(catalogue_->head(), before);
  EXPECT_EQ(FormatOnDisk(), 1u);
}

// Each way to write, first in an old store.
TEST_F(Format1, TheFirstChangeMovesTheStoreToThisFormat) {
  const std::string five = "5";
  const std::vector<EntryDraft> drafts = {FullDraft(2), FullDraft(100)};
  const std::function<bool()> changes[] = {
      [&] {
        return Add(drafts) == std::vector{Outcome::kReplaced, Outcome::kAdded};
      },
      [&] {
        const auto imported =
            catalogue_->Import("main", SourceOf(drafts), {}, kBy);
        return imported.ok() && imported->added == 1 && imported->replaced == 1;
      },
      [&] {
        return catalogue_
            ->SetEntryState("main", {&five, 1}, EntryState::kWithdrawn, kBy)
            .ok();
      },
      [&] {
        return catalogue_
            ->SetListPolicy("main", {.review_radius = Radius{40}}, kBy)
            .ok();
      },
      [&] {
        return catalogue_->CreateList("new", Purpose::kTest, {}, kBy).ok();
      }};
  for (const auto& change : changes) {
    std::filesystem::remove_all(folder_.path());
    rows_ = 0;
    catalogue_.reset();
    SetUp();
    ASSERT_TRUE(change());
    const std::vector<Posting> postings = AllPostings(*catalogue_);
    const std::vector<ListInfo> lists = catalogue_->Lists();
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
    EXPECT_EQ(FormatOnDisk(), kFormatVersion);
    EXPECT_EQ(AllPostings(*catalogue_), postings);
    EXPECT_EQ(catalogue_->Lists(), lists);
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  }
}

// New and old entries together, replaced, withdrawn and told to a view.
TEST_F(Format1, GoesOnAsAnyStore) {
  std::vector<Posting> folded = AllPostings(*catalogue_);
  catalogue_->Subscribe([&](const Delta& delta) {
    for (const Posting& posting : delta.removed) {
      EXPECT_EQ(std::erase(folded, posting), 1u);
    }
    folded.insert(folded.end(), delta.added.begin(), delta.added.end());
  });
  EntryDraft drawn = FullDraft(50);
  drawn.signals.pdq[0].template_like = true;
  EXPECT_THAT(Add({FullDraft(1), FullDraft(2), FullDraft(5), drawn}),
              ElementsAre(Outcome::kKeptWithdrawn, Outcome::kReplaced,
                          Outcome::kReplaced, Outcome::kAdded));
  const std::string references[] = {"2", "4"};
  ASSERT_TRUE(
      catalogue_->SetEntryState("main", references, EntryState::kWithdrawn, kBy)
          .ok());
  std::ranges::sort(folded);
  EXPECT_EQ(AllPostings(*catalogue_), folded);
  EXPECT_TRUE(std::ranges::any_of(
      folded, [](const Posting& posting) { return posting.template_like; }));
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

// A Kenal of format 1 refuses by this number, before it reads anything else.
TEST(FormatNumber, StandsWhereFormat1LooksForIt) {
  const std::string row = Encode(StoreRow{});
  EXPECT_EQ(row[0], 1);
  EXPECT_EQ(static_cast<uint64_t>(row[1]), kFormatVersion);
  EXPECT_GT(kFormatVersion, 1u);
}

}  // namespace
}  // namespace kenal::catalogue
