// Folders of evidence: everything in them is found or named, nothing outside
// of them is touched, and nothing of them changes.
#include "src/scan/walk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "src/findings/findings.h"
#include "src/scan/source.h"
#include "tests/scan/testing.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;
namespace reason = findings::reason;
namespace fs = std::filesystem;

struct Walked {
  Status status;
  std::vector<FoundFile> files;
  std::map<std::string, std::string> problems;  // reason by path

  std::set<std::string> paths() const {
    std::set<std::string> paths;
    for (const FoundFile& file : files) paths.insert(file.path());
    return paths;
  }
};

Walked Walk(
    const std::string& path,
    const std::function<bool()>& is_over = [] { return false; }) {
  Walked walked;
  auto root = Root::Open(path, AccessTimes::kKept);
  if (!root.ok()) {
    walked.status = root.status();
    return walked;
  }
  walked.status = WalkFolder(
      *root, 7,
      {.files =
           [&](std::vector<FoundFile>&& files) {
             std::ranges::move(files, std::back_inserter(walked.files));
             return OkStatus();
           },
       .problem =
           [&](const std::string& at, Problem&& problem) {
             EXPECT_TRUE(walked.problems.emplace(at, problem.reason).second);
             return OkStatus();
           },
       .is_over = is_over});
  return walked;
}

// Runs `body` as another user in a process of its own; true when it said so.
bool AsNobody(const std::function<bool()>& body) {
  constexpr uid_t kNobody = 65'534;
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) _exit(3);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

timespec AccessTime(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
  return info.st_atim;
}

