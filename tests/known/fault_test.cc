// Builds in which the k-th call of the system fails, or kills the process, for
// every k; and disks that fill up. The linker puts our functions before the
// system's (tests/known/CMakeLists.txt).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

#include "tests/known/support.h"

namespace {

struct Faults {
  bool counting = false;
  int64_t calls = 0;
  int64_t fails_at = 0;  // counted from 1; 0: none
  int error = EIO;
  bool kills = false;
  int64_t bytes_left = -1;  // of the disk; below 0: without end
  std::string order;        // of the calls that make a file last
};
Faults faults;

// True when this call shall fail.
bool Fails() {
  if (!faults.counting) return false;
  if (++faults.calls != faults.fails_at) return false;
  if (faults.kills) raise(SIGKILL);
  errno = faults.error;
  return true;
}

void Note(char step) {
  if (faults.counting) faults.order += step;
}

}  // namespace

extern "C" {
int __real_openat(int folder, const char* name, int flags, ...);
int __real_flock(int fd, int operation);
ssize_t __real_write(int fd, const void* bytes, size_t size);
ssize_t __real_pread(int fd, void* bytes, size_t size, off_t offset);
int __real_fsync(int fd);
int __real_renameat(int from, const char* name, int to, const char* target);

int __wrap_openat(int folder, const char* name, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return Fails() ? -1 : __real_openat(folder, name, flags, mode);
}
int __wrap_flock(int fd, int operation) {
  return Fails() ? -1 : __real_flock(fd, operation);
}
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  if (Fails()) return -1;
  if (!faults.counting || faults.bytes_left < 0) {
    Note('w');
    return __real_write(fd, bytes, size);
  }
  // A filling disk takes a part first.
  const auto taken = std::min(size, static_cast<size_t>(faults.bytes_left));
  if (taken == 0) {
    errno = ENOSPC;
    return -1;
  }
  faults.bytes_left -= static_cast<int64_t>(taken);
  return __real_write(fd, bytes, taken);
}
ssize_t __wrap_pread(int fd, void* bytes, size_t size, off_t offset) {
  return Fails() ? -1 : __real_pread(fd, bytes, size, offset);
}
int __wrap_fsync(int fd) {
  if (Fails()) return -1;
  Note('s');
  return __real_fsync(fd);
}
int __wrap_renameat(int from, const char* name, int to, const char* target) {
  if (Fails()) return -1;
  Note('r');
  return __real_renameat(from, name, to, target);
}
}

