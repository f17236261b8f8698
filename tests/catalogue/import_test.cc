#include <filesystem>
#include <fstream>
#include <map>

#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class CatalogueImport : public CatalogueTest {
 protected:
  CatalogueImport() { options_.segment_records_max = 64; }

  ImportReport Import(const std::vector<EntryDraft>& drafts,
                      const ImportWatcher& watcher = {}) {
    const auto report =
        catalogue_->Import("main", SourceOf(drafts), watcher, kBy);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : ImportReport{};
  }
};

// Full and bare drafts, by turns.
std::vector<EntryDraft> MixedDrafts(uint64_t first, uint64_t count) {
  std::vector<EntryDraft> drafts;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    switch (seed % 3) {
      case 0:
        drafts.push_back(FullDraft(seed));
        break;
      case 1:
        drafts.push_back(BareDraft<PdqHash>(seed));
        break;
      default:
        drafts.push_back(BareDraft<Md5>(seed));
    }
  }
  return drafts;
}

TEST_F(CatalogueImport, LeavesWhatAddingLeaves) {
  const std::vector<EntryDraft> drafts = MixedDrafts(0, 200);
  const ImportReport report = Import(drafts);
  EXPECT_EQ(report.read, 200u);
  EXPECT_EQ(report.added, 200u);
  EXPECT_EQ(report.sequence, catalogue_->head().sequence);
  EXPECT_EQ(report.sequence.value, 1u + 4u);  // the list, four segments
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());

  ASSERT_TRUE(catalogue_->CreateList("added", Purpose::kTest, {}, kBy).ok());
  ASSERT_TRUE(catalogue_->AddEntries("added", drafts, kBy).ok());
  for (int round = 0; round < 2; ++round) {
    std::map<uint16_t, std::vector<Posting>> by_list;
    for (Posting posting : AllPostings(*catalogue_)) {
      const uint16_t list = posting.entry.list().value;
      posting.entry = EntryId::Of({0}, posting.entry.serial());
      by_list[list].push_back(posting);
    }
    EXPECT_EQ(by_list[1], by_list[2]);
    EXPECT_EQ(Counts(), catalogue_->GetList("added")->counts);
    for (int serial = 1; serial <= 200; ++serial) {
      const std::string reference = std::to_string(serial);
      Entry imported = *catalogue_->GetEntry("main", reference);
      const Entry added = *catalogue_->GetEntry("added", reference);
      imported.id = added.id;
      imported.added_at = imported.changed_at = added.added_at;
      imported.provenance.added_unix_ms = added.provenance.added_unix_ms;
      ASSERT_EQ(imported, added);
    }
    Reopen();
  }
}

TEST_F(CatalogueImport, AgainAddsNothing) {
  Import(MixedDrafts(0, 200));
  const Head before = catalogue_->head();
  const ImportReport report = Import(MixedDrafts(0, 200));
  EXPECT_EQ(report.unchanged, 200u);
  EXPECT_EQ(report.added, 0u);
  EXPECT_EQ(catalogue_->head(), before);
}

