// Known-good files as the catalogue sees them: rows, log records, names and
// what is left over. Their bytes are anything here: src/known knows them.
#include <fstream>
#include <map>

#include "kenal/backup.h"
#include "src/base/digest.h"
#include "src/catalogue/known_files.h"
#include "src/catalogue/store.h"
#include "tests/catalogue/backup_testing.h"
#include "tests/catalogue/known_good_testing.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr SignalType kTypes[] = {SignalType::kMd5, SignalType::kSha1,
                                 SignalType::kSha256};

class KnownGoodTest : public CatalogueTest {
 protected:
  void SetUp() override {
    CatalogueTest::SetUp();
    Make("good", Purpose::kKnownBenign);
    Make("more.good", Purpose::kKnownBenign);
  }
  void Make(const std::string& name, Purpose purpose) {
    ASSERT_TRUE(catalogue_->CreateList(name, purpose, {}, kBy).ok());
  }
  void Set(const std::string& list, SignalType signal,
           const std::string& bytes) {
    const KnownGoodEdit edit = Built(folder_.path(), list, signal, bytes);
    const auto at = catalogue_->EditKnownGood(list, {&edit, 1}, kBy);
    ASSERT_TRUE(at.ok()) << at.status();
    expected_[list][signal] = bytes;
  }
  void Remove(const std::string& list, SignalType signal) {
    const KnownGoodEdit edit{.signal = signal};
    const auto at = catalogue_->EditKnownGood(list, {&edit, 1}, kBy);
    ASSERT_TRUE(at.ok()) << at.status();
    expected_[list].erase(signal);
  }
  // Lists, files and verify agree with what was set.
  void ExpectAll() {
    std::map<std::string, std::string> files;
    for (const ListInfo& list : catalogue_->Lists()) {
      const auto& expected = expected_[list.name];
      ASSERT_EQ(list.known_good.size(), expected.size()) << list.name;
      auto next = expected.begin();
      for (const KnownGoodFile& file : list.known_good) {
        const auto& [signal, bytes] = *next++;
        EXPECT_EQ(file.signal, signal);
        EXPECT_EQ(file.size_bytes, bytes.size());
        EXPECT_EQ(file.count, bytes.size() / 2);
        EXPECT_EQ(file.sha256, base::Sha256Of(base::AsBytes(bytes)));
        EXPECT_EQ(file.source, "us");
        EXPECT_EQ(file.import_id, "run");
        EXPECT_LE(file.set_at, list.version);
        EXPECT_GE(file.set_unix_ms, list.created_unix_ms);
        files[KnownFileName(list.name, file)] = bytes;
      }
    }
    ASSERT_TRUE(MakeKnownFolder(folder_.path()).ok());
    std::map<std::string, std::string> found;
    for (const std::string& path : FilesUnder(KnownFolder(folder_.path()))) {
      found[fs::path(path).filename().string()] = Contents(path);
    }
    EXPECT_EQ(found, files);
    EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  }

  std::map<std::string, std::map<SignalType, std::string>> expected_;
};

TEST_F(KnownGoodTest, WhatIsSetIsThereUntilItIsReplacedOrRemoved) {
  std::mt19937_64 random(TestSeed());
  const std::string lists[] = {"good", "more.good"};
  for (int i = 0; i < 60; ++i) {
    const std::string& list = lists[random() % 2];
    const SignalType signal = kTypes[random() % 3];
    if (random() % 3 == 0) {
      Remove(list, signal);
    } else {
      Set(list, signal, "bytes " + std::to_string(random() % 5));
    }
    if (random() % 4 == 0) Reopen();
    ExpectAll();
    if (HasFailure()) return;
  }
}

TEST_F(KnownGoodTest, SeveralFilesAreOneRecord) {
  const Head before = catalogue_->head();
  const KnownGoodEdit edits[] = {
      Built(folder_.path(), "good", SignalType::kMd5, "one"),
      Built(folder_.path(), "good", SignalType::kSha256, "two")};
  const auto at = catalogue_->EditKnownGood("good", edits, kBy);
  ASSERT_TRUE(at.ok()) << at.status();
  EXPECT_EQ(at->value, before.sequence.value + 1);
  EXPECT_EQ(catalogue_->head().sequence, *at);
  expected_["good"] = {{SignalType::kMd5, "one"}, {SignalType::kSha256, "two"}};
  ExpectAll();
}