namespace kenal::known {
namespace {

using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BuilderFaults : public ::testing::Test {
 protected:
  BuilderFaults() {
    // Runs, a crowded bucket and, since some digests come twice, a count.
    DigestSet set = RandomSet(random_, SignalType::kSha1, 130'900);
    set.merge(SharedPrefixSet(random_, SignalType::kSha1, 300, 10));
    digests_ = Shuffled(random_, set);
    digests_.insert(digests_.end(), digests_.begin(), digests_.begin() + 500);
    EXPECT_TRUE(BuildSet(path_, SignalType::kSha1, {}).ok());
    before_ = base::Sha256Of(ContentOf(path_));
    const auto facts = BuildSet(folder_ / "plain", SignalType::kSha1, set);
    EXPECT_TRUE(facts.ok()) << facts.status();
    after_ = facts->sha256;
    std::filesystem::remove(folder_ / "plain");
  }
  ~BuilderFaults() override { faults = {}; }

  StatusOr<KnownFileFacts> BuildWithFaults() {
    faults.counting = true;
    const auto facts = Build(
        path_, {.list = "list", .memory_bytes = KnownBuilder::kMemoryBytesMin},
        digests_);
    faults.counting = false;
    return facts;
  }

  base::Sha256Bytes Now() const { return base::Sha256Of(ContentOf(path_)); }

  void PutOldBack() {
    ASSERT_TRUE(BuildSet(path_, SignalType::kSha1, {}).ok());
    ASSERT_EQ(Now(), before_);
  }

  std::mt19937_64 random_{TestSeed()};
  const TempDir folder_;
  const std::string path_ = folder_ / "list";
  std::vector<Bytes> digests_;
  base::Sha256Bytes before_;
  base::Sha256Bytes after_;
};

TEST_F(BuilderFaults, EachCallMayFail) {
  for (const int error : {EIO, ENOSPC}) {
    int failed = 0;
    for (int64_t k = 1;; ++k) {
      SCOPED_TRACE(k);
      faults = {.fails_at = k, .error = error};
      const auto facts = BuildWithFaults();
      EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("list"));
      if (faults.calls < k) {
        ASSERT_TRUE(facts.ok()) << facts.status();
        EXPECT_EQ(facts->sha256, after_);
        break;
      }
      if (facts.ok()) {
        // What cleans up after others may fail.
        EXPECT_EQ(Now(), after_);
      } else {
        ++failed;
        EXPECT_EQ(facts.status().code(), error == EIO
                                             ? StatusCode::kUnavailable
                                             : StatusCode::kResourceExhausted)
            << facts.status();
        EXPECT_THAT(std::string(facts.status().message()), HasSubstr(path_));
        const bool placed =
            std::string(facts.status().message()).find("is in its place") !=
            std::string::npos;
        EXPECT_EQ(Now(), placed ? after_ : before_) << facts.status();
      }
      PutOldBack();
    }
    EXPECT_GT(failed, 20);
  }
}

TEST_F(BuilderFaults, AFullDiskLeavesTheOldFile) {
  // Runs and target take about 2.6 and 2.4 MB.
  for (int64_t room = 0; room < 4'500'000; room += 200'000) {
    SCOPED_TRACE(room);
    faults = {.bytes_left = room};
    const auto facts = BuildWithFaults();
    EXPECT_EQ(facts.status().code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(facts.status().message()), HasSubstr(path_));
    EXPECT_THAT(std::string(facts.status().message()), HasSubstr("make room"));
    EXPECT_EQ(Now(), before_);
    EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("list"));
  }
}

TEST_F(BuilderFaults, ALimitOfFileSizesIsADiskThatIsFull) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 1'500'000, .rlim_max = 1'500'000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    const Status status = BuildWithFaults().status();
    _exit(status.code() == StatusCode::kResourceExhausted ? 0 : 1);
  }
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(Now(), before_);
  EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("list"));
}

TEST_F(BuilderFaults, KilledAtEachCallItLeavesAWholeFileAndLittleElse) {
  int kills = 0;
  bool left_over = false;
  for (int64_t k = 1;; ++k) {
    SCOPED_TRACE(k);
    const pid_t child = fork();
    if (child == 0) {
      faults = {.fails_at = k, .kills = true};
      _exit(BuildWithFaults().ok() ? 0 : 1);
    }
    int result = -1;
    ASSERT_EQ(waitpid(child, &result, 0), child);
    const base::Sha256Bytes now = Now();
    if (WIFEXITED(result)) {
      EXPECT_EQ(WEXITSTATUS(result), 0);
      EXPECT_EQ(now, after_);
      break;
    }
    ++kills;
    EXPECT_TRUE(now == before_ || now == after_);
    left_over = left_over || NamesIn(folder_.path()).size() > 1;
    PutOldBack();
    EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("list"));
  }
  EXPECT_GT(kills, 20);
  EXPECT_TRUE(left_over);  // else nothing was seen to be removed
}

TEST_F(BuilderFaults, AFileIsSyncedBeforeItIsPlacedAndItsFolderAfter) {
  const auto facts = BuildWithFaults();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_THAT(faults.order, ::testing::EndsWith("wsrs"));
}

TEST_F(BuilderFaults, AFailingReadOfAFileIsAnError) {
  ASSERT_TRUE(BuildWithFaults().ok());
  for (const Residence where : {Residence::kMapped, Residence::kMemory}) {
    int failed = 0;
    for (int64_t k = 1;; ++k) {
      faults = {.counting = true, .fails_at = k};
      const auto file = KnownFile::Open(path_, where);
      const Status status = file.ok() ? (*file)->Verify(after_) : file.status();
      const bool reached = faults.calls >= k;
      faults = {};
      if (!reached) {
        EXPECT_TRUE(status.ok()) << status;
        break;
      }
      ++failed;
      EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    }
    EXPECT_GE(failed, 3);
  }
}

}  // namespace
}  // namespace kenal::known
