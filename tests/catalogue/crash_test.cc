// Kills a process at random moments of a workload and opens what it left. The
// processes that touch RocksDB are children: this one only forks and kills.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/catalogue/test_file_system.h"
#include "tests/catalogue/workload.h"

namespace kenal::catalogue {
namespace {

using Clock = std::chrono::steady_clock;

// Long enough for about a hundred kills, short enough for every run.
constexpr auto kTimeBudget = std::chrono::seconds(12);
constexpr int kCyclesMax = 150;
// A store starts anew now and then, to keep the checks fast.
constexpr int kCyclesPerStore = 25;
constexpr uint64_t kEndless = 1'000'000;

uint64_t TestSeed() {
  const char* const text = std::getenv("KENAL_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10)
                         : std::random_device()();
}

enum class Ground { kDisk, kDropUnsynced, kLyingDisk };

// In the child: runs the workload and reports each acknowledged record.
[[noreturn]] void Work(const std::string& folder, Ground ground, int report,
                       uint64_t seed) {
  static Faults faults;
  faults.hold_unsynced = ground != Ground::kDisk;
  faults.lie = ground == Ground::kLyingDisk;
  const std::unique_ptr<rocksdb::Env> env = TestEnv(faults);
  Options options = Workload::StoreOptions();
  if (ground != Ground::kDisk) options.env = env.get();
  // Sometimes the end comes at a named point instead of a random moment.
  std::mt19937_64 random(seed);
  uint64_t points_left = random() % 3 == 0 ? 1 + random() % 40 : kEndless;
  options.at_point = [&](std::string_view) {
    if (--points_left == 0) raise(SIGKILL);
  };
  const auto catalogue = OpenWith(folder, options);
  if (!catalogue.ok()) {
    std::fprintf(stderr, "%s\n", catalogue.status().ToString().c_str());
    _exit(2);
  }
  const auto acknowledged = [&](uint64_t sequence) {
    if (write(report, &sequence, sizeof sequence) != sizeof sequence) _exit(3);
  };
  acknowledged((*catalogue)->head().sequence.value);
  const Status status = Workload::Run(**catalogue, kEndless, acknowledged);
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  _exit(2);
}

// In the child: exit code 0 when the store holds what it should.
[[noreturn]] void Check(const std::string& folder, uint64_t acknowledged) {
  const auto catalogue = OpenWith(folder, Workload::StoreOptions());
  const std::string fault = catalogue.ok() ? FaultOf(**catalogue, acknowledged)
                                           : catalogue.status().ToString();
  if (fault.empty()) _exit(0);
  std::fprintf(stderr, "%s\n", fault.c_str());
  _exit(1);
}

int WaitFor(pid_t child) {
  int result = -1;
  EXPECT_EQ(waitpid(child, &result, 0), child);
  return result;
}

template <typename Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) body();
  return WaitFor(child);
}

struct Tally {
  int cycles = 0;
  int bad = 0;
  uint64_t records = 0;  // acknowledged by workers that were then killed
};

// Runs a worker, kills it, and gives the last record that it acknowledged.
uint64_t KillOne(const std::string& folder, Ground ground, uint64_t seed) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t worker = fork();
  if (worker == 0) {
    close(ends[0]);
    Work(folder, ground, ends[1], seed);
  }
  close(ends[1]);
  uint64_t acknowledged = 0;
  uint64_t sequence = 0;
  // The first report says that it is open: the workload starts there.
  if (read(ends[0], &sequence, sizeof sequence) == sizeof sequence) {
    acknowledged = sequence;
    std::mt19937_64 random(seed);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
  }
  kill(worker, SIGKILL);
  const int result = WaitFor(worker);
  EXPECT_TRUE(WIFSIGNALED(result)) << "worker ended by itself: " << result;
  while (read(ends[0], &sequence, sizeof sequence) == sizeof sequence) {
    acknowledged = sequence;
  }
  close(ends[0]);
  return acknowledged;
}

Tally KillManyTimes(Ground ground) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE("KENAL_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const Clock::time_point end = Clock::now() + kTimeBudget;
  Tally tally;
  std::unique_ptr<TestFolder> folder;
  while (tally.cycles < kCyclesMax && Clock::now() < end) {
    if (tally.cycles % kCyclesPerStore == 0 || folder == nullptr) {
      folder = std::make_unique<TestFolder>();
      EXPECT_EQ(InChild([&] {
                  _exit(Catalogue::Create(folder->path()).ok() ? 0 : 1);
                }),
                0);
    }
    const uint64_t acknowledged = KillOne(folder->path(), ground, random());
    ++tally.cycles;
    tally.records += acknowledged;
    if (InChild([&] { Check(folder->path(), acknowledged); }) != 0) {
      ++tally.bad;
      folder.reset();
    }
  }
  std::printf("%d kills, %d bad\n", tally.cycles, tally.bad);
  return tally;
}

TEST(CatalogueCrash, NothingAcknowledgedIsLostToKill) {
  const Tally tally = KillManyTimes(Ground::kDisk);
  EXPECT_EQ(tally.bad, 0);
  EXPECT_GT(tally.records, 100u);
}

TEST(CatalogueCrash, NothingAcknowledgedIsLostToAPowerCut) {
  const Tally tally = KillManyTimes(Ground::kDropUnsynced);
  EXPECT_EQ(tally.bad, 0);
  EXPECT_GT(tally.records, 100u);
}

// The harness itself: on a disk that lies about syncing, it must notice.
TEST(CatalogueCrash, TheHarnessNoticesLostWrites) {
  TestFolder folder;
  ASSERT_EQ(
      InChild([&] { _exit(Catalogue::Create(folder.path()).ok() ? 0 : 1); }),
      0);
  ASSERT_EQ(InChild([&] {
              const auto catalogue =
                  OpenWith(folder.path(), Workload::StoreOptions());
              const Status status =
                  Workload::Run(**catalogue, 2, [](uint64_t) {});
              _exit(status.ok() ? 0 : 1);
            }),
            0);
  int noticed = 0;
  for (uint64_t seed = 0; seed < 20 && noticed == 0; ++seed) {
    const uint64_t acknowledged =
        KillOne(folder.path(), Ground::kLyingDisk, seed * 3 + 1);
    noticed += InChild([&] { Check(folder.path(), acknowledged); }) != 0;
  }
  EXPECT_EQ(noticed, 1);
}

}  // namespace
}  // namespace kenal::catalogue
