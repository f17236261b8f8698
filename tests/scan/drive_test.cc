#include "src/scan/drive.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>

#include "src/base/descriptor.h"
#include "tests/support/support.h"

namespace kenal::scan {
namespace {

using testing::TempDir;

// A folder stands in for the system's list of drives.
TEST(Drive, IsGoneWhenTheSystemListsItNoMore) {
  const TempDir devices;
  const TempDir evidence;
  const base::Descriptor folder(
      open(evidence.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info;
  ASSERT_EQ(fstat(folder.number(), &info), 0);
  const std::string listed =
      devices / (std::to_string(major(info.st_dev)) + ":" +
                 std::to_string(minor(info.st_dev)));
  std::ofstream(listed) << "x";
  const Drive drive(folder.number(), devices.path());
  EXPECT_FALSE(drive.IsGone());
  std::filesystem::remove(listed);
  EXPECT_TRUE(drive.IsGone());
}

TEST(Drive, WithoutADeviceIsNotGoneForThatReason) {
  const TempDir devices;
  const TempDir evidence;
  const base::Descriptor folder(
      open(evidence.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_FALSE(Drive(folder.number(), devices.path()).IsGone());
}

}  // namespace
}  // namespace kenal::scan
