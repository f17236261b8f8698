#include "src/catalogue/catalogue.h"

#include <sys/stat.h>

#include <fstream>

#include "src/base/clock.h"
#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CatalogueCreate, MakesAStoreThatOpensEmpty) {
  const TestFolder folder;
  ASSERT_TRUE(Catalogue::Create(folder.path()).ok());
  const auto catalogue = Catalogue::Open(folder.path());
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ((*catalogue)->head(), Head{});
  EXPECT_EQ((*catalogue)->incarnation(), 1u);
  EXPECT_EQ((*catalogue)->store_id().size(), 32u);
  EXPECT_THAT((*catalogue)->Lists(), IsEmpty());
  EXPECT_THAT(AllPostings(**catalogue), IsEmpty());
}

TEST(CatalogueCreate, RefusesAFolderThatHoldsAStore) {
  const TestFolder folder;
  ASSERT_TRUE(Catalogue::Create(folder.path()).ok());
  EXPECT_EQ(Catalogue::Create(folder.path()).code(),
            StatusCode::kAlreadyExists);
}

TEST(CatalogueCreate, RefusesAFolderThatHoldsOtherFilesAndLeavesThem) {
  const TestFolder folder;
  const std::string other = folder.root() + "/holiday.txt";
  std::ofstream(other) << "mine";
  EXPECT_EQ(Catalogue::Create(folder.root()).code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.root()),
                          std::filesystem::directory_iterator()),
            1);
  EXPECT_EQ(Catalogue::Create(other).code(), StatusCode::kFailedPrecondition);
}

// A crash between the first file and the final rename leaves only this.
TEST(CatalogueCreate, TakesUpAnInterruptedCreate) {
  const TestFolder folder;
  std::filesystem::create_directories(folder.path() + "/db.new");
  std::ofstream(folder.path() + "/db.new/CURRENT") << "torn";
  EXPECT_EQ(Catalogue::Open(folder.path()).status().code(),
            StatusCode::kNotFound);
  ASSERT_TRUE(Catalogue::Create(folder.path()).ok());
  EXPECT_TRUE(Catalogue::Open(folder.path()).ok());
}

TEST(CatalogueCreate, LetsNobodyElseReadItsFiles) {
  const mode_t before = umask(0);
  const TestFolder folder;
  ASSERT_TRUE(Catalogue::Create(folder.path()).ok());
  ASSERT_TRUE(Catalogue::Open(folder.path()).ok());
  umask(before);
  size_t seen = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder.path())) {
    if (entry.path().filename() == "LOCK") continue;  // RocksDB's, empty
    struct stat info {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0u) << entry.path();
    ++seen;
  }
  EXPECT_GT(seen, 6u);
}

TEST(CatalogueOpen, NamesInitWhenThereIsNoStore) {
  const TestFolder folder;
  const auto opened = Catalogue::Open(folder.root());
  EXPECT_EQ(opened.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("kenal init"));
}

using CatalogueLists = CatalogueTest;

TEST_F(CatalogueLists, KeepWhatTheyWereMadeWith) {
  const ListPolicy policy{
      .enabled = false,
      .pdq_radius = {12},
      .review_radius = Radius{50},
      .effort = Effort::kNormal,
      .stored_views = kWholeViews | ViewSet{View::kCentral95, View::kAspect1x1},
      .second_opinion = true};
  const auto made =
      catalogue_->CreateList("abuse", Purpose::kChildAbuse, policy, kBy);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->number, ListNumber{2});
  EXPECT_EQ(made->purpose, Purpose::kChildAbuse);
  EXPECT_EQ(made->policy, policy);
  const std::vector<ListInfo> before = catalogue_->Lists();
  ASSERT_EQ(before.size(), 2u);
  EXPECT_EQ(before[0], *made);  // by name
  Reopen();
  EXPECT_EQ(catalogue_->Lists(), before);
  EXPECT_EQ(*catalogue_->GetList("abuse"), *made);
}

TEST_F(CatalogueLists, RefuseBadNamesRadiiAndActors) {
  const auto code = [&](std::string_view name, int radius, Authorship by) {
    return catalogue_
        ->CreateList(name, Purpose::kTest, {.pdq_radius = {radius}}, by)
        .status()
        .code();
  };
  EXPECT_EQ(code("main", 31, kBy), StatusCode::kAlreadyExists);
  EXPECT_EQ(code("", 31, kBy), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("a b", 31, kBy), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("new", -1, kBy), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("new", kRadiusBitsMax + 1, kBy), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("new", 31, {}), StatusCode::kInvalidArgument);
  EXPECT_EQ(catalogue_->Lists().size(), 1u);
  EXPECT_EQ(code("new", kRadiusBitsMax, kBy), StatusCode::kOk);
}

