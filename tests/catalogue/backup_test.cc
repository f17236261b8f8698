// Backups hold the store as it was, whole, and nothing that is wrong with one
// goes unnoticed.
#include <sys/stat.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "src/catalogue/backup_folder.h"
#include "tests/catalogue/backup_testing.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Backups : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(CreateWith(store(), options_).ok());
    Open();
  }
  void Open() {
    catalogue_.reset();
    auto opened = OpenWith(store(), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    catalogue_ = *std::move(opened);
  }
  // Until log record `last` is there.
  void Write(uint64_t last) {
    const Status status = Workload::Run(*catalogue_, last, [](uint64_t) {});
    ASSERT_TRUE(status.ok()) << status;
  }
  BackupInfo Backup() {
    const auto made = catalogue_->Backup(backups(), {});
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : BackupInfo{};
  }
  // Opened, and gone with the next one.
  std::unique_ptr<Catalogue> Restored(uint64_t number) {
    const std::string to = folder_.root() + "/restored";
    fs::remove_all(to);
    const auto restored = RestoreBackup(backups(), number, to, {});
    EXPECT_TRUE(restored.ok()) << restored.status();
    auto opened = OpenWith(to, options_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  std::vector<std::string> CheckProblems() {
    const auto check = CheckBackups(backups(), {}, {});
    if (!check.ok()) return {check.status().ToString()};
    return check->problems;
  }
  const std::string& store() const { return folder_.path(); }
  std::string backups() const { return folder_.root() + "/backups"; }
  std::string files() const { return backups() + "/files"; }

  TestFolder folder_;
  Options options_ = Workload::StoreOptions();
  std::unique_ptr<Catalogue> catalogue_;
};

// Backups are made while another thread writes. Each is restored and compared
// with a store that began as the same empty one and was led to its sequence.
TEST_F(Backups, HoldTheStoreAsItWasAtTheirSequence) {
  const std::string empty = folder_.root() + "/empty";
  catalogue_.reset();
  fs::copy(store(), empty, fs::copy_options::recursive);
  Open();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) Write(catalogue_->head().sequence.value + 1);
  });
  std::vector<BackupInfo> made;
  for (int i = 0; i < 6; ++i) {
    const uint64_t wanted = static_cast<uint64_t>(i) * 23;
    while (catalogue_->head().sequence.value < wanted) {
      std::this_thread::yield();
    }
    made.push_back(Backup());
    EXPECT_GE(made.back().sequence.value, wanted);
  }
  stop = true;
  writer.join();
  EXPECT_EQ(FaultOfBackups(backups()), "");

  auto reference = OpenWith(empty, options_);
  ASSERT_TRUE(reference.ok()) << reference.status();
  for (const BackupInfo& info : made) {
    ASSERT_TRUE(
        Workload::Run(**reference, info.sequence.value, [](uint64_t) {}).ok());
    const auto restored = Restored(info.number);
    ASSERT_NE(restored, nullptr);
    EXPECT_EQ(restored->head().sequence, info.sequence);
    EXPECT_EQ(restored->head().chain, info.chain);
    EXPECT_EQ(restored->store_id(), catalogue_->store_id());
    EXPECT_EQ(FaultOf(*restored, info.sequence.value), "");
    EXPECT_EQ(ChangesUpTo(*restored, info.sequence),
              ChangesUpTo(**reference, info.sequence));
  }
}

TEST_F(Backups, GoOnBeingWrittenToAfterARestore) {
  Write(30);
  const BackupInfo info = Backup();
  Write(60);
  const auto restored = Restored(info.number);
  ASSERT_NE(restored, nullptr);
  ASSERT_TRUE(Workload::Run(*restored, 70, [](uint64_t) {}).ok());
  EXPECT_EQ(FaultOf(*restored, 70), "");
  // The same store with another future: its tables are other tables.
  const auto made = restored->Backup(backups(), {});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(FaultOfBackups(backups()), "");
}