TEST(Walk, FindsFilesAndNamesWhatIsNone) {
  const testing::TempDir folder;
  PutFile(folder / "a.txt", "four");
  PutFile(folder / "deep/er/b.jpg", "");
  fs::create_directories(folder / "empty");
  fs::create_symlink("/etc/passwd", folder / "link");
  fs::create_directory_symlink("/etc", folder / "deep/folder link");
  fs::create_symlink("nowhere", folder / "dangling");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const int socket_number = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{.sun_family = AF_UNIX};
  std::snprintf(name.sun_path, sizeof name.sun_path, "%s",
                (folder / "socket").c_str());
  ASSERT_EQ(
      bind(socket_number, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  close(socket_number);
  const Walked walked = Walk(folder.path());
  ASSERT_TRUE(walked.status.ok()) << walked.status;
  EXPECT_THAT(walked.paths(), UnorderedElementsAre("a.txt", "deep/er/b.jpg"));
  const std::string special(reason::kSpecial);
  EXPECT_THAT(walked.problems,
              UnorderedElementsAre(
                  Pair("link", special), Pair("deep/folder link", special),
                  Pair("dangling", special), Pair("pipe", special),
                  Pair("socket", special)));
  for (const FoundFile& file : walked.files) {
    EXPECT_EQ(file.folder->exhibit, 7U);
    EXPECT_EQ(file.size_bytes, file.name == "a.txt" ? 4U : 0U);
  }
}

TEST(Walk, LoopsOfLinksEnd) {
  const testing::TempDir folder;
  fs::create_directories(folder / "a/b");
  fs::create_directory_symlink("..", folder / "a/b/up");
  fs::create_directory_symlink(folder.path(), folder / "a/self");
  fs::create_symlink("round", folder / "round");
  PutFile(folder / "a/b/file", "x");
  const Walked walked = Walk(folder.path());
  ASSERT_TRUE(walked.status.ok());
  EXPECT_THAT(walked.paths(), UnorderedElementsAre("a/b/file"));
  EXPECT_EQ(walked.problems.size(), 3U);
}

TEST(Walk, LikelyFoldersComeBeforeOthers) {
  const testing::TempDir folder;
  for (const char* path : {"Windows/system.dll", "a/letter.doc", "b/kite.jpg",
                           "zz/DCIM/kite.jpg", "Downloads/x"}) {
    PutFile(folder / path, "x");
  }
  const Walked walked = Walk(folder.path());
  std::vector<std::string> paths;
  for (const FoundFile& file : walked.files) paths.push_back(file.path());
  EXPECT_THAT(
      paths, ::testing::ElementsAre("Downloads/x", "a/letter.doc", "b/kite.jpg",
                                    "zz/DCIM/kite.jpg", "Windows/system.dll"));
}

TEST(Walk, NamesAreBytes) {
  const testing::TempDir folder;
  const std::set<std::string> names{
      "new\nline", "\xff\xfe",    " ",        "tab\t",
      "-rf",       "back\\slash", "\x1b[31m", std::string(255, '\xe6')};
  std::set<std::string> expected;
  for (const std::string& name : names) {
    PutFile(folder / name, "x");
    PutFile(folder / (name.substr(0, 200) + ".d/" + name), "x");
    expected.insert(name);
    expected.insert(name.substr(0, 200) + ".d/" + name);
  }
  const Walked walked = Walk(folder.path());
  ASSERT_TRUE(walked.status.ok());
  EXPECT_EQ(walked.paths(), expected);
}

TEST(Walk, PathsLongerThanTheSystemTakesAreFoundAndRead) {
  const testing::TempDir folder;
  constexpr int kDepth = 40;
  const std::string step(240, 'd');
  const int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(chdir(folder.path().c_str()), 0);
  std::string path;
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(mkdir(step.c_str(), 0700), 0);
    ASSERT_EQ(chdir(step.c_str()), 0);
    path += step + "/";
  }
  std::ofstream("kite.jpg") << "the kite";
  ASSERT_EQ(fchdir(here), 0);
  close(here);
  ASSERT_GT(path.size(), size_t{2 * PATH_MAX});

  const Walked walked = Walk(folder.path());
  ASSERT_TRUE(walked.status.ok());
  EXPECT_TRUE(walked.problems.empty());
  ASSERT_EQ(walked.files.size(), 1U);
  EXPECT_EQ(walked.files[0].path(), path + "kite.jpg");
  const auto root = Root::Open(folder.path(), AccessTimes::kKept);
  const Opened opened = root->OpenFile(walked.files[0].path());
  ASSERT_TRUE(opened.descriptor.is_open()) << opened.problem->message;
  char bytes[16];
  EXPECT_EQ(read(opened.descriptor.number(), bytes, sizeof bytes), 8);
}

TEST(Walk, HugeFoldersAreHandedOverInPieces) {
  const testing::TempDir folder;
  constexpr int kFiles = 20'000;
  const int at = open(folder.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < kFiles; ++i) {
    const int file = openat(at, std::to_string(i).c_str(),
                            O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    close(file);
  }
  close(at);
  const auto root = Root::Open(folder.path(), AccessTimes::kKept);
  std::set<std::string> names;
  size_t largest = 0;
  const Status status = WalkFolder(
      *root, 0,
      {.files =
           [&](std::vector<FoundFile>&& files) {
             largest = std::max(largest, files.size());
             for (const FoundFile& file : files) names.insert(file.name);
             return OkStatus();
           },
       .problem = [](const std::string&, Problem&&) { return OkStatus(); },
       .is_over = [] { return false; }});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(names.size(), size_t{kFiles});
  EXPECT_LE(largest, 1'000U);
}

TEST(Walk, EndsWhenItIsOverAndWhenSomebodyFails) {
  const testing::TempDir folder;
  for (int i = 0; i < 20; ++i) {
    PutFile(folder / (std::to_string(i) + "/file"), "x");
  }
  int asked = 0;
  const Walked walked = Walk(folder.path(), [&] { return ++asked > 5; });
  EXPECT_TRUE(walked.status.ok());
  EXPECT_LT(walked.files.size(), 20U);

  const auto root = Root::Open(folder.path(), AccessTimes::kKept);
  int told = 0;
  const Status status = WalkFolder(
      *root, 0,
      {.files =
           [&](std::vector<FoundFile>&&) {
             ++told;
             return ResourceExhausted("full");
           },
       .problem = [](const std::string&, Problem&&) { return OkStatus(); },
       .is_over = [] { return false; }});
  EXPECT_EQ(status.message(), "full");
  EXPECT_EQ(told, 1);
}

TEST(Walk, OtherFileSystemsAreNamedAndNotEntered) {
  const testing::TempDir folder;
  PutFile(folder / "here", "x");
  fs::create_directories(folder / "mounted");
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", (folder / "mounted").c_str(), "tmpfs", 0, nullptr) != 0) {
      _exit(2);
    }
    PutFile(folder / "mounted/hidden", "x");
    const Walked walked = Walk(folder.path());
    const auto root = Root::Open(folder.path(), AccessTimes::kKept);
    const Opened opened = root->OpenFile("mounted/hidden");
    _exit(walked.paths() == std::set<std::string>{"here"} &&
                  walked.problems ==
                      std::map<std::string, std::string>{
                          {"mounted/", std::string(reason::kOtherDevice)}} &&
                  opened.problem &&
                  opened.problem->reason == reason::kOtherDevice
              ? 0
              : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "mounting is not permitted";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Walk, AFolderWithoutPermissionIsNamedAndTheRestIsFound) {
  if (geteuid() != 0) GTEST_SKIP() << "needs another user";
  const testing::TempDir folder;
  PutFile(folder / "open/file", "x");
  PutFile(folder / "closed/file", "x");
  for (const char* name : {"", "open", "open/file", "closed"}) {
    ASSERT_EQ(chown((folder / name).c_str(), 65'534, 65'534), 0);
  }
  ASSERT_EQ(chmod((folder / "closed").c_str(), 0), 0);
  EXPECT_TRUE(AsNobody([&] {
    const Walked walked = Walk(folder.path());
    return walked.status.ok() &&
           walked.paths() == std::set<std::string>{"open/file"} &&
           walked.problems ==
               std::map<std::string, std::string>{
                   {"closed/", std::string(reason::kUnreadable)}};
  }));
}

TEST(Walk, StopsWhereListingWouldChangeAccessTimes) {
  if (geteuid() != 0) GTEST_SKIP() << "needs another user";
  const testing::TempDir folder;
  PutFile(folder / "of-root/file", "x");
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  EXPECT_TRUE(AsNobody([&] {
    return Root::Open(folder.path(), AccessTimes::kKept).status().code() ==
               StatusCode::kFailedPrecondition &&
           Root::Open(folder.path(), AccessTimes::kMayChange).ok();
  }));
  // The folder itself is his, what is in it is not.
  ASSERT_EQ(chown(folder.path().c_str(), 65'534, 65'534), 0);
  EXPECT_TRUE(AsNobody([&] {
    return Walk(folder.path()).status.code() == StatusCode::kFailedPrecondition;
  }));
}

TEST(Walk, LeavesAccessTimesAlone) {
  const testing::TempDir folder;
  const std::vector<std::string> paths{folder.path(), folder / "in",
                                       folder / "in/file"};
  PutFile(folder / "in/file", "what it holds");
  // Old enough for any reading to show, with relatime too.
  for (const std::string& path : paths) {
    const timespec times[2] = {{.tv_sec = 1'000'000, .tv_nsec = 5},
                               {.tv_sec = 2'000'000, .tv_nsec = 7}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  FakeOpener opener;
  findings::Exhibit exhibit{.id = "x", .path = folder.path()};
  auto source = OpenSource(0, {}, opener, exhibit);
  ASSERT_TRUE(source.ok());
  const Walked walked = Walk(folder.path());
  ASSERT_EQ(walked.files.size(), 1U);
  const auto reading = (*source)->Read(walked.files[0]);
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->intake.size_bytes, 13U);
  EXPECT_EQ(reading->place.accessed_unix_ms, 1'000'000'000);
  for (const std::string& path : paths) {
    EXPECT_EQ(AccessTime(path).tv_sec, 1'000'000) << path;
    EXPECT_EQ(AccessTime(path).tv_nsec, 5) << path;
  }
}

}  // namespace
}  // namespace kenal::scan
