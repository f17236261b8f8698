#include "src/catalogue/store_lock.h"

#include <sys/wait.h>

#include <fstream>

#include "tests/catalogue/testing.h"

namespace kenal::catalogue {
namespace {

using testing::HasSubstr;

using CatalogueLock = CatalogueTest;

TEST_F(CatalogueLock, ASecondOpenIsToldWhoAndWhatToDo) {
  const std::string pid = std::to_string(getpid());
  Status status = Catalogue::Open(folder_.path()).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(pid));
  EXPECT_THAT(std::string(status.message()), HasSubstr("_test"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("wait"));

  ASSERT_TRUE(catalogue_->AnnounceServer("unix:/run/kenal.sock").ok());
  status = Catalogue::Open(folder_.path()).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("use --server unix:/run/kenal.sock"));
  ASSERT_TRUE(catalogue_->AnnounceServer("").ok());
  status = Catalogue::Open(folder_.path()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("wait"));

  EXPECT_THAT(Problems(*catalogue_), testing::IsEmpty());
  catalogue_.reset();
  EXPECT_TRUE(Catalogue::Open(folder_.path()).ok());
}

TEST_F(CatalogueLock, AnotherProcessIsRefused) {
  const pid_t child = fork();
  if (child == 0) {
    // A path of its own: forked threads of RocksDB are not there.
    const auto code = StoreLock::Take(folder_.path()).status().code();
    _exit(code == StatusCode::kUnavailable ? 0 : 1);
  }
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
}

TEST_F(CatalogueLock, WhatAKilledProcessLeftIsHarmless) {
  catalogue_.reset();
  std::ofstream(folder_.path() + "/" + std::string(kLockFileName))
      << "pid=1\ncommand=gone\nserver=unix:/gone\n";
  Reopen();
  const Status status = Catalogue::Open(folder_.path()).status();
  EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("gone")));
}

TEST(LockFile, HostileTextIsReadAsFarAsItGoes) {
  const LockHolder holder = ParseLockFile(
      "nonsense\n=\npid=12x\ncommand=a\x1b[2J\tb\nserver=unix:/s\npid");
  EXPECT_EQ(holder.pid, 12);
  EXPECT_EQ(holder.command, "a [2J b");
  EXPECT_EQ(holder.server_address, "unix:/s");
  EXPECT_EQ(ParseLockFile("").pid, 0);
}

TEST_F(CatalogueLock, AnAddressThatWouldBreakTheFileIsRefused) {
  EXPECT_EQ(catalogue_->AnnounceServer("unix:/a\npid=1").code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kenal::catalogue
