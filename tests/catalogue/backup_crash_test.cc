// Kills processes that back up and restore at random moments, and fails each
// operation of the disk once: what is listed afterwards is always whole. The
// processes that touch RocksDB are children; this one forks, kills and looks.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "tests/catalogue/backup_testing.h"
#include "tests/catalogue/test_file_system.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kTimeBudget = std::chrono::seconds(10);
constexpr int kCyclesMax = 120;
constexpr uint64_t kEndless = 1'000'000;

[[noreturn]] void Wrong(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  _exit(1);
}

template <typename Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int result = -1;
  EXPECT_EQ(waitpid(child, &result, 0), child);
  return result;
}

// Kills the child at a random moment within `most`; whether that came in time.
template <typename Body>
bool KillWithin(std::chrono::microseconds most, std::mt19937_64& random,
                const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  std::this_thread::sleep_for(most * (random() % 1000) / 1000);
  kill(child, SIGKILL);
  int result = -1;
  EXPECT_EQ(waitpid(child, &result, 0), child);
  if (WIFSIGNALED(result)) return true;
  EXPECT_EQ(WEXITSTATUS(result), 0);
  return false;
}

std::unique_ptr<Catalogue> OpenOrDie(const std::string& folder,
                                     const Options& options) {
  auto opened = OpenWith(folder, options);
  if (!opened.ok()) Wrong(opened.status().ToString());
  return *std::move(opened);
}

// In a child: all backups are whole, and the last is the store as it was.
void CheckAll(const std::string& backups, const std::string& to) {
  if (!fs::exists(backups + "/kenal.backups")) return;
  const auto listed = ListBackups(backups);
  if (!listed.ok()) Wrong(listed.status().ToString());
  if (listed->empty()) return;
  const std::string fault = FaultOfBackups(backups);
  if (!fault.empty()) Wrong(fault);
  fs::remove_all(to);
  const auto restored = RestoreBackup(backups, 0, to, {});
  if (!restored.ok()) Wrong(restored.status().ToString());
  const auto store = OpenOrDie(to, Workload::StoreOptions());
  if (store->head().sequence != restored->sequence) Wrong("another sequence");
  const std::string wrong = FaultOf(*store, restored->sequence.value);
  if (!wrong.empty()) Wrong(wrong);
}

class BackupCrash : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(
        InChild([&] {
          if (!Catalogue::Create(store()).ok()) Wrong("not made");
          const auto catalogue = OpenOrDie(store(), Workload::StoreOptions());
          const Status status = Workload::Run(*catalogue, 100, [](uint64_t) {});
          if (!status.ok()) Wrong(status.ToString());
        }),
        0);
  }
  const std::string& store() const { return folder_.path(); }
  std::string backups() const { return folder_.root() + "/backups"; }
  std::string to() const { return folder_.root() + "/to"; }

  TestFolder folder_;
};

// Backs up, prunes and writes at once, and is killed.
TEST_F(BackupCrash, AtAnyMomentOfABackupLeavesWholeBackupsOnly) {
  std::mt19937_64 random(TestSeed());
  const Clock::time_point end = Clock::now() + kTimeBudget;
  int killed = 0;
  int cycle = 0;
  for (; cycle < kCyclesMax && Clock::now() < end; ++cycle) {
    killed += KillWithin(std::chrono::milliseconds(120), random, [&] {
      const auto catalogue = OpenOrDie(store(), Workload::StoreOptions());
      const uint64_t last = catalogue->head().sequence.value + 400;
      std::jthread writer([&] {
        Workload::Run(*catalogue, last, [](uint64_t) {}).IgnoreError();
      });
      for (int i = 0; i < 20; ++i) {
        const auto made = catalogue->Backup(backups(), {});
        if (!made.ok()) Wrong(made.status().ToString());
        if (i % 4 != 3) continue;
        const auto pruned = PruneBackups(backups(), 2);
        if (!pruned.ok()) Wrong(pruned.status().ToString());
      }
    });
    ASSERT_EQ(InChild([&] { CheckAll(backups(), to()); }), 0)
        << "cycle " << cycle;
    if (cycle % 20 == 19) fs::remove_all(backups());
  }
  EXPECT_GT(killed, cycle / 4) << "of " << cycle;
}

// A restore that was killed left no store, or a whole one; it can be repeated.
TEST_F(BackupCrash, AtAnyMomentOfARestoreLeavesAWholeStoreOrNone) {
  std::mt19937_64 random(TestSeed());
  ASSERT_EQ(InChild([&] {
              const auto catalogue =
                  OpenOrDie(store(), Workload::StoreOptions());
              const auto made = catalogue->Backup(backups(), {});
              if (!made.ok()) Wrong(made.status().ToString());
            }),
            0);
  const Clock::time_point end = Clock::now() + kTimeBudget;
  int partly = 0;
  int cycle = 0;
  for (; cycle < kCyclesMax && Clock::now() < end; ++cycle) {
    fs::remove_all(to());
    KillWithin(std::chrono::milliseconds(60), random, [&] {
      const auto restored = RestoreBackup(backups(), 0, to(), {});
      if (!restored.ok()) Wrong(restored.status().ToString());
    });
    const bool there = fs::exists(to() + "/db");
    partly += !there && fs::exists(to() + "/db.new");
    ASSERT_EQ(InChild([&] {
                if (!there) {
                  const auto again = RestoreBackup(backups(), 0, to(), {});
                  if (!again.ok()) Wrong(again.status().ToString());
                }
                const auto catalogue =
                    OpenOrDie(to(), Workload::StoreOptions());
                const std::string fault = FaultOf(*catalogue, 100);
                if (!fault.empty()) Wrong(fault);
              }),
              0)
        << "cycle " << cycle;
  }
  EXPECT_GT(partly, 0) << "of " << cycle;
}

