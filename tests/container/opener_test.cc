// The opener as a whole: workers that die, hang or lie, many at once, and what
// a container costs when its worker ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "src/container/worker.h"
#include "src/sandbox/sanitized.h"
#include "tests/container/opened.h"
#include "tests/decode/processes.h"
#include "tests/support/support.h"

namespace kenal::container {
namespace {

using kenal::testing::TempDir;

std::unique_ptr<Opener> StartAt(const std::string& program) {
  auto opener = Opener::Start({.program = program});
  EXPECT_TRUE(opener.ok()) << opener.status();
  return opener.ok() ? *std::move(opener) : nullptr;
}

std::unique_ptr<Opener> StartFake(const std::string& way) {
  return StartAt(KENAL_BIN_DIR "/container_fake_" + way);
}

// Ends all workers there are, and waits until they have ended.
void KillWorkers() {
  const std::vector<pid_t> workers = decode::Children();
  for (pid_t pid : workers) kill(pid, SIGKILL);
  for (pid_t pid : workers) {
    while (decode::IsRunning(pid)) std::this_thread::yield();
  }
}

// A small archive, as a descriptor for reading only.
class ArchiveFile {
 public:
  ArchiveFile() {
    WriteText(folder_ / "a", Noise(300'000, 1));
    WriteText(folder_ / "b", "letter");
    RunShell("cd " + folder_.path() + "; tar cf x.tar a b");
    file_ = std::make_unique<OpenFile>(folder_ / "x.tar");
  }
  StatusOr<std::unique_ptr<Container>> OpenWith(Opener& opener,
                                                const Limits& limits = {}) {
    const int descriptors[] = {file_->descriptor()};
    return opener.Open(Kind::kArchive, descriptors, limits);
  }

 private:
  TempDir folder_;
  std::unique_ptr<OpenFile> file_;
};

std::string DiskPath(const TempDir& folder) {
  std::filesystem::create_directory(folder / "in");
  for (int i = 0; i < 600; ++i) {
    WriteText(folder / ("in/f" + std::to_string(i)), std::to_string(i));
  }
  RunShell("cd " + folder.path() + "; mke2fs -q -t ext4 -d in x.dd 8M");
  return folder / "x.dd";
}

TEST(Opener, NeedsAnExecutableFile) {
  for (const char* program : {"/nonexistent", "/", "/etc/passwd"}) {
    EXPECT_EQ(Opener::Start({.program = program}).status().code(),
              StatusCode::kNotFound);
  }
}

TEST(Opener, RefusesAWorkerThatIsNotLocked) {
  const auto opener =
      Opener::Start({.program = KENAL_BIN_DIR "/container_fake_not_locked"});
  EXPECT_EQ(opener.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opener.status().message()),
              ::testing::HasSubstr("self-test: a socket could be opened"));
}

TEST(Opener, AWorkerThatIsKilledCostsTheRestOfAnArchive) {
  const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
  ArchiveFile file;
  auto archive = file.OpenWith(*opener);
  ASSERT_TRUE(archive.ok());
  Entry entry;
  ASSERT_TRUE((*archive)->Next(entry));
  KillWorkers();
  ReadResult result;
  ReadEntry(**archive, entry, &result);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->reason, "opener_died");
  EXPECT_THAT(result.failure->message, ::testing::HasSubstr("signal 9"));
  EXPECT_FALSE((*archive)->Next(entry));
  EXPECT_EQ((*archive)->incomplete()->reason, "opener_died");
  // The next one has another worker.
  auto again = file.OpenWith(*opener);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ReadAll(**again).size(), 2u);
}

TEST(Opener, AWorkerThatIsKilledCostsOneEntryOfADisk) {
  const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
  TempDir folder;
  const OpenFile file(DiskPath(folder));
  const int descriptors[] = {file.descriptor()};
  auto whole = opener->Open(Kind::kDisk, descriptors, {});
  ASSERT_TRUE(whole.ok());
  const std::vector<Entry> expected = ListAll(**whole);
  whole->reset();

  auto disk = opener->Open(Kind::kDisk, descriptors, {});
  ASSERT_TRUE(disk.ok());
  std::vector<Entry> entries;
  int lost = 0;
  for (Entry entry; (*disk)->Next(entry);) {
    entries.push_back(entry);
    if (entry.type != EntryType::kFile || entry.is_virtual) continue;
    const bool is_killed = entries.size() % 200 == 100;
    if (is_killed) {
      KillWorkers();
    }
    ReadResult result;
    const std::string content = ReadEntry(**disk, entry, &result);
    EXPECT_EQ(result.failure.has_value(), is_killed) << entry.path;
    lost += result.failure ? 1 : 0;
    if (!result.failure && entry.path[0] == 'f') {
      EXPECT_EQ(content, entry.path.substr(1));
    }
  }
  EXPECT_GE(lost, 2);
  EXPECT_EQ((*disk)->incomplete(), std::nullopt);
  EXPECT_EQ(entries, expected);
}

TEST(Opener, LiesAreTheEndOfAWorker) {
  ArchiveFile file;
  for (const char* way : {"chatter", "nonsense", "too_long", "silent_death"}) {
    const auto opener = StartFake(way);
    ASSERT_NE(opener, nullptr);
    const auto archive = file.OpenWith(*opener);
    ASSERT_FALSE(archive.ok()) << way;
    EXPECT_EQ(ReasonOf(archive.status()).reason, "opener_died") << way;
  }
}

TEST(Opener, AWorkerThatSpinsOrSleepsIsEnded) {
  ArchiveFile file;
  for (const char* way : {"spinning", "sleeping", "alive_for_ever"}) {
    const auto opener = StartFake(way);
    ASSERT_NE(opener, nullptr);
    const auto archive = file.OpenWith(
        *opener,
        {.silent_cpu_ms = 200, .silent_wall_ms = 1'000, .listing_cpu_ms = 300});
    ASSERT_FALSE(archive.ok()) << way;
    EXPECT_EQ(ReasonOf(archive.status()).reason, "timed_out") << way;
  }
}

TEST(Opener, ContainersWithinContainersAreOpenTogether) {
  ArchiveFile file;
  const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
  std::vector<std::unique_ptr<Container>> open;
  for (int i = 0; i < 20; ++i) {
    auto archive = file.OpenWith(*opener);
    ASSERT_TRUE(archive.ok()) << archive.status();
    open.push_back(*std::move(archive));
  }
  for (auto& archive : open) EXPECT_EQ(ReadAll(*archive).size(), 2u);
}

TEST(Opener, ThreadsMayOpenAtOnce) {
  ArchiveFile file;
  const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
  std::vector<std::thread> threads;
  std::atomic<int> whole = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        auto archive = file.OpenWith(*opener);
        if (archive.ok() && ReadAll(**archive).size() == 2) ++whole;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(whole, 80);
}

TEST(Opener, LeavesNoProcessesBehind) {
  ArchiveFile file;
  {
    const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
    auto archive = file.OpenWith(*opener);
    ASSERT_TRUE(archive.ok());
    EXPECT_FALSE(decode::Children().empty());
    archive->reset();
  }
  EXPECT_TRUE(decode::Children().empty());
}

std::string ProcFile(pid_t pid, const std::string& name) {
  return ReadText("/proc/" + std::to_string(pid) + "/" + name);
}

// As the system sees it, beside what its self-test says.
TEST(Opener, WorkersAreLockedIn) {
  const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
  ASSERT_FALSE(decode::Children().empty());
  const pid_t pid = decode::Children().front();
  const std::string status = ProcFile(pid, "status");
  EXPECT_THAT(status, ::testing::HasSubstr("Seccomp:\t2\n"));
  EXPECT_THAT(status, ::testing::HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(status, ::testing::HasSubstr("CapEff:\t0000000000000000\n"));
  const std::string limits = ProcFile(pid, "limits");
  EXPECT_THAT(limits, ::testing::ContainsRegex("Max file size +0 +0"));
  if (!sandbox::kIsSanitized) {
    const std::string bytes = std::to_string(kOpenerBytesMax);
    EXPECT_THAT(limits, ::testing::ContainsRegex("Max address space +" + bytes +
                                                 " +" + bytes));
  }
}

TEST(Opener, AWorkerLetsGoOfAContainerThatIsClosed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root sees a worker's descriptors";
  ArchiveFile file;
  const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
  const auto has_any = [](size_t count) {
    const std::vector<pid_t> workers = decode::Children();
    return std::ranges::any_of(workers, [count](pid_t pid) {
      const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
      return decode::FilesIn(folder).size() == count;
    });
  };
  auto archive = file.OpenWith(*opener);
  ASSERT_TRUE(archive.ok());
  EXPECT_TRUE(has_any(5));  // 0 to 2, the socket, the archive.
  archive->reset();
  while (has_any(5)) std::this_thread::yield();
}

TEST(Opener, StaysWithinItsMemory) {
  if (sandbox::kIsSanitized) GTEST_SKIP() << "has no limit on address space";
  const auto opener = StartAt(KENAL_BIN_DIR "/kenal-opener");
  // An LZMA stream that says its dictionary is 1.5 GiB.
  std::string stream = "\x5D";
  stream += std::string("\0\0\0\x60", 4) + std::string(8, '\xFF') +
            std::string(1, '\0') + Noise(5'000, 1);
  const int file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  ASSERT_EQ(write(file, stream.data(), stream.size()),
            static_cast<ssize_t>(stream.size()));
  fcntl(file, F_ADD_SEALS, F_SEAL_WRITE);
  const int descriptors[] = {file};
  auto archive = opener->Open(Kind::kArchive, descriptors, {});
  if (archive.ok()) ReadAll(**archive);
  for (pid_t pid : decode::Children()) {
    EXPECT_LE(decode::PeakAddressBytes(pid),
              static_cast<int64_t>(kOpenerBytesMax));
  }
  close(file);
}

}  // namespace
}  // namespace kenal::container