TEST_F(Backups, AreListedWithWhatTheyHold) {
  std::vector<BackupInfo> made;
  for (const uint64_t last : {10u, 20u, 40u}) {
    Write(last);
    made.push_back(Backup());
  }
  const auto listed = ListBackups(backups());
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->size(), made.size());
  for (size_t i = 0; i < made.size(); ++i) {
    EXPECT_EQ((*listed)[i].number, i + 1);
    EXPECT_EQ((*listed)[i].store_id, catalogue_->store_id());
    EXPECT_EQ((*listed)[i].incarnation, catalogue_->incarnation());
    EXPECT_EQ((*listed)[i].sequence, made[i].sequence);
    EXPECT_EQ((*listed)[i].chain, made[i].chain);
    EXPECT_EQ((*listed)[i].unix_ms, made[i].unix_ms);
    EXPECT_EQ((*listed)[i].size_bytes, made[i].size_bytes);
    EXPECT_EQ((*listed)[i].new_bytes, made[i].new_bytes);
  }
}

// What a backup says it added is what the folder grew by, and tables that
// were there are not written again.
TEST_F(Backups, CopyOnlyWhatIsNew) {
  Write(200);
  // After it no table is rewritten in the background.
  ASSERT_TRUE(catalogue_->Compact({}).ok());
  const BackupInfo first = Backup();
  EXPECT_EQ(first.new_bytes, BytesUnder(files()));
  const BackupInfo same = Backup();
  EXPECT_EQ(same.new_bytes, 0u);
  EXPECT_EQ(same.size_bytes, first.size_bytes);

  const uint64_t before = BytesUnder(files());
  std::map<std::string, fs::file_time_type> tables;
  for (const std::string& path : FilesUnder(files())) {
    if (fs::path(path).filename().string().size() == 64) continue;
    tables.emplace(path, fs::last_write_time(path));
  }
  ASSERT_GE(tables.size(), 3u);
  Write(201);
  const BackupInfo added = Backup();
  EXPECT_GT(added.new_bytes, 0u);
  EXPECT_EQ(added.new_bytes, BytesUnder(files()) - before);
  uint64_t table_bytes = 0;
  for (const auto& [path, time] : tables) {
    EXPECT_EQ(fs::last_write_time(path), time);
    table_bytes += fs::file_size(path);
  }
  EXPECT_LE(added.new_bytes, added.size_bytes - table_bytes);
  EXPECT_EQ(FaultOfBackups(backups()), "");
}

TEST_F(Backups, ArePrivateToTheirOwner) {
  Write(40);
  Backup();
  const auto mode = [](const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  };
  EXPECT_EQ(mode(backups()), 0700u);
  EXPECT_EQ(mode(files()), 0700u);
  EXPECT_EQ(mode(backups() + "/backups"), 0700u);
  for (const std::string& path : FilesUnder(backups())) {
    EXPECT_EQ(mode(path), 0600u) << path;
  }
  Restored(1).reset();  // An open store goes on removing files.
  for (const std::string& path : FilesUnder(folder_.root() + "/restored")) {
    if (path.ends_with("/LOCK")) continue;  // empty; see docs/format.md
    EXPECT_EQ(mode(path), 0600u) << path;
  }
}

// One byte of one file at a time; small files at every place, large ones at
// random places. Restoring what is damaged gives an error and no store.
TEST_F(Backups, WithOneFlippedByteAreFoundOut) {
  std::mt19937_64 random(TestSeed());
  Write(40);
  Backup();
  Write(50);
  Backup();
  catalogue_.reset();
  ASSERT_THAT(CheckProblems(), IsEmpty());
  constexpr size_t kEveryPlaceMax = 150;
  constexpr size_t kRandomPlaces = 40;
  for (const std::string& path : FilesUnder(backups())) {
    const std::string good = Contents(path);
    const size_t trials =
        good.size() <= kEveryPlaceMax ? good.size() : kRandomPlaces;
    for (size_t trial = 0; trial < trials; ++trial) {
      const size_t at =
          good.size() <= kEveryPlaceMax ? trial : random() % good.size();
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
      Replace(path, bad);
      ASSERT_FALSE(CheckProblems().empty()) << path << " at " << at;
    }
    Replace(path, good);
  }
  EXPECT_THAT(CheckProblems(), IsEmpty());
}