TEST_F(KnownGoodTest, OnlyListsOfKnownBenignFilesHaveThem) {
  for (const Purpose purpose :
       {Purpose::kChildAbuse, Purpose::kOwnDecisions, Purpose::kTest}) {
    const std::string list(PurposeName(purpose));
    Make(list, purpose);
    const Head before = catalogue_->head();
    const KnownGoodEdit edit =
        Built(folder_.path(), list, SignalType::kSha1, "x");
    const auto at = catalogue_->EditKnownGood(list, {&edit, 1}, kBy);
    EXPECT_EQ(at.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(at.status().message()), HasSubstr(list));
    EXPECT_EQ(catalogue_->head(), before);
  }
  Reopen();  // takes the drafts away
  ExpectAll();
}

TEST_F(KnownGoodTest, RemovingWhatIsNotThereWritesNothing) {
  const Head before = catalogue_->head();
  Remove("good", SignalType::kMd5);
  EXPECT_EQ(catalogue_->head(), before);
}

TEST_F(KnownGoodTest, LeftOversGoWhenTheStoreIsOpenedAndStrangersStay) {
  Set("good", SignalType::kSha1, "kept");
  const std::string known = KnownFolder(folder_.path());
  const std::string left_over[] = {
      "good.sha1.0123456789abcdef", "gone.md5.0123456789abcdef",
      "good.sha1.new", ".good.sha1.new.0123456789abcdef.kenal-part"};
  const std::string strangers[] = {"good.sha1.0123456789ABCDEF", "readme",
                                   "good.pdq.0123456789abcdef",
                                   "good.sha1.0123456789abcde", "x.new"};
  for (const auto& name : left_over) std::ofstream(known + "/" + name) << 1;
  for (const auto& name : strangers) std::ofstream(known + "/" + name) << 1;
  Reopen();
  for (const auto& name : left_over) {
    EXPECT_FALSE(fs::exists(known + "/" + name)) << name;
  }
  for (const auto& name : strangers) {
    EXPECT_TRUE(fs::remove(known + "/" + name)) << name;
  }
  ExpectAll();
}

TEST_F(KnownGoodTest, ReadersOfChangesAreToldOfEach) {
  const ChangeCursor from{.sequence = catalogue_->head().sequence};
  Set("good", SignalType::kSha1, "one");
  const KnownGoodFile one = catalogue_->GetList("good")->known_good[0];
  Set("more.good", SignalType::kMd5, "two");
  const KnownGoodFile two = catalogue_->GetList("more.good")->known_good[0];
  Remove("good", SignalType::kSha1);
  // A page may hold one of them only.
  for (const size_t entries_max : {1U, 2U, 100U}) {
    std::vector<ListChange> changes;
    ChangeCursor cursor = from;
    for (bool caught_up = false; !caught_up;) {
      const auto page = catalogue_->ReadChanges(cursor, entries_max, false,
                                                catalogue_->head().sequence);
      ASSERT_TRUE(page.ok()) << page.status();
      changes.insert(changes.end(), page->changes.begin(), page->changes.end());
      cursor = page->next;
      caught_up = page->caught_up;
    }
    const uint64_t at = from.sequence.value;
    const auto told = [&](uint64_t step, const char* list,
                          const KnownGoodFile& file) {
      return ListChange{.sequence = {at + step},
                        .kind = ChangeKind::kKnownGoodSet,
                        .list = list,
                        .policy = {},
                        .known_good = file,
                        .entries = {},
                        .last = true};
    };
    EXPECT_THAT(
        changes,
        ElementsAre(told(1, "good", one), told(2, "more.good", two),
                    told(3, "good",
                         {.signal = SignalType::kSha1, .set_at = {at + 3}})));
  }
}

// Every row changed in every way that a byte can be.
TEST_F(KnownGoodTest, VerifyNoticesARowThatIsNotTheOneInTheLog) {
  Set("good", SignalType::kSha1, "one");
  const ListInfo list = *catalogue_->GetList("good");
  const std::string key = KnownKey(list.number, SignalType::kSha1);
  const std::string row = EncodeKnownRow(list.known_good[0]);
  catalogue_.reset();
  for (size_t at = 0; at <= row.size(); ++at) {
    std::string altered = row;
    if (at < row.size()) altered[at] = static_cast<char>(altered[at] ^ 1);
    {
      auto store = Store::Open(folder_.path(), options_);
      ASSERT_TRUE(store.ok()) << store.status();
      Rows rows(**store);
      if (at < row.size()) rows.Put(Family::kMeta, key, altered);
      if (at == row.size()) rows.Delete(Family::kMeta, key);
      ASSERT_TRUE((*store)->Write(rows).ok());
    }
    auto opened = OpenWith(folder_.path(), options_);
    if (!opened.ok()) {
      EXPECT_EQ(opened.status().code(), StatusCode::kDataLoss);
      continue;
    }
    EXPECT_THAT(Problems(**opened), Contains(HasSubstr("known-good"))) << at;
  }
}

