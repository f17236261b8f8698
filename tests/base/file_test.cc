#include "src/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/support/support.h"

namespace kenal::base {
namespace {

using ::kenal::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Le;

constexpr uint64_t kNoLimit = uint64_t{1} << 40;

class FileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, size_t size) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + 1);
    std::ofstream(folder_ / name, std::ios::binary) << text;
    written_.assign(text.begin(), text.end());
    return folder_ / name;
  }

  // Both ways to read a file must refuse it alike.
  void ExpectRefused(const std::string& path, StatusCode code) {
    const Status whole = ReadFile(path, kNoLimit).status();
    const Status blocks = ReadBlocks(path, [](auto) {});
    EXPECT_EQ(whole.code(), code);
    EXPECT_EQ(blocks.code(), code);
    EXPECT_THAT(std::string(whole.message()), HasSubstr(path));
    EXPECT_THAT(std::string(blocks.message()), HasSubstr(path));
  }

  const TempDir folder_;
  std::vector<uint8_t> written_;
};

TEST_F(FileTest, IsReadWhole) {
  for (const size_t size : {0, 1, 4096, 1 << 20, (5 << 20) + 3}) {
    const std::string path = Write("file", size);
    EXPECT_EQ(ReadFile(path, kNoLimit).value(), written_) << size;
  }
}

TEST_F(FileTest, IsReadInBlocksOfAtMostAMebibyte) {
  for (const size_t size : {0, 1, 1 << 20, (5 << 20) + 3}) {
    const std::string path = Write("file", size);
    std::vector<uint8_t> joined;
    EXPECT_TRUE(ReadBlocks(path, [&](std::span<const uint8_t> block) {
                  EXPECT_THAT(block.size(), Le(size_t{1} << 20));
                  joined.insert(joined.end(), block.begin(), block.end());
                }).ok());
    EXPECT_EQ(joined, written_) << size;
  }
}

TEST_F(FileTest, MayBeAsLargeAsTheLimitAndNotOneByteLarger) {
  const std::string path = Write("file", 1000);
  EXPECT_TRUE(ReadFile(path, 1000).ok());
  const Status refused = ReadFile(path, 999).status();
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("999"));
  EXPECT_TRUE(ReadFile(Write("empty", 0), 0).ok());
}

// Files of the kernel say that their size is 0 and grow while they are read.
TEST_F(FileTest, MayBeLargerThanItSaysButNotThanTheLimit) {
  const std::string path = "/proc/self/status";
  const StatusOr<std::vector<uint8_t>> whole = ReadFile(path, kNoLimit);
  ASSERT_TRUE(whole.ok());
  EXPECT_GT(whole->size(), 100u);
  for (const uint64_t limit : {0, 1, 2, 50}) {
    EXPECT_EQ(ReadFile(path, limit).status().code(),
              StatusCode::kResourceExhausted)
        << limit;
  }
}

TEST_F(FileTest, ThatIsMissingIsNotFound) {
  ExpectRefused(folder_ / "missing", StatusCode::kNotFound);
  ExpectRefused(Write("file", 3) + "/below", StatusCode::kNotFound);
}

TEST_F(FileTest, ThatIsAFolderIsRefused) {
  ExpectRefused(folder_.path(), StatusCode::kInvalidArgument);
}

// Opening a pipe that nobody writes to must not wait for a writer.
TEST_F(FileTest, ThatIsAPipeOrADeviceIsRefusedAtOnce) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  ExpectRefused(pipe, StatusCode::kInvalidArgument);
  ExpectRefused("/dev/zero", StatusCode::kInvalidArgument);
}

TEST_F(FileTest, ThatCannotBeOpenedIsUnavailableAndSaysWhy) {
  const std::string path = folder_ / std::string(5000, 'n');
  ExpectRefused(path, StatusCode::kUnavailable);
  EXPECT_THAT(std::string(ReadFile(path, kNoLimit).status().message()),
              HasSubstr("File name too long"));
}

TEST_F(FileTest, IsReadThroughALink) {
  const std::string path = Write("file", 10);
  std::filesystem::create_symlink(path, folder_ / "link");
  EXPECT_EQ(ReadFile(folder_ / "link", kNoLimit).value(), written_);
  std::filesystem::create_symlink(folder_ / "nowhere", folder_ / "dangling");
  ExpectRefused(folder_ / "dangling", StatusCode::kNotFound);
}

TEST(WithErrnoTest, AddsTheReason) {
  EXPECT_EQ(WithErrno("opening", ENOENT), "opening: No such file or directory");
}

}  // namespace
}  // namespace kenal::base