TEST_F(Backups, WithAFileShortLongOrGoneAreFoundOutAndNotRestored) {
  Write(60);
  Backup();
  catalogue_.reset();
  const std::string to = folder_.root() + "/restored";
  for (const std::string& path : FilesUnder(backups())) {
    const std::string good = Contents(path);
    const std::string name = fs::path(path).filename().string();
    if (name == "backups.lock") continue;  // may be removed
    for (const int damage : {0, 1, 2}) {
      if (damage == 0) Replace(path, good + "x");
      if (damage == 1 && good.empty()) continue;
      if (damage == 1) Replace(path, good.substr(0, good.size() - 1));
      if (damage == 2) fs::remove(path);
      EXPECT_FALSE(CheckProblems().empty()) << path << " damage " << damage;
      if (damage != 0) {  // what is too long is restored without its end
        EXPECT_FALSE(RestoreBackup(backups(), 0, to, {}).ok()) << path;
        EXPECT_FALSE(fs::exists(to + "/db")) << path;
      }
      Replace(path, good);
    }
  }
  ASSERT_THAT(CheckProblems(), IsEmpty());
  EXPECT_TRUE(RestoreBackup(backups(), 0, to, {}).ok());
}

// A record that promises another state than the files hold, with a digest of
// its own that is right.
TEST_F(Backups, WhoseRecordLiesAreFoundOutByVerifying) {
  Write(30);
  Backup();
  Write(35);
  Backup();
  auto folder = BackupFolder::OpenToWrite(backups(), options_);
  ASSERT_TRUE(folder.ok());
  auto records = (*folder)->Records();
  ASSERT_TRUE(records.ok());
  BackupRecord lie = (*records)[1];
  lie.files = (*records)[0].files;
  ASSERT_TRUE((*folder)->KeepRecord(lie).ok());
  const std::string path = backups();
  folder->reset();
  EXPECT_THAT(CheckProblems(), IsEmpty());
  EXPECT_THAT(FaultOfBackups(path), HasSubstr("its record says"));
  const auto restored =
      RestoreBackup(path, 2, folder_.root() + "/restored", {});
  EXPECT_EQ(restored.status().code(), StatusCode::kDataLoss);
}

