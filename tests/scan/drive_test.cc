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

// What a volume is made of, and the drive that a loop device's file is on.
TEST(Drive, IsGoneWhenWhatIsBelowItIs) {
  const TempDir evidence;
  const base::Descriptor folder(
      open(evidence.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info;
  ASSERT_EQ(fstat(folder.number(), &info), 0);
  const std::string top = std::to_string(major(info.st_dev)) + ":" +
                          std::to_string(minor(info.st_dev));
  const auto put = [](const std::string& path, const std::string& line) {
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    std::ofstream(path) << line << "\n";
  };
  for (const bool is_loop : {false, true}) {
    const TempDir devices;
    put(devices / (top + "/slaves/dm-1/dev"), "900:1");
    put(devices / "900:1/slaves/sdz/dev", "900:2");
    put(devices / "900:2/slaves/sdy/dev", "900:2");  // itself
    if (is_loop) {
      // Its file is on the drive of the evidence, here.
      put(devices / "900:2/loop/backing_file", evidence.path());
    }
    const Drive drive(folder.number(), devices.path());
    EXPECT_FALSE(drive.IsGone());
    std::filesystem::remove_all(devices / (is_loop ? top : "900:2"));
    EXPECT_TRUE(drive.IsGone());
  }
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