// Against a table of what may stand beside what.
TEST_F(CatalogueLists, AReviewRadiusIsAboveTheOtherAndWithinItsLimits) {
  for (const int bits : {0, 31, 32, 40, 62, 63}) {
    for (int review = -1; review <= 65; ++review) {
      const auto set = catalogue_->SetListPolicy(
          "main", {.pdq_radius = {bits}, .review_radius = Radius{review}}, kBy);
      const bool good = review >= 32 && review <= 63 && review > bits;
      ASSERT_EQ(set.status().code(),
                good ? StatusCode::kOk : StatusCode::kInvalidArgument)
          << bits << " " << review;
      if (!good) {
        EXPECT_THAT(std::string(set.status().message()),
                    HasSubstr("32 to 63 bits and above the PDQ radius"));
      }
    }
  }
}

TEST_F(CatalogueLists, RefuseAnEffortOrAViewThatIsNone) {
  ListPolicy views;
  views.stored_views.Add(View{kViewCount});
  for (const ListPolicy& policy : {ListPolicy{.effort = Effort{0}},
                                   ListPolicy{.effort = Effort{4}}, views}) {
    EXPECT_EQ(catalogue_->SetListPolicy("main", policy, kBy).status().code(),
              StatusCode::kInvalidArgument);
    EXPECT_EQ(catalogue_->CreateList("new", Purpose::kTest, policy, kBy)
                  .status()
                  .code(),
              StatusCode::kInvalidArgument);
  }
}

TEST_F(CatalogueLists, StoreEveryViewButTheOneOfQueries) {
  for (int view = 0; view < kViewCount; ++view) {
    const ListPolicy policy{.stored_views = ViewSet{View(view)}};
    const auto set = catalogue_->SetListPolicy("main", policy, kBy);
    EXPECT_EQ(set.ok(), View(view) != View::kTurned) << view;
    if (set.ok()) continue;
    EXPECT_EQ(set.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(set.status().message()),
                HasSubstr("turned is of queries alone"));
  }
}

TEST_F(CatalogueLists, AlwaysStoreTheWholePicture) {
  const ListPolicy bare{.stored_views = ViewSet{View::kFrame}};
  const ViewSet expected = kWholeViews | ViewSet{View::kFrame};
  const auto made = catalogue_->CreateList("two", Purpose::kTest, bare, kBy);
  EXPECT_EQ(made->policy.stored_views, expected);
  const auto set = catalogue_->SetListPolicy("main", bare, kBy);
  EXPECT_EQ(set->policy.stored_views, expected);
  const Head before = catalogue_->head();
  ASSERT_TRUE(catalogue_->SetListPolicy("main", bare, kBy).ok());
  EXPECT_EQ(catalogue_->head(), before);  // the same, so nothing to log
}

TEST_F(CatalogueLists, PolicyChangesAreLoggedOnceAndKept) {
  const ListPolicy policy{.enabled = false, .pdq_radius = {5}};
  const Sequence before = catalogue_->head().sequence;
  ASSERT_TRUE(catalogue_->SetListPolicy("main", policy, kBy).ok());
  EXPECT_EQ(catalogue_->head().sequence.value, before.value + 1);
  ASSERT_TRUE(catalogue_->SetListPolicy("main", policy, kBy).ok());
  EXPECT_EQ(catalogue_->head().sequence.value, before.value + 1);
  Reopen();
  EXPECT_EQ(catalogue_->GetList("main")->policy, policy);
}

TEST_F(CatalogueLists, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  for (const Status& status :
       {catalogue_->GetList("nope").status(),
        catalogue_->SetListPolicy("nope", {}, kBy).status(),
        catalogue_->AddEntries("nope", {}, kBy).status(),
        catalogue_->SetEntryState("nope", {}, EntryState::kActive, kBy)
            .status(),
        catalogue_->GetEntry("nope", "1").status()}) {
    EXPECT_EQ(status.code(), StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()), HasSubstr("main"));
  }
}

using CatalogueEntries = CatalogueTest;

int64_t FixedTime() { return 1'700'000'000'000; }