TEST_F(KnownGoodTest, AStoreThatIsRestoredHasThem) {
  const std::string backups = folder_.root() + "/backups";
  Set("good", SignalType::kSha1, std::string(5000, 'a'));
  Set("more.good", SignalType::kMd5, "small");
  const auto first = catalogue_->Backup(backups, {});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_GT(first->new_bytes, 5000U);
  Set("more.good", SignalType::kMd5, "other");
  const auto second = catalogue_->Backup(backups, {});
  ASSERT_TRUE(second.ok()) << second.status();
  Remove("good", SignalType::kSha1);
  const auto third = catalogue_->Backup(backups, {});
  ASSERT_TRUE(third.ok()) << third.status();
  // What is there already is not copied again.
  const std::string large =
      backups + "/files/" +
      HexText(base::Sha256Of(base::AsBytes(std::string(5000, 'a'))));
  EXPECT_EQ(fs::file_size(large), 5000U);
  EXPECT_EQ(FaultOfBackups(backups), "");
  catalogue_.reset();

  const std::map<std::string, std::map<SignalType, std::string>> held[] = {
      {{"good", {{SignalType::kSha1, std::string(5000, 'a')}}},
       {"more.good", {{SignalType::kMd5, "small"}}}},
      {{"good", {{SignalType::kSha1, std::string(5000, 'a')}}},
       {"more.good", {{SignalType::kMd5, "other"}}}},
      {{"more.good", {{SignalType::kMd5, "other"}}}}};
  for (uint64_t number = 1; number <= 3; ++number) {
    fs::remove_all(folder_.path());
    const auto restored = RestoreBackup(backups, number, folder_.path(), {});
    ASSERT_TRUE(restored.ok()) << restored.status();
    Reopen();
    expected_ = held[number - 1];
    ExpectAll();
    catalogue_.reset();
  }
  // Nothing needs the large one any more.
  ASSERT_TRUE(PruneBackups(backups, 1).ok());
  EXPECT_FALSE(fs::exists(large));
  EXPECT_EQ(FaultOfBackups(backups), "");
}

// As a table that does: a backup of less than the store is none.
TEST_F(KnownGoodTest, AMissingOrDamagedFileMakesNoBackup) {
  Set("good", SignalType::kSha1, "bytes");
  const ListInfo list = *catalogue_->GetList("good");
  const std::string path = KnownFolder(folder_.path()) + "/" +
                           KnownFileName(list.name, list.known_good[0]);
  const std::string backups = folder_.root() + "/backups";
  for (const std::string bytes : {"bytez", "byte", ""}) {
    fs::remove(path);
    if (!bytes.empty()) std::ofstream(path) << bytes;
    const auto made = catalogue_->Backup(backups, {});
    EXPECT_EQ(made.status().code(), StatusCode::kDataLoss) << made.status();
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(path));
    EXPECT_THAT(*ListBackups(backups), IsEmpty());
  }
  std::ofstream(path) << "bytes";
  const auto made = catalogue_->Backup(backups, {});
  EXPECT_TRUE(made.ok()) << made.status();
}

TEST_F(KnownGoodTest, ADamagedCopyIsNamedAndNotRestored) {
  Set("good", SignalType::kSha1, "bytes");
  const std::string backups = folder_.root() + "/backups";
  ASSERT_TRUE(catalogue_->Backup(backups, {}).ok());
  const std::string copy =
      backups + "/files/" + HexText(base::Sha256Of(base::AsBytes("bytes")));
  Replace(copy, "bytez");
  EXPECT_THAT(FaultOfBackups(backups), HasSubstr(copy));
  const std::string to = folder_.root() + "/restored";
  EXPECT_EQ(RestoreBackup(backups, 0, to, {}).status().code(),
            StatusCode::kDataLoss);
  // What it left there keeps nobody from trying again.
  Replace(copy, "bytes");
  const auto restored = RestoreBackup(backups, 0, to, {});
  EXPECT_TRUE(restored.ok()) << restored.status();
}

}  // namespace
}  // namespace kenal::catalogue
