// Failing disks: each operation fails once, the disk fills up, space returns.
// Each trial runs in a child, so that an abort is a failed trial and no more.
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "src/catalogue/store.h"
#include "tests/catalogue/test_file_system.h"
#include "tests/catalogue/workload.h"

namespace kenal::catalogue {
namespace {

namespace fs = std::filesystem;

// What one trial adds to the store: a round of the workload.
constexpr uint64_t kBefore = 1 + Workload::kRound;
constexpr uint64_t kAfter = kBefore + Workload::kRound;

// Exit codes of a trial.
constexpr int kUntouched = 0;  // all went well
constexpr int kRefused = 10;   // a clean error, and the store is right
constexpr int kWrong = 11;

[[noreturn]] void Wrong(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  _exit(kWrong);
}

template <typename Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) body();
  int result = -1;
  EXPECT_EQ(waitpid(child, &result, 0), child);
  return WIFEXITED(result) ? WEXITSTATUS(result) : 1000 + WTERMSIG(result);
}

class CatalogueFault : public testing::Test {
 protected:
  // A store with kBefore records that each trial copies.
  void SetUp() override {
    ASSERT_EQ(InChild([&] {
                if (!Catalogue::Create(original()).ok()) _exit(1);
                auto catalogue = OpenWith(original(), Workload::StoreOptions());
                const Status status =
                    Workload::Run(**catalogue, kBefore, [](uint64_t) {});
                catalogue->reset();
                _exit(status.ok() ? 0 : 1);
              }),
              0);
  }
  const std::string& original() const { return folder_.path(); }

  std::string Copy() {
    const std::string copy = folder_.root() + "/copy";
    fs::remove_all(copy);
    fs::copy(original(), copy, fs::copy_options::recursive);
    return copy;
  }

  TestFolder folder_;
};

bool IsClean(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kResourceExhausted ||
         status.code() == StatusCode::kDataLoss;
}

// In the child: opens and runs with one planted failure, then without.
[[noreturn]] void FailOnce(const std::string& copy, int64_t fail_at,
                           const rocksdb::IOStatus& failure) {
  static Faults faults;
  const auto Wrong = [&](const std::string& what) {
    std::fprintf(stderr, "after failed %s: %s\n", faults.failed.c_str(),
                 what.c_str());
    _exit(kWrong);
  };
  faults.failure = failure;
  const std::unique_ptr<rocksdb::Env> env = TestEnv(faults);
  Options options = Workload::StoreOptions();
  options.env = env.get();
  faults.fail_at = fail_at;
  auto catalogue = OpenWith(copy, options);
  uint64_t acknowledged = kBefore;
  Status status = catalogue.status();
  if (catalogue.ok()) {
    status = Workload::Run(**catalogue, kAfter,
                           [&](uint64_t n) { acknowledged = n; });
    if (!status.ok()) {
      // What was there before is still served.
      const std::vector<Posting> served = AllPostings(**catalogue);
      const uint64_t head = (*catalogue)->head().sequence.value;
      if (served != Workload::Expected(head)) Wrong("reads after a failure");
      // The next try works, or says to open the store anew.
      const Status again = Workload::Run(**catalogue, kAfter,
                                         [&](uint64_t n) { acknowledged = n; });
      if (!again.ok() && !IsClean(again)) Wrong("again: " + again.ToString());
    }
    catalogue->reset();
  }
  const bool touched = faults.operations >= fail_at;
  faults.fail_at = 0;
  if (!status.ok() && !IsClean(status)) Wrong(status.ToString());
  auto reopened = OpenWith(copy, options);
  if (!reopened.ok()) Wrong("reopen: " + reopened.status().ToString());
  const std::string fault = FaultOf(**reopened, acknowledged);
  if (!fault.empty()) Wrong(fault);
  const Status rest = Workload::Run(**reopened, kAfter, [](uint64_t) {});
  if (!rest.ok()) Wrong("after reopening: " + rest.ToString());
  _exit(touched ? kRefused : kUntouched);
}