TEST_F(CatalogueEntries, ComeBackAsTheyWereGiven) {
  base::SetClockForTest(&FixedTime);
  EntryDraft draft = FullDraft(7);
  draft.signals.pdq_failure = SignalFailure{"damaged", "not kept"};
  draft.signals.pdq[2].region = Region{1, 2, 30, 40};
  draft.provenance.added_unix_ms = 12;  // not the giver's to say
  const EntriesReport report = Add({draft});
  base::SetClockForTest(nullptr);
  ASSERT_THAT(Outcomes(report), ElementsAre(Outcome::kAdded));
  Entry expected;
  static_cast<EntryDraft&>(expected) = draft;
  expected.signals.pdq_failure.reset();
  expected.signals.pdq[2].region.reset();
  expected.provenance.added_unix_ms = FixedTime();
  expected.id = EntryId::Of({1}, 1);
  expected.added_at = expected.changed_at = report.sequence;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(*catalogue_->GetEntry("main", "1"), expected);
    EXPECT_EQ(*catalogue_->GetEntry("main", "source:id-7"), expected);
    EXPECT_EQ(AllPostings(*catalogue_), [&] {
      auto postings = PostingsOf(expected.id, expected.signals);
      std::ranges::sort(postings);
      return postings;
    }());
    Reopen();
  }
}

TEST_F(CatalogueEntries, AreAnsweredInTheOrderOfTheQuestion) {
  Add({FullDraft(1), FullDraft(2), FullDraft(3)});
  const std::vector<EntryId> ids = {EntryId::Of({1}, 3), EntryId::Of({1}, 1),
                                    EntryId::Of({1}, 3)};
  const auto entries = catalogue_->GetEntries(ids);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 3u);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ((*entries)[i].id, ids[i]);
  const EntryId missing[] = {EntryId::Of({1}, 1), EntryId::Of({1}, 9)};
  EXPECT_EQ(catalogue_->GetEntries(missing).status().code(),
            StatusCode::kNotFound);
}

TEST_F(CatalogueEntries, ReferencesThatNameNothingAreNotFound) {
  Add({FullDraft(1)});
  for (const char* reference :
       {"0", "2", "", "-1", "1x", " 1", "source:", "source:id-2", "id-1",
        "281474976710657", "99999999999999999999999"}) {
    EXPECT_EQ(catalogue_->GetEntry("main", reference).status().code(),
              StatusCode::kNotFound)
        << reference;
  }
}

TEST_F(CatalogueEntries, AddingTheSameAgainWritesNothing) {
  Add({FullDraft(1), FullDraft(2)});
  const Head before = catalogue_->head();
  EntryDraft again = FullDraft(1);
  again.provenance.import_id = "another delivery";
  again.provenance.reference = "another file";
  const EntriesReport report = Add({again, FullDraft(2)});
  EXPECT_THAT(Outcomes(report),
              ElementsAre(Outcome::kUnchanged, Outcome::kUnchanged));
  EXPECT_EQ(report.results[0].id, EntryId::Of({1}, 1));
  EXPECT_EQ(report.sequence, before.sequence);
  EXPECT_EQ(catalogue_->head(), before);
  EXPECT_EQ(catalogue_->GetEntry("main", "1")->provenance.import_id, "import");
}

