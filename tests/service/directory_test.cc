// Directory: the client table while its file changes.
#include "src/service/directory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/support.h"

namespace kenal::service {
namespace {

TEST(Directory, ATableThatIsNotThereIsAnError) {
  testing::TempDir dir;
  const auto directory = Directory::Open(dir / "clients.txt", {});
  EXPECT_EQ(directory.status().code(), StatusCode::kNotFound)
      << directory.status();
}

TEST(Directory, ATableThatCouldNotBeReadOnceIsReadTheNextTime) {
  testing::TempDir dir;
  const std::string table = dir / "clients.txt";
  std::ofstream(table) << "kenal://client/asker query\n";
  const auto directory = Directory::Open(table, {});
  ASSERT_TRUE(directory.ok()) << directory.status();
  const std::vector<std::string> asker = {"kenal://client/asker"};
  ASSERT_NE((*directory)->Identify(asker), nullptr);
  std::ofstream(table) << "kenal://client/another query\n";
  struct rlimit usual {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &usual), 0);
  const struct rlimit none { .rlim_cur = 0, .rlim_max = usual.rlim_max };
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto failed = (*directory)->Refresh();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_FALSE(failed.ok());
  EXPECT_NE((*directory)->Identify(asker), nullptr);
  const auto refreshed = (*directory)->Refresh();
  ASSERT_TRUE(refreshed.ok()) << refreshed.status();
  EXPECT_TRUE(*refreshed);
  EXPECT_EQ((*directory)->Identify(asker), nullptr);
}

}  // namespace
}  // namespace kenal::service