class CatalogueFailOnce : public CatalogueFault {
 protected:
  // Fails operation k for k = first, first + stride, ... until the workload
  // completes untouched. KENAL_TEST_FULL in the environment: every k.
  void FailEach(const rocksdb::IOStatus& failure, int64_t stride) {
    const bool full = std::getenv("KENAL_TEST_FULL") != nullptr;
    const int64_t first =
        full ? 1 : 1 + static_cast<int64_t>(std::random_device()() % stride);
    int64_t trials = 0;
    for (int64_t k = first;; k += full ? 1 : stride) {
      const std::string copy = Copy();
      const int code = InChild([&] { FailOnce(copy, k, failure); });
      if (code == kUntouched) break;
      EXPECT_EQ(code, kRefused) << "operation " << k;
      ASSERT_LT(++trials, 5'000);
    }
    std::printf("%ld operations failed once each\n", trials);
    EXPECT_GT(trials, 50);
  }
};

TEST_F(CatalogueFailOnce, AnErrorIsSaidAndNothingIsLost) {
  FailEach(rocksdb::IOStatus::IOError("planted"), 1);
}

TEST_F(CatalogueFailOnce, AFullDiskForOneMomentIsSaidAndNothingIsLost) {
  FailEach(rocksdb::IOStatus::NoSpace("planted"), 1);
}

// In the child: the disk fills up during the workload and is emptied again.
[[noreturn]] void FillUp(const std::string& copy, int64_t space) {
  static Faults faults;
  const std::unique_ptr<rocksdb::Env> env = TestEnv(faults);
  Options options = Workload::StoreOptions();
  options.env = env.get();
  auto catalogue = OpenWith(copy, options);
  if (!catalogue.ok()) Wrong(catalogue.status().ToString());
  faults.space_left = space;
  uint64_t acknowledged = kBefore;
  const auto acknowledge = [&](uint64_t n) { acknowledged = n; };
  const Status full = Workload::Run(**catalogue, kAfter, acknowledge);
  if (full.ok()) _exit(kUntouched);
  if (full.code() != StatusCode::kResourceExhausted) Wrong(full.ToString());
  for (int again = 0; again < 3; ++again) {
    const Status status = Workload::Run(**catalogue, kAfter, acknowledge);
    if (status.code() != StatusCode::kUnavailable) {
      Wrong("after a failed write: " + status.ToString());
    }
    const uint64_t head = (*catalogue)->head().sequence.value;
    if (AllPostings(**catalogue) != Workload::Expected(head)) {
      Wrong("reads on a full disk");
    }
  }
  faults.space_left = -1;
  catalogue->reset();
  auto reopened = OpenWith(copy, options);
  if (!reopened.ok()) Wrong("reopen: " + reopened.status().ToString());
  const std::string fault = FaultOf(**reopened, acknowledged);
  if (!fault.empty()) Wrong(fault);
  const Status rest = Workload::Run(**reopened, kAfter, [](uint64_t) {});
  if (!rest.ok()) Wrong("after reopening: " + rest.ToString());
  _exit(kRefused);
}

TEST_F(CatalogueFault,
       AFullDiskIsSaidReadsGoOnAndWritesComeBackWhenOpenedAnew) {
  int filled = 0;
  for (int64_t space = 0; space < 1'000'000; space += 1 + space / 3) {
    const std::string copy = Copy();
    const int code = InChild([&] { FillUp(copy, space); });
    if (code == kUntouched) break;
    EXPECT_EQ(code, kRefused) << "with " << space << " bytes";
    ++filled;
  }
  std::printf("%d full disks\n", filled);
  EXPECT_GE(filled, 20);
}

// The reserve keeps room for taking entries out.
TEST_F(CatalogueFault, TheReserveRefusesAddingButNotWithdrawing) {
  const std::string copy = Copy();
  EXPECT_EQ(
      InChild([&] {
        Options options = Workload::StoreOptions();
        options.space_reserve_bytes = uint64_t{1} << 60;
        const auto catalogue = OpenWith(copy, options);
        const std::vector<EntryDraft> drafts = {FullDraft(1)};
        const Status added =
            (*catalogue)->AddEntries("main", drafts, kBy).status();
        if (added.code() != StatusCode::kResourceExhausted) _exit(1);
        const Status imported =
            (*catalogue)->Import("main", SourceOf(drafts), {}, kBy).status();
        if (imported.code() != StatusCode::kResourceExhausted) _exit(2);
        const std::string reference = "2";
        const auto withdrawn = (*catalogue)
                                   ->SetEntryState("main", {&reference, 1},
                                                   EntryState::kWithdrawn, kBy);
        _exit(withdrawn.ok() ? 0 : 3);
      }),
      0);
}

}  // namespace
}  // namespace kenal::catalogue