// Each part of the content makes a draft another one.
TEST_F(CatalogueEntries, OtherContentReplacesAndKeepsTheNumber) {
  Add({FullDraft(1)});
  std::vector<EntryDraft> others(10, FullDraft(1));
  others[0].signals.md5 = HashOf<Md5>(99);
  others[1].signals.pdq[0].quality = 91;
  others[2].classifications[0].raw_value = "A2";
  others[3].series = "another";
  others[4].flags.pop_back();
  others[5].provenance.member = "another";
  others[6].signals.picture.reset();
  others[7].signals.pdq[0].template_like = true;
  others[8].signals.pdq[0].template_like.reset();
  others[9].signals.pdq[2].profile = PdqProfile::kNative;
  for (const EntryDraft& other : others) {
    const EntriesReport report = Add({other});
    ASSERT_THAT(Outcomes(report), ElementsAre(Outcome::kReplaced));
    EXPECT_EQ(report.results[0].id, EntryId::Of({1}, 1));
    const auto entry = catalogue_->GetEntry("main", "1");
    EXPECT_EQ(entry->changed_at, report.sequence);
    EXPECT_LT(entry->added_at, entry->changed_at);
    auto postings = PostingsOf(entry->id, other.signals);
    std::ranges::sort(postings);
    EXPECT_EQ(AllPostings(*catalogue_), postings);
  }
  EXPECT_EQ(Counts(), (ListCounts{.active = 1}));
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

// A draft with every view and second opinions, added and imported under one
// policy after another: what is left out is not compared either.
TEST_F(CatalogueEntries, HoldWhatThePolicyKeepsWhenTheyAreAdded) {
  EntryDraft draft = FullDraft(1);
  draft.signals.pdq.push_back({.view = View::kFrame,
                               .hash = HashOf<PdqHash>(30),
                               .region = Region{1, 2, 3, 4}});
  draft.signals.pdq[0].marr = MarrOf(1);
  EntryDraft plain = FullDraft(1);
  Add({draft});
  EXPECT_EQ(catalogue_->GetEntry("main", "1")->signals, plain.signals);
  const Head before = catalogue_->head();
  const std::vector<EntryDraft> both = {draft, plain};
  const auto imported = catalogue_->Import("main", SourceOf(both), {}, kBy);
  EXPECT_EQ(imported->unchanged, 2u);
  EXPECT_EQ(catalogue_->head(), before);

  ASSERT_TRUE(catalogue_
                  ->SetListPolicy(
                      "main",
                      {.stored_views = {View::kFrame}, .second_opinion = true},
                      kBy)
                  .ok());
  EXPECT_EQ(catalogue_->GetEntry("main", "1")->signals, plain.signals);
  SignalSet expected = draft.signals;
  expected.pdq.erase(expected.pdq.begin() + 2);  // trimmed
  expected.pdq[2].region.reset();
  EXPECT_EQ(catalogue_->Import("main", SourceOf(both), {}, kBy)->replaced, 2u);
  EXPECT_THAT(Outcomes(Add({draft})), ElementsAre(Outcome::kReplaced));
  EXPECT_EQ(catalogue_->GetEntry("main", "1")->signals, expected);
  auto postings = PostingsOf(EntryId::Of({1}, 1), expected);
  std::ranges::sort(postings);
  EXPECT_EQ(AllPostings(*catalogue_), postings);
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

// Without a digest and an id of its source, an entry stays the same one
// whatever its list stores by then: what was withdrawn stays withdrawn.
TEST_F(CatalogueEntries, AreTheSameUnderEveryPolicy) {
  EntryDraft whole = BareDraft<PdqHash>(1);
  EntryDraft parts = BareDraft<PdqHash>(2);
  EntryDraft digest = BareDraft<Md5>(3);
  for (EntryDraft* draft : {&whole, &parts, &digest}) {
    draft->source_id.clear();
    for (const View view : {View::kTrimmed, View::kFrame, View::kTurned}) {
      draft->signals.pdq.push_back(
          {.view = view, .hash = HashOf<PdqHash>(draft == &parts ? 40 : 50)});
    }
  }
  parts.signals.pdq.erase(parts.signals.pdq.begin());
  digest.signals.pdq = {digest.signals.pdq[1]};  // a frame alone
  const std::vector<EntryDraft> drafts = {whole, parts, digest};
  Add(drafts);
  const std::vector<std::string> serials = {"1", "2", "3"};
  ASSERT_TRUE(
      catalogue_->SetEntryState("main", serials, EntryState::kWithdrawn, kBy)
          .ok());
  for (const ViewSet views :
       {ViewSet{View::kFrame}, ViewSet{View::kFrame, View::kTrimmed},
        ListPolicy{}.stored_views}) {
    const ListPolicy policy{.stored_views = views};
    ASSERT_TRUE(catalogue_->SetListPolicy("main", policy, kBy).ok());
    const EntriesReport report = Add(drafts);
    EXPECT_THAT(Outcomes(report), Each(Outcome::kKeptWithdrawn));
    EXPECT_EQ(Counts(), (ListCounts{.withdrawn = 3}));
  }
  // The same picture with more or fewer parts is that picture.
  whole.signals.pdq.resize(1);
  EXPECT_THAT(Outcomes(Add({whole})), Each(Outcome::kKeptWithdrawn));
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(CatalogueEntries, RepeatedWithinOneCallAreOne) {
  EntryDraft other = FullDraft(1);
  other.series = "another";
  const EntriesReport report =
      Add({FullDraft(1), FullDraft(1), other, FullDraft(2), other});
  EXPECT_THAT(
      Outcomes(report),
      ElementsAre(Outcome::kAdded, Outcome::kUnchanged, Outcome::kReplaced,
                  Outcome::kAdded, Outcome::kUnchanged));
  EXPECT_EQ(report.results[4].id, report.results[0].id);
  EXPECT_EQ(catalogue_->GetEntry("main", "1")->series, "another");
  EXPECT_EQ(Counts(), (ListCounts{.active = 2}));
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(CatalogueEntries, OfOtherListsAreOthers) {
  ASSERT_TRUE(catalogue_->CreateList("two", Purpose::kTest, {}, kBy).ok());
  Add({FullDraft(1)});
  const EntryDraft draft = FullDraft(1);
  const auto report = catalogue_->AddEntries("two", {&draft, 1}, kBy);
  ASSERT_THAT(Outcomes(*report), ElementsAre(Outcome::kAdded));
  EXPECT_EQ(report->results[0].id, EntryId::Of({2}, 1));
  EXPECT_EQ(AllPostings(*catalogue_).size(),
            2 * PostingsOf(EntryId{}, draft.signals).size());
}

// The derived id is keyed: it shows nothing of the hash, differs between
// stores, and finds the same signal again.
TEST_F(CatalogueEntries, WithoutASourceIdGetAKeyedOne) {
  const EntryDraft draft = BareDraft<PdqHash>(1);
  Add({draft});
  const std::string id = catalogue_->GetEntry("main", "1")->source_id;
  EXPECT_EQ(id.size(), 32u);
  EXPECT_THAT(draft.signals.pdq[0].hash.ToHex(),
              testing::Not(HasSubstr(id.substr(0, 8))));
  EXPECT_THAT(Outcomes(Add({draft, BareDraft<Md5>(1)})),
              ElementsAre(Outcome::kUnchanged, Outcome::kAdded));
  EXPECT_TRUE(catalogue_->GetEntry("main", "source:" + id).ok());

  const TestFolder elsewhere;
  ASSERT_TRUE(Catalogue::Create(elsewhere.path()).ok());
  const auto other = OpenWith(elsewhere.path(), options_);
  ASSERT_TRUE((*other)->CreateList("main", Purpose::kTest, {}, kBy).ok());
  ASSERT_TRUE((*other)->AddEntries("main", {&draft, 1}, kBy).ok());
  EXPECT_NE((*other)->GetEntry("main", "1")->source_id, id);
}

// Whatever is added without a source's id, in any order, no posting that was
// there goes away: a bare digest of listed content is an entry of its own.
TEST_F(CatalogueEntries, WithoutASourceIdNeverTakeSignalsAway) {
  EntryDraft rich = FullDraft(1);
  rich.source_id.clear();
  std::vector<EntryDraft> poorer(5, rich);
  poorer[0].signals.pdq.clear();
  poorer[1].signals = {.md5 = rich.signals.md5};
  poorer[2].signals = {.sha256 = rich.signals.sha256};
  poorer[3].signals = {.pdq = rich.signals.pdq};
  poorer[4].signals.md5.reset();
  Add({rich});
  std::vector<Posting> before = AllPostings(*catalogue_);
  for (const EntryDraft& draft : poorer) {
    EXPECT_THAT(Outcomes(Add({draft})), ElementsAre(Outcome::kAdded));
    const std::vector<Posting> after = AllPostings(*catalogue_);
    EXPECT_TRUE(std::ranges::includes(after, before));
    before = after;
  }
  EXPECT_THAT(Outcomes(Add({rich})), ElementsAre(Outcome::kUnchanged));
}

TEST_F(CatalogueEntries, ThatCouldNeverMatchAreRefused) {
  EntryDraft flat = BareDraft<PdqHash>(1);
  flat.signals.pdq[0].quality = 49;
  EXPECT_THAT(Outcomes(Add({flat})), ElementsAre(Outcome::kRefused));
  flat.signals.pdq[0].quality = 50;
  EXPECT_THAT(Outcomes(Add({flat})), ElementsAre(Outcome::kAdded));
}

TEST_F(CatalogueEntries, BeyondTheLimitOfOneCallAreRefusedAsAWhole) {
  const std::vector<EntryDraft> drafts(Curator::kDraftsMax + 1,
                                       BareDraft<Md5>(1));
  EXPECT_EQ(catalogue_->AddEntries("main", drafts, kBy).status().code(),
            StatusCode::kInvalidArgument);
}

using CatalogueStates = CatalogueTest;

TEST_F(CatalogueStates, WithdrawingRemovesPostingsAndKeepsTheRecord) {
  Add({FullDraft(1), FullDraft(2)});
  const EntriesReport report =
      Set({"source:id-1", "9", "1"}, EntryState::kWithdrawn);
  EXPECT_THAT(Outcomes(report),
              ElementsAre(Outcome::kStateChanged, Outcome::kUnknown,
                          Outcome::kUnchanged));
  const auto entry = catalogue_->GetEntry("main", "1");
  EXPECT_EQ(entry->state, EntryState::kWithdrawn);
  EXPECT_EQ(entry->state_reason, kBy.reason);
  EXPECT_EQ(entry->changed_at, report.sequence);
  EXPECT_EQ(entry->signals, FullDraft(1).signals);
  for (const Posting& posting : AllPostings(*catalogue_)) {
    EXPECT_EQ(posting.entry, EntryId::Of({1}, 2));
  }
  EXPECT_EQ(Counts(), (ListCounts{.active = 1, .withdrawn = 1}));
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(CatalogueStates, WithdrawnEntriesDoNotComeBack) {
  Add({FullDraft(1)});
  Set({"1"}, EntryState::kWithdrawn);
  const Head before = catalogue_->head();
  EXPECT_THAT(Outcomes(Add({FullDraft(1)})),
              ElementsAre(Outcome::kKeptWithdrawn));
  EntryDraft other = FullDraft(1);
  other.series = "another";
  EXPECT_THAT(Outcomes(Add({other})), ElementsAre(Outcome::kKeptWithdrawn));
  EXPECT_THAT(Outcomes(Set({"1"}, EntryState::kActive)),
              ElementsAre(Outcome::kKeptWithdrawn));
  EXPECT_EQ(catalogue_->head(), before);
  EXPECT_THAT(AllPostings(*catalogue_), IsEmpty());
}

TEST_F(CatalogueStates, DisputedEntriesKeepTheirPostings) {
  Add({FullDraft(1)});
  const std::vector<Posting> postings = AllPostings(*catalogue_);
  Set({"1"}, EntryState::kDisputed);
  EXPECT_EQ(AllPostings(*catalogue_), postings);
  EXPECT_EQ(Counts(), (ListCounts{.disputed = 1}));
  EntryDraft other = FullDraft(1);
  other.series = "another";
  EXPECT_THAT(Outcomes(Add({other})), ElementsAre(Outcome::kReplaced));
  EXPECT_EQ(catalogue_->GetEntry("main", "1")->state, EntryState::kDisputed);
  Set({"1"}, EntryState::kActive);
  EXPECT_EQ(Counts(), (ListCounts{.active = 1}));
  EXPECT_EQ(catalogue_->GetEntry("main", "1")->state_reason, "");
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(CatalogueStates, NeedAReason) {
  Add({FullDraft(1)});
  const std::string one = "1";
  EXPECT_EQ(catalogue_
                ->SetEntryState("main", {&one, 1}, EntryState::kWithdrawn,
                                {.actor = "me", .reason = ""})
                .status()
                .code(),
            StatusCode::kInvalidArgument);
}

// Folding the deltas gives what a walk over the postings gives, and each is
// told before the call that made it returns.
TEST_F(CatalogueEntries, SubscriberSeesEveryChangeInOrder) {
  std::vector<Posting> folded = AllPostings(*catalogue_);
  Sequence last = catalogue_->head().sequence;
  catalogue_->Subscribe([&](const Delta& delta) {
    EXPECT_EQ(delta.sequence.value, ++last.value);
    EXPECT_EQ(catalogue_->head().sequence, delta.sequence);
    for (const Posting& posting : delta.removed) {
      EXPECT_EQ(std::erase(folded, posting), 1u);
    }
    folded.insert(folded.end(), delta.added.begin(), delta.added.end());
  });
  const auto check = [&] {
    std::ranges::sort(folded);
    EXPECT_EQ(folded, AllPostings(*catalogue_));
    EXPECT_EQ(last, catalogue_->head().sequence);
  };
  Add({FullDraft(1), FullDraft(2), BareDraft<Md5>(3)});
  check();
  EntryDraft other = FullDraft(2);
  other.signals.pdq.pop_back();
  other.signals.md5 = HashOf<Md5>(50);
  Add({other, FullDraft(4)});
  check();
  Set({"1", "3"}, EntryState::kWithdrawn);
  check();
  ASSERT_TRUE(catalogue_->SetListPolicy("main", {.enabled = false}, kBy).ok());
  check();
  const std::vector<EntryDraft> drafts = {FullDraft(1), FullDraft(2),
                                          FullDraft(5)};
  ASSERT_TRUE(catalogue_->Import("main", SourceOf(drafts), {}, kBy).ok());
  check();
}

}  // namespace
}  // namespace kenal::catalogue
