// What becomes of entries after they are there: quarantine, expiry, what a
// source takes back, and imports that are only tried.
#include <filesystem>
#include <map>
#include <random>

#include "src/catalogue/keys.h"
#include "src/catalogue/records.h"
#include "src/catalogue/store.h"
#include "tests/catalogue/testing.h"
#include "tests/support/support.h"

namespace kenal::catalogue {
namespace {

using kenal::testing::TestSeed;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Lifecycle : public CatalogueTest {
 protected:
  Lifecycle() { options_.segment_records_max = 16; }

  StatusOr<ImportReport> Import(const std::vector<ImportItem>& items,
                                bool rehearse = false) {
    size_t at = 0;
    const ImportSource source = [&]() -> StatusOr<std::optional<ImportItem>> {
      if (at == items.size()) return std::nullopt;
      return items[at++];
    };
    return rehearse ? catalogue_->RehearseImport("main", source, {}, kBy)
                    : catalogue_->Import("main", source, {}, kBy);
  }
  static ImportItem Put(uint64_t seed) { return {.draft = FullDraft(seed)}; }
  static ImportItem TakeBack(uint64_t seed) {
    ImportItem item;
    item.draft.source_id = "id-" + std::to_string(seed);
    item.draft.provenance.import_id = "import";  // as FullDraft's
    item.tombstone = true;
    return item;
  }
  Entry Get(uint64_t seed) {
    const auto entry =
        catalogue_->GetEntry("main", "source:id-" + std::to_string(seed));
    EXPECT_TRUE(entry.ok()) << entry.status();
    return entry.value_or(Entry{});
  }
  std::map<uint64_t, int64_t> Expiries() {
    std::map<uint64_t, int64_t> all;
    EXPECT_TRUE(catalogue_
                    ->VisitExpiries([&](const Expiry& one) {
                      all[one.entry.serial()] = *one.unix_ms;
                    })
                    .ok());
    return all;
  }
  void ExpectSound() {
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
    Reopen();
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  }
};

TEST_F(Lifecycle, QuarantineTakesThePostingsAndReinstatingGivesThemBack) {
  Add({FullDraft(1), FullDraft(2)});
  const std::vector<Posting> before = AllPostings(*catalogue_);
  EXPECT_THAT(Outcomes(Set({"1"}, EntryState::kQuarantined)),
              ElementsAre(Outcome::kStateChanged));
  EXPECT_EQ(Counts(), (ListCounts{.active = 1, .quarantined = 1}));
  for (const Posting& posting : AllPostings(*catalogue_)) {
    EXPECT_EQ(posting.entry.serial(), 2u);
  }
  ExpectSound();
  Set({"1"}, EntryState::kDisputed);
  EXPECT_EQ(AllPostings(*catalogue_), before);
  Set({"1"}, EntryState::kActive);
  EXPECT_EQ(AllPostings(*catalogue_), before);
  EXPECT_EQ(Counts(), (ListCounts{.active = 2}));
  ExpectSound();
}

TEST_F(Lifecycle, ASourceThatReplacesAQuarantinedEntryDoesNotFreeIt) {
  Add({FullDraft(1)});
  Set({"1"}, EntryState::kQuarantined);
  EntryDraft other = FullDraft(1);
  other.signals.md5 = HashOf<Md5>(77);
  EXPECT_THAT(Outcomes(Add({other})), ElementsAre(Outcome::kReplaced));
  EXPECT_EQ(Get(1).state, EntryState::kQuarantined);
  EXPECT_THAT(AllPostings(*catalogue_), IsEmpty());
  ExpectSound();
  // What it holds now is what comes back.
  Set({"1"}, EntryState::kActive);
  EXPECT_EQ(Get(1).signals.md5, other.signals.md5);
  Add({FullDraft(1)});
  ExpectSound();
}

TEST_F(Lifecycle, AStateKeepsItsReasonAndReferenceUntilItEnds) {
  Add({FullDraft(1)});
  const Authorship by{.actor = "a", .reason = "why", .reference = "T-17"};
  const std::string one = "1";
  ASSERT_TRUE(
      catalogue_->SetEntryState("main", {&one, 1}, EntryState::kDisputed, by)
          .ok());
  EXPECT_EQ(Get(1).state_reason, "why");
  EXPECT_EQ(Get(1).state_reference, "T-17");
  ExpectSound();
  ASSERT_TRUE(
      catalogue_->SetEntryState("main", {&one, 1}, EntryState::kActive, by)
          .ok());
  EXPECT_EQ(Get(1).state_reason, "");
  EXPECT_EQ(Get(1).state_reference, "");
}

TEST_F(Lifecycle, WhatElseASourceSaysComesBack) {
  EntryDraft draft = FullDraft(1);
  draft.opinions = {{.affirms = true, .member = "m", .at_unix_ms = 5},
                    {.reason = "wrong"}};
  draft.expires_unix_ms = 1'000;
  draft.details = R"({"comment":"kite"})";
  Add({draft});
  ExpectSound();
  EXPECT_EQ(Get(1).opinions, draft.opinions);
  EXPECT_EQ(Get(1).expires_unix_ms, draft.expires_unix_ms);
  EXPECT_EQ(Get(1).details, draft.details);
  EXPECT_THAT(Outcomes(Add({draft})), ElementsAre(Outcome::kUnchanged));
  for (const auto& alter : std::vector<std::function<void(EntryDraft&)>>{
           [](EntryDraft& d) { d.opinions.pop_back(); },
           [](EntryDraft& d) { d.expires_unix_ms = 1'001; },
           [](EntryDraft& d) { d.details = R"({"comment":"boat"})"; }}) {
    EntryDraft altered = draft;
    alter(altered);
    EXPECT_THAT(Outcomes(Add({altered})), ElementsAre(Outcome::kReplaced));
    Add({draft});
  }
  draft.details.assign((1 << 20) + 1, 'x');
  EXPECT_THAT(Add({draft}).results[0].why, HasSubstr("the limit is"));
}

// Against a map of what each entry said last.
TEST_F(Lifecycle, ExpiriesFollowTheEntries) {
  std::mt19937_64 random(TestSeed());
  std::map<uint64_t, std::optional<int64_t>> said;  // by seed
  for (int round = 0; round < 200; ++round) {
    const uint64_t seed = random() % 20;
    EntryDraft draft = FullDraft(seed);
    draft.expires_unix_ms.reset();
    if (random() % 3 != 0) {
      draft.expires_unix_ms = static_cast<int64_t>(random() % 1000) - 500;
    }
    if (random() % 2 == 0) {
      Add({draft});
    } else {
      ASSERT_TRUE(Import({{.draft = draft}}).ok());
    }
    said[seed] = draft.expires_unix_ms;
    if (random() % 20 == 0) Reopen();
  }
  std::map<uint64_t, int64_t> expected;
  for (const auto& [seed, expires] : said) {
    if (expires) expected[Get(seed).id.serial()] = *expires;
  }
  EXPECT_EQ(Expiries(), expected);
  ExpectSound();
  EXPECT_EQ(Expiries(), expected);
}

TEST_F(Lifecycle, VerifyingFindsExpiriesThatAreNotThoseOfTheEntries) {
  EntryDraft draft = FullDraft(1);
  draft.expires_unix_ms = 1'000;
  Add({draft, FullDraft(2)});
  const auto tamper = [&](EntryId entry, std::optional<int64_t> unix_ms) {
    catalogue_.reset();
    auto store = Store::Open(folder_.path(), options_);
    ASSERT_TRUE(store.ok()) << store.status();
    Rows rows(**store);
    if (unix_ms) {
      rows.Put(Family::kMeta, ExpiryKey(entry), ExpiryValue(*unix_ms));
    } else {
      rows.Delete(Family::kMeta, ExpiryKey(entry));
    }
    ASSERT_TRUE((*store)->Write(rows).ok());
    store->reset();
    Reopen();
  };
  const EntryId first = EntryId::Of({1}, 1);
  tamper(first, 2'000);
  EXPECT_THAT(Problems(*catalogue_),
              Contains(HasSubstr("entry 1 of list 1 does not expire")));
  tamper(first, std::nullopt);
  EXPECT_THAT(Problems(*catalogue_), Contains(HasSubstr("expire")));
  tamper(first, 1'000);
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  tamper(EntryId::Of({1}, 2), 1'000);
  EXPECT_THAT(Problems(*catalogue_),
              Contains(HasSubstr("entry 2 of list 1 does not expire")));
}

// A model of a list: whether the source holds to each of its entries.
TEST_F(Lifecycle, TombstonesActInTheOrderOfTheFile) {
  std::mt19937_64 random(TestSeed());
  std::vector<ImportItem> items;
  std::map<uint64_t, bool> there;
  ImportReport expected;
  for (int i = 0; i < 500; ++i) {
    const uint64_t seed = random() % 60;
    const auto found = there.find(seed);
    ++expected.read;
    if (random() % 3 == 0) {
      items.push_back(TakeBack(seed));
      if (found == there.end()) {
        ++expected.not_there;
      } else if (found->second) {
        ++expected.withdrawn;
        found->second = false;
      } else {
        ++expected.unchanged;
      }
    } else {
      items.push_back(Put(seed));
      if (found == there.end()) {
        ++expected.added;
        there[seed] = true;
      } else if (found->second) {
        ++expected.unchanged;
      } else {
        ++expected.replaced;
        found->second = true;
      }
    }
  }
  const auto counts = [](const ImportReport& r) {
    return std::vector{r.read,      r.added,     r.replaced,       r.unchanged,
                       r.withdrawn, r.not_there, r.kept_withdrawn, r.refused};
  };
  const auto rehearsed = Import(items, true);
  ASSERT_TRUE(rehearsed.ok()) << rehearsed.status();
  EXPECT_EQ(counts(*rehearsed), counts(expected));
  EXPECT_EQ(Counts(), ListCounts{});

  const auto report = Import(items);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(counts(*report), counts(expected));
  for (const auto& [seed, active] : there) {
    const Entry entry = Get(seed);
    EXPECT_EQ(entry.state,
              active ? EntryState::kActive : EntryState::kRetracted);
    EXPECT_EQ(entry.state_reason, active ? "" : "its source took it back");
    EXPECT_EQ(entry.state_reference, active ? "" : "import");
  }
  ExpectSound();
  // The same again, as after a crash, ends the same.
  const std::vector<Posting> postings = AllPostings(*catalogue_);
  const ListCounts counted = Counts();
  ASSERT_TRUE(Import(items).ok());
  EXPECT_EQ(AllPostings(*catalogue_), postings);
  EXPECT_EQ(Counts(), counted);
  ExpectSound();
}

TEST_F(Lifecycle, WhatWasWithdrawnHereStaysSoWhateverTheSourceSays) {
  Add({FullDraft(1), FullDraft(2)});
  Set({"1"}, EntryState::kWithdrawn);
  ASSERT_TRUE(Import({TakeBack(1), TakeBack(2), Put(1), Put(2)}).ok());
  EXPECT_EQ(Get(1).state, EntryState::kWithdrawn);
  EXPECT_EQ(Get(2).state, EntryState::kActive);
  ASSERT_TRUE(Import({TakeBack(2)}).ok());
  Set({"2"}, EntryState::kWithdrawn);
  ASSERT_TRUE(Import({Put(2)}).ok());
  EXPECT_EQ(Get(2).state, EntryState::kWithdrawn);
  EXPECT_EQ(Counts(), (ListCounts{.withdrawn = 2}));
  EXPECT_THAT(AllPostings(*catalogue_), IsEmpty());
  ExpectSound();
}

// Reading an older file again is not giving an entry again.
TEST_F(Lifecycle, TheSameContentDoesNotBringBackWhatWasTakenBackSince) {
  ASSERT_TRUE(Import({Put(1)}).ok());
  ASSERT_TRUE(Import({TakeBack(1)}).ok());
  const Head before = catalogue_->head();
  ASSERT_TRUE(Import({Put(1)}).ok());
  ASSERT_TRUE(Import({Put(1), TakeBack(1)}).ok());
  EXPECT_THAT(Outcomes(Add({FullDraft(1)})), ElementsAre(Outcome::kUnchanged));
  EXPECT_EQ(catalogue_->head(), before);
  EXPECT_EQ(Get(1).state, EntryState::kRetracted);
  ImportItem newer = Put(1);
  newer.draft.details = R"({"updated":"2027-01-01T00:00:00Z"})";
  ASSERT_TRUE(Import({newer}).ok());
  EXPECT_EQ(Get(1).state, EntryState::kActive);
  EXPECT_EQ(Get(1).state_reason, "");
  ExpectSound();
}

TEST_F(Lifecycle, ATombstoneWithoutIdIsRefused) {
  ImportItem nameless;
  nameless.tombstone = true;
  nameless.position = 9;
  const auto report = Import({Put(1), nameless});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->refused, 1u);
  EXPECT_EQ(report->refusals[0].position, 9u);
}

TEST_F(Lifecycle, EntriesAreAddedInTheStateThatTheirSourceHas) {
  ImportItem disputed = Put(1);
  disputed.state = EntryState::kDisputed;
  ImportItem quarantined = Put(2);
  quarantined.state = EntryState::kQuarantined;
  ASSERT_TRUE(Import({disputed, quarantined, Put(3)}).ok());
  EXPECT_EQ(Counts(),
            (ListCounts{.active = 1, .disputed = 1, .quarantined = 1}));
  Set({"source:id-1", "source:id-2"}, EntryState::kActive);
  ASSERT_TRUE(Import({disputed, quarantined}).ok());
  EXPECT_EQ(Counts(), (ListCounts{.active = 3}));
  ExpectSound();
}

TEST_F(Lifecycle, ARehearsalReportsTheImportAndLeavesNothing) {
  Add({FullDraft(1), FullDraft(2)});
  Set({"2"}, EntryState::kWithdrawn);
  EntryDraft other = FullDraft(1);
  other.series = "another";
  const std::vector<ImportItem> items = {{.draft = other}, Put(2),      Put(3),
                                         Put(3),           TakeBack(1), {}};
  const Head before = catalogue_->head();
  const auto rehearsed = Import(items, true);
  ASSERT_TRUE(rehearsed.ok()) << rehearsed.status();
  EXPECT_EQ(catalogue_->head(), before);
  EXPECT_EQ(Get(1).series, "series");
  for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_FALSE(file.path().filename().string().starts_with("rehearsal"))
        << file.path();
  }
  const auto done = Import(items);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(rehearsed->added, done->added);
  EXPECT_EQ(rehearsed->replaced, done->replaced);
  EXPECT_EQ(rehearsed->unchanged, done->unchanged);
  EXPECT_EQ(rehearsed->kept_withdrawn, done->kept_withdrawn);
  EXPECT_EQ(rehearsed->withdrawn, done->withdrawn);
  EXPECT_EQ(rehearsed->refused, done->refused);
  EXPECT_EQ(done->added, 1u);
  EXPECT_EQ(done->replaced, 1u);
  EXPECT_EQ(done->withdrawn, 1u);
  ExpectSound();
}

TEST_F(Lifecycle, WhatAKilledRehearsalLeftGoesWhenTheStoreIsOpened) {
  const std::string left = folder_.path() + "/rehearsal-3";
  std::filesystem::create_directories(left + "/db");
  Reopen();
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(Lifecycle, PagesOfEntriesTellEachOnceInEveryState) {
  std::vector<EntryDraft> drafts;
  for (uint64_t seed = 0; seed < 100; ++seed) drafts.push_back(FullDraft(seed));
  Add(drafts);
  ASSERT_TRUE(catalogue_->CreateList("other", Purpose::kTest, {}, kBy).ok());
  ASSERT_TRUE(catalogue_->AddEntries("other", drafts, kBy).ok());
  Set({"3", "5"}, EntryState::kWithdrawn);
  std::vector<uint64_t> serials;
  uint64_t after = 0;
  for (bool at_end = false; !at_end;) {
    const auto page = catalogue_->ReadEntries("main", after, 7, true);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const ListedEntry& one : page->entries) {
      serials.push_back(one.summary.id.serial());
      const auto entry =
          catalogue_->GetEntry("main", std::to_string(one.summary.id.serial()));
      ASSERT_TRUE(entry.ok());
      EXPECT_EQ(one.summary, Summarize(*entry));
      EXPECT_EQ(one.secrets->signals, entry->signals);
    }
    after = page->last_serial;
    at_end = page->at_end;
  }
  ASSERT_EQ(serials.size(), 100u);
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(serials[i], i + 1);
  EXPECT_FALSE(
      catalogue_->ReadEntries("main", 0, 1, false)->entries[0].secrets);
  EXPECT_TRUE(catalogue_->ReadEntries("main", 100, 1, false)->at_end);
  EXPECT_TRUE(catalogue_->ReadEntries("main", UINT64_MAX, 1, false)->at_end);
}

}  // namespace
}  // namespace kenal::catalogue