// Every kind of draft at once, within a segment and across segments, against
// a count by hand.
TEST_F(CatalogueImport, CountsEachOutcome) {
  Import(MixedDrafts(0, 100));
  Set({"source:id-0"}, EntryState::kWithdrawn);
  Set({"source:id-3"}, EntryState::kDisputed);
  std::vector<EntryDraft> drafts = MixedDrafts(0, 130);  // 30 are new
  drafts.push_back(FullDraft(120));                      // twice in one segment
  for (const uint64_t seed : {3u, 6u, 9u}) {
    drafts.push_back(FullDraft(seed));
    drafts.back().signals.md5 = HashOf<Md5>(1000 + seed);
  }
  drafts.push_back(EntryDraft{});  // no signal
  const ImportReport report = Import(drafts);
  EXPECT_EQ(report.read, drafts.size());
  EXPECT_EQ(report.added, 30u);
  EXPECT_EQ(report.kept_withdrawn, 1u);
  EXPECT_EQ(report.replaced, 3u);
  EXPECT_EQ(report.unchanged, 100u);
  EXPECT_EQ(report.refused, 1u);
  ASSERT_EQ(report.refusals.size(), 1u);
  EXPECT_EQ(report.refusals[0].position, drafts.size());
  EXPECT_THAT(report.refusals[0].why, HasSubstr("no signal"));
  EXPECT_EQ(Counts(),
            (ListCounts{.active = 128, .disputed = 1, .withdrawn = 1}));
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  Reopen();
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

TEST_F(CatalogueImport, CountsRefusedRecordsAndKeepsTheFirst) {
  constexpr uint64_t kBad = ImportReport::kRefusalsKept + 5;
  uint64_t at = 0;
  const auto report = catalogue_->Import(
      "main",
      [&]() -> StatusOr<std::optional<ImportItem>> {
        if (at == kBad) return std::nullopt;
        return ImportItem{.refused = "bad line", .position = ++at};
      },
      {}, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->read, kBad);
  EXPECT_EQ(report->refused, kBad);
  EXPECT_EQ(report->refusals.size(), ImportReport::kRefusalsKept);
  EXPECT_EQ(report->refusals.back().position, ImportReport::kRefusalsKept);
}

// What the watcher was told is durable is there when the source then fails.
TEST_F(CatalogueImport, KeepsWholeSegmentsWhenTheSourceFails) {
  const std::vector<EntryDraft> drafts = MixedDrafts(0, 200);
  uint64_t durable = 0;
  size_t at = 0;
  const auto report = catalogue_->Import(
      "main",
      [&]() -> StatusOr<std::optional<ImportItem>> {
        if (at == 150) return Unavailable("the pipe broke");
        return ImportItem{.draft = drafts[at++]};
      },
      [&](const ImportProgress& progress) { durable = progress.durable; }, kBy);
  EXPECT_EQ(report.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(durable, 128u);
  EXPECT_EQ(Counts().active, 128u);
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  EXPECT_EQ(Import(drafts).added, 72u);
}

TEST_F(CatalogueImport, SegmentsAreBoundedInBytesToo) {
  options_.segment_records_max = 1'000'000;
  options_.segment_bytes_max = 10'000;
  Reopen();
  const Sequence before = catalogue_->head().sequence;
  const ImportReport report = Import(MixedDrafts(0, 300));
  EXPECT_EQ(report.added, 300u);
  EXPECT_GT(report.sequence.value - before.value, 5u);
}

TEST_F(CatalogueImport, ProgressEndsWithAllReadAndDurable) {
  ImportProgress last;
  Import(MixedDrafts(0, 100), [&](const ImportProgress& progress) {
    EXPECT_GE(progress.read, last.read);
    EXPECT_GE(progress.durable, last.durable);
    EXPECT_LE(progress.durable, progress.read);
    last = progress;
  });
  EXPECT_EQ(last.read, 100u);
  EXPECT_EQ(last.durable, 100u);
}

// Kenal staged imports in a folder of the store up to format 3.
TEST_F(CatalogueImport, OpenRemovesWhatAnOlderKenalStaged) {
  const std::string staging = folder_.path() + "/staging";
  catalogue_.reset();
  std::filesystem::create_directory(staging);
  std::ofstream(staging + "/entries.sst") << "half a file";
  Reopen();
  EXPECT_FALSE(std::filesystem::exists(staging));
  EXPECT_EQ(Import(MixedDrafts(0, 100)).added, 100u);
}

TEST_F(CatalogueImport, RefusesAnUnknownListBeforeItReads) {
  bool read = false;
  const auto report = catalogue_->Import(
      "nope",
      [&]() -> StatusOr<std::optional<ImportItem>> {
        read = true;
        return std::nullopt;
      },
      {}, kBy);
  EXPECT_EQ(report.status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(read);
}

// What was read is encoded by then, so an edit in between is for the next.
TEST_F(CatalogueImport, GoesOnWithThePolicyThatItBeganWith) {
  std::vector<EntryDraft> drafts;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    drafts.push_back(FullDraft(seed));
    drafts.back().signals.pdq.push_back(
        {.view = View::kFrame, .hash = HashOf<PdqHash>(1)});
  }
  size_t at = 0;
  const auto report = catalogue_->Import(
      "main",
      [&]() -> StatusOr<std::optional<ImportItem>> {
        if (at == drafts.size()) return std::nullopt;
        if (at == 70) {
          const ListPolicy policy{.stored_views = {View::kFrame}};
          KENAL_TRY(catalogue_->SetListPolicy("main", policy, kBy).status());
        }
        return ImportItem{.draft = drafts[at++]};
      },
      {}, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->added, 100u);
  for (const Posting& posting : AllPostings(*catalogue_)) {
    EXPECT_NE(posting.view, View::kFrame);
  }
  EXPECT_EQ(Import(drafts).replaced, 100u);
  EXPECT_EQ(Import(drafts).unchanged, 100u);
  EXPECT_TRUE(std::ranges::any_of(
      AllPostings(*catalogue_),
      [](const Posting& posting) { return posting.view == View::kFrame; }));
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

// Adding goes on while an import reads its source.
TEST_F(CatalogueImport, DoesNotHoldUpAddingWhileItsSourceWaits) {
  const std::vector<EntryDraft> drafts = MixedDrafts(0, 100);
  size_t at = 0;
  const auto report = catalogue_->Import(
      "main",
      [&]() -> StatusOr<std::optional<ImportItem>> {
        if (at == drafts.size()) return std::nullopt;
        if (at == 70) Add({FullDraft(9000)});
        return ImportItem{.draft = drafts[at++]};
      },
      {}, kBy);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(Counts().active, 101u);
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

}  // namespace
}  // namespace kenal::catalogue