TEST_F(Backups, AreNeverRestoredOverAnything) {
  Write(20);
  Backup();
  const Head before = catalogue_->head();
  const auto over = RestoreBackup(backups(), 0, store(), {});
  EXPECT_EQ(over.status().code(), StatusCode::kAlreadyExists);
  const std::string full = folder_.root() + "/full";
  fs::create_directory(full);
  Replace(full + "/letter.txt", "dear");
  const auto beside = RestoreBackup(backups(), 0, full, {});
  EXPECT_EQ(beside.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(FilesUnder(full).size(), 1u);
  Open();
  EXPECT_EQ(catalogue_->head(), before);
}

// The witness of a store knows how far its log came. A restored store has one
// of its own, so that going back on purpose is not taken for a loss.
TEST_F(Backups, RestoreAnOlderStateThatOpensAndHasAnIncarnationOfItsOwn) {
  Write(20);
  const BackupInfo info = Backup();
  Write(50);
  std::set<uint64_t> incarnations = {catalogue_->incarnation()};
  for (int i = 0; i < 2; ++i) {
    const std::string to = folder_.root() + "/to" + std::to_string(i);
    // What is left of a store whose database is gone.
    fs::create_directory(to);
    fs::copy(store() + "/kenal.head", to + "/kenal.head");
    ASSERT_TRUE(RestoreBackup(backups(), info.number, to, {}).ok());
    for (int again = 0; again < 2; ++again) {
      const auto opened = OpenWith(to, options_);
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_EQ((*opened)->head().sequence, info.sequence);
      EXPECT_GT((*opened)->incarnation(), catalogue_->incarnation());
      incarnations.insert((*opened)->incarnation());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // other clock
  }
  EXPECT_EQ(incarnations.size(), 3u);
}

TEST_F(Backups, GoOnlyIntoFoldersOfTheirStore) {
  Write(10);
  Backup();
  const auto refused = [&](const std::string& folder, StatusCode code,
                           const std::string& why) {
    const auto made = catalogue_->Backup(folder, {});
    EXPECT_EQ(made.status().code(), code) << made.status();
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(why));
  };
  refused(store(), StatusCode::kFailedPrecondition, "holds other files");
  refused(folder_.root() + "/no/such", StatusCode::kUnavailable, "no/such");
  Replace(folder_.root() + "/file", "x");
  refused(folder_.root() + "/file", StatusCode::kFailedPrecondition,
          "not a folder");
  const std::string other = folder_.root() + "/other";
  ASSERT_TRUE(CreateWith(other, options_).ok());
  catalogue_ = *OpenWith(other, options_);
  refused(backups(), StatusCode::kFailedPrecondition, "another store");
  EXPECT_EQ(FaultOfBackups(backups()), "");
  EXPECT_EQ(ListBackups(store()).status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(ListBackups(folder_.root() + "/none").status().code(),
            StatusCode::kNotFound);
}

TEST_F(Backups, AreMadeOneAtATime) {
  Write(10);
  Backup();
  const auto busy = BackupFolder::OpenToWrite(backups(), options_);
  ASSERT_TRUE(busy.ok());
  EXPECT_EQ(catalogue_->Backup(backups(), {}).status().code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(PruneBackups(backups(), 1).status().code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(CheckBackups(backups(), {}, {}).status().code(),
            StatusCode::kUnavailable);
  EXPECT_TRUE(ListBackups(backups()).ok());
}

TEST_F(Backups, ThatAreStoppedLeaveTheOthersAndServeTheNext) {
  Write(100);
  ASSERT_TRUE(catalogue_->Compact({}).ok());  // or files change in between
  const auto stopped =
      catalogue_->Backup(backups(), [&](uint64_t done, uint64_t total) {
        EXPECT_LE(done, total);
        return done < total / 2;
      });
  EXPECT_TRUE(absl::IsCancelled(stopped.status())) << stopped.status();
  EXPECT_THAT(*ListBackups(backups()), IsEmpty());
  const uint64_t kept = BytesUnder(files());
  EXPECT_GT(kept, 0u);
  const BackupInfo made = Backup();
  EXPECT_EQ(made.new_bytes, made.size_bytes - kept);
  EXPECT_EQ(FaultOfBackups(backups()), "");
}

TEST_F(Backups, ThatAreKeptStayWholeWhenOthersArePruned) {
  for (uint64_t i = 1; i <= 5; ++i) {
    Write(40 * i);
    Backup();
  }
  EXPECT_EQ(PruneBackups(backups(), 0).status().code(),
            StatusCode::kInvalidArgument);
  const uint64_t before = BytesUnder(backups());
  const auto pruned = PruneBackups(backups(), 2);
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EXPECT_EQ(pruned->removed, (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_GT(pruned->freed_bytes, 0u);
  EXPECT_LE(BytesUnder(backups()), before - pruned->freed_bytes);
  EXPECT_EQ(FaultOfBackups(backups()), "");
  for (const uint64_t number : {4u, 5u}) {
    EXPECT_NE(Restored(number), nullptr);
  }
  EXPECT_EQ(Backup().number, 6u);  // numbers are not used again
  const auto again = PruneBackups(backups(), 9);
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(again->removed, IsEmpty());
}

// Files of a backup whose record cannot be read may be needed to save it.
TEST_F(Backups, WithADamagedRecordKeepTheirFiles) {
  for (uint64_t i = 1; i <= 3; ++i) {
    Write(40 * i);
    Backup();
  }
  const std::string record = backups() + "/backups/000003";
  Replace(record, Contents(record) + "x");
  const uint64_t before = BytesUnder(files());
  const auto pruned = PruneBackups(backups(), 1);
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EXPECT_EQ(pruned->removed, (std::vector<uint64_t>{1}));
  EXPECT_TRUE(pruned->files_kept);
  EXPECT_EQ(BytesUnder(files()), before);
  EXPECT_EQ(
      RestoreBackup(backups(), 0, folder_.root() + "/to", {}).status().code(),
      StatusCode::kDataLoss);
  EXPECT_NE(Restored(2), nullptr);
  const auto listed = ListBackups(backups());
  ASSERT_TRUE(listed.ok());
  EXPECT_THAT(listed->back().damage, HasSubstr("backup 3"));
  // A newer one that is whole makes it old, and then it goes.
  EXPECT_EQ(Backup().number, 4u);
  const auto later = PruneBackups(backups(), 1);
  ASSERT_TRUE(later.ok());
  EXPECT_EQ(later->removed, (std::vector<uint64_t>{2, 3}));
  EXPECT_FALSE(later->files_kept);
  EXPECT_EQ(FaultOfBackups(backups()), "");
}

TEST_F(Backups, OfADamagedTableAreNotMade) {
  Write(200);
  Backup();
  Write(400);
  // After it no table is rewritten in the background.
  ASSERT_TRUE(catalogue_->Compact({}).ok());
  std::vector<std::string> tables;
  for (const std::string& path : FilesUnder(store() + "/db")) {
    if (path.ends_with(".sst")) tables.push_back(path);
  }
  ASSERT_FALSE(tables.empty());
  std::ranges::sort(tables);
  std::string bytes = Contents(tables.back());
  bytes[bytes.size() / 8] ^= 1;
  Replace(tables.back(), bytes);
  const auto made = catalogue_->Backup(backups(), {});
  EXPECT_EQ(made.status().code(), StatusCode::kDataLoss) << made.status();
  EXPECT_THAT(std::string(made.status().message()),
              HasSubstr(fs::path(tables.back()).filename().string()));
  EXPECT_EQ(ListBackups(backups())->size(), 1u);
  EXPECT_EQ(FaultOfBackups(backups()), "");
}

TEST_F(Backups, OfACompactedStoreHoldTheSame) {
  Write(300);
  const std::vector<ListChange> changes =
      ChangesUpTo(*catalogue_, catalogue_->head().sequence);
  const std::vector<Posting> postings = AllPostings(*catalogue_);
  uint64_t told = 0;
  const auto compacted =
      catalogue_->Compact([&](uint64_t done, uint64_t total) {
        EXPECT_LE(done, total);
        told = done;
        return true;
      });
  ASSERT_TRUE(compacted.ok()) << compacted.status();
  EXPECT_GT(told, 0u);
  EXPECT_EQ(AllPostings(*catalogue_), postings);
  EXPECT_EQ(ChangesUpTo(*catalogue_, catalogue_->head().sequence), changes);
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
  Backup();
  EXPECT_EQ(FaultOfBackups(backups()), "");
  const auto restored = Restored(1);
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(AllPostings(*restored), postings);
  const auto stopped =
      catalogue_->Compact([](uint64_t, uint64_t) { return false; });
  EXPECT_TRUE(absl::IsCancelled(stopped.status())) << stopped.status();
  Open();
  EXPECT_THAT(Problems(*catalogue_), IsEmpty());
}

}  // namespace
}  // namespace kenal::catalogue