// In a child: one backup, into a folder that holds another, with one planted
// failure. Exit codes: 0 the failure did not come, 10 refused and right.
void FailOnce(const std::string& store, const std::string& backups,
              int64_t fail_at, const rocksdb::IOStatus& failure) {
  static Faults faults;
  const std::unique_ptr<rocksdb::Env> env = TestEnv(faults);
  Options options = Workload::StoreOptions();
  options.env = env.get();
  auto catalogue = OpenOrDie(store, options);
  faults.failure = failure;
  faults.operations = 0;
  faults.fail_at = fail_at;
  const auto made = catalogue->Backup(backups, {});
  const bool reached = faults.operations >= fail_at;
  faults.fail_at = 0;
  const std::string fault = FaultOfBackups(backups);
  if (!fault.empty()) Wrong("after failed " + faults.failed + ": " + fault);
  if (!made.ok() && made.status().code() != StatusCode::kUnavailable &&
      made.status().code() != StatusCode::kResourceExhausted &&
      made.status().code() != StatusCode::kDataLoss) {
    Wrong("after failed " + faults.failed + ": " + made.status().ToString());
  }
  // RocksDB syncs the log of the store, and writes no more when that fails.
  if (faults.failed.ends_with(".log")) {
    catalogue.reset();
    catalogue = OpenOrDie(store, options);
  }
  const auto next = catalogue->Backup(backups, {});
  if (!next.ok()) {
    Wrong("after failed " + faults.failed + ": " + next.status().ToString());
  }
  const std::string later = FaultOfBackups(backups);
  if (!later.empty()) Wrong("after failed " + faults.failed + ": " + later);
  if (!Workload::Run(*catalogue, 110, [](uint64_t) {}).ok()) {
    Wrong("after failed " + faults.failed + ": the store takes no change");
  }
  _exit(made.ok() ? (reached ? 11 : 0) : 10);
}

// Another choice of operations in each run.
TEST_F(BackupCrash, WhenOneOperationFailsIsAnErrorAndNoMore) {
  std::mt19937_64 random(TestSeed());
  const std::string original = folder_.root() + "/original";
  ASSERT_EQ(InChild([&] {
              auto catalogue = OpenOrDie(store(), Workload::StoreOptions());
              if (!catalogue->Backup(backups(), {}).ok()) Wrong("no backup");
              // So that nothing runs in the background when one fails.
              if (!catalogue->Compact({}).ok()) Wrong("not compacted");
              const Status status =
                  Workload::Run(*catalogue, 108, [](uint64_t) {});
              if (!status.ok()) Wrong(status.ToString());
            }),
            0);
  fs::create_directory(original);
  const auto copy = fs::copy_options::recursive;
  fs::copy(store(), original + "/store", copy);
  fs::copy(backups(), original + "/backups", copy);
  for (const auto& failure : {rocksdb::IOStatus::IOError("planted"),
                              rocksdb::IOStatus::NoSpace("planted")}) {
    int refused = 0;
    for (int64_t at = 1;; at += 1 + static_cast<int64_t>(random() % 12)) {
      ASSERT_LT(at, 5'000);
      fs::remove_all(store());
      fs::remove_all(backups());
      fs::copy(original + "/store", store(), copy);
      fs::copy(original + "/backups", backups(), copy);
      const int result =
          InChild([&] { FailOnce(store(), backups(), at, failure); });
      ASSERT_TRUE(WIFEXITED(result)) << "operation " << at;
      const int code = WEXITSTATUS(result);
      ASSERT_TRUE(code == 0 || code == 10 || code == 11) << "operation " << at;
      if (code == 0) break;
      refused += code == 10;
    }
    EXPECT_GT(refused, 3);
  }
}

// The disk of the backups has less and less room.
TEST_F(BackupCrash, OnAFullDiskIsAnErrorAndFreesWhatItTook) {
  ASSERT_EQ(InChild([&] {
              static Faults faults;
              const std::unique_ptr<rocksdb::Env> env = TestEnv(faults);
              Options options = Workload::StoreOptions();
              options.env = env.get();
              const auto catalogue = OpenOrDie(store(), options);
              int full = 0;
              for (int64_t space = 0;; space = space * 3 / 2 + 100) {
                faults.space_left = space;
                const auto made = catalogue->Backup(backups(), {});
                faults.space_left = -1;
                if (made.ok()) break;
                ++full;
                if (made.status().code() != StatusCode::kResourceExhausted) {
                  Wrong(made.status().ToString());
                }
                if (fs::exists(backups() + "/files") &&
                    BytesUnder(backups() + "/files") != 0) {
                  Wrong("something was left");
                }
              }
              if (full < 5) Wrong("the disk was hardly full");
              const std::string fault = FaultOfBackups(backups());
              if (!fault.empty()) Wrong(fault);
            }),
            0);
}

}  // namespace
}  // namespace kenal::catalogue
