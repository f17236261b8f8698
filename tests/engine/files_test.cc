#include "src/engine/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include "src/engine/ingest.h"
#include "tests/support/support.h"

namespace kenal::engine {
namespace {

using ::kenal::testing::TempDir;
using ::testing::ElementsAre;

void Touch(const std::string& path) { std::ofstream(path) << "x"; }

const HashWork kWork{.views = ViewSet{View::kTrimmed}, .second_opinion = true};

// Names each file in its failure message, slowly and out of order.
class NamingHasher final : public Hasher {
 public:
  SignalSet HashBytes(std::span<const uint8_t>, const HashWork&) override {
    return {};
  }
  SignalSet HashPicture(std::span<const uint8_t>, const HashWork&) override {
    return {};
  }
  SignalSet HashFile(const std::string& path, const HashWork& work) override {
    if (work.views != kWork.views || !work.second_opinion) ++strange_;
    ++running_;
    most_ = std::max(most_.load(), running_.load());
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::hash<std::string>{}(path) % 2000));
    --running_;
    ++hashed_;
    SignalSet signals;
    signals.md5 = Md5{};
    const bool bad = path.find("bad") != std::string::npos;
    if (bad) signals.pdq_failure = {"not_a_picture", path};
    signals.md5->bytes[0] = static_cast<uint8_t>(path.back());
    return signals;
  }
  int worker_count() const override { return 3; }

  std::atomic<int> running_ = 0;
  std::atomic<int> most_ = 0;
  std::atomic<int> hashed_ = 0;
  std::atomic<int> strange_ = 0;  // asked for other work
};

TEST(FindFiles, KeepsTheOrderGivenAndSortsWithinFolders) {
  TempDir folder;
  std::filesystem::create_directories(folder / "d/sub");
  for (const char* name : {"d/b", "d/a", "d/sub/c", "z"}) Touch(folder / name);
  const std::string paths[] = {folder / "z", folder / "d", folder / "missing"};
  const FoundFiles found = FindFiles(paths);
  EXPECT_THAT(found.files,
              ElementsAre(folder / "z", folder / "d/a", folder / "d/b",
                          folder / "d/sub/c", folder / "missing"));
  EXPECT_TRUE(found.errors.empty());
}

TEST(FindFiles, WithinAFolderLinksAndPipesAreSkippedAndNamed) {
  TempDir folder;
  std::filesystem::create_directory(folder / "d");
  Touch(folder / "d/a");
  Touch(folder / "outside");
  std::filesystem::create_directory_symlink(folder.path(), folder / "d/loop");
  std::filesystem::create_symlink(folder / "outside", folder / "d/link");
  std::filesystem::create_symlink(folder / "gone", folder / "d/dangling");
  ASSERT_EQ(mkfifo((folder / "d/pipe").c_str(), 0600), 0);
  const std::string paths[] = {folder / "d", folder / "d/link"};
  const FoundFiles found = FindFiles(paths);
  EXPECT_THAT(found.files, ElementsAre(folder / "d/a", folder / "d/link"));
  EXPECT_THAT(found.skipped,
              ElementsAre(folder / "d/dangling", folder / "d/link",
                          folder / "d/loop", folder / "d/pipe"));
}

TEST(HashFiles, ReportsInOrderWithSeveralAtOnce) {
  std::vector<std::string> files;
  for (int i = 0; i < 200; ++i) files.push_back("bad" + std::to_string(i));
  NamingHasher hasher;
  size_t next = 0;
  const Status status =
      HashFiles(hasher, files, kWork, [&](size_t i, SignalSet&& signals) {
        EXPECT_EQ(i, next++);
        EXPECT_EQ(signals.pdq_failure->message, files[i]);
        return OkStatus();
      });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(next, files.size());
  EXPECT_EQ(hasher.strange_, 0);
  EXPECT_GT(hasher.most_, 1);
  EXPECT_LE(hasher.most_, 3);
}

TEST(HashFiles, StopsSoonWhenTheReceiverFails) {
  std::vector<std::string> files(1000, "x");
  NamingHasher hasher;
  const Status status =
      HashFiles(hasher, files, kWork, [](size_t i, SignalSet&&) {
        return i == 2 ? ResourceExhausted("full") : OkStatus();
      });
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_LT(hasher.hashed_, 100);
}

TEST(HashFiles, OfNothingIsDone) {
  NamingHasher hasher;
  EXPECT_TRUE(HashFiles(hasher, {}, kWork, [](size_t, SignalSet&&) {
                return Internal("called");
              }).ok());
}

TEST(FileHasher, StartNamesAMissingDecoder) {
  const auto hasher = Hasher::Start({.decoder_path = "/no/such/decoder"});
  EXPECT_EQ(hasher.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(hasher.status().message()),
              ::testing::HasSubstr("/no/such/decoder"));
}

TEST(FileHasher, SameBytesGiveTheSameSignalsByEitherDoor) {
  const auto hasher = Hasher::Start({.worker_count = 1});
  ASSERT_TRUE(hasher.ok()) << hasher.status();
  const std::string path = KENAL_TEST_DATA "/pdq-vectors/gen/a-420-q90.jpg";
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const SignalSet by_bytes = (*hasher)->HashBytes(
      {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  EXPECT_EQ((*hasher)->HashFile(path), by_bytes);
  ASSERT_EQ(by_bytes.pdq.size(), 1U);
  EXPECT_EQ(by_bytes.picture->width, 640);
  EXPECT_TRUE(by_bytes.sha256.has_value());
}

TEST(FileHasher, AFileThatCannotBeReadHasNoSignalsAndSaysWhy) {
  const auto hasher = Hasher::Start({.worker_count = 1});
  ASSERT_TRUE(hasher.ok()) << hasher.status();
  TempDir folder;
  for (const std::string& path : {folder / "missing", folder.path()}) {
    const SignalSet signals = (*hasher)->HashFile(path);
    EXPECT_FALSE(signals.HasSignal());
    ASSERT_TRUE(signals.pdq_failure.has_value());
    EXPECT_EQ(signals.pdq_failure->code, "unreadable");
    EXPECT_THAT(signals.pdq_failure->message, ::testing::HasSubstr(path));
  }
}

TEST(FileHasher, AFileTooLargeToDecodeKeepsItsDigests) {
  const auto hasher = Hasher::Start({.worker_count = 1});
  ASSERT_TRUE(hasher.ok()) << hasher.status();
  TempDir folder;
  Touch(folder / "large");
  std::filesystem::resize_file(folder / "large", (uint64_t{256} << 20) + 1);
  const SignalSet signals = (*hasher)->HashFile(folder / "large");
  EXPECT_EQ(signals.pdq_failure->code, "too_large");
  EXPECT_TRUE(signals.md5 && signals.sha1 && signals.sha256);
}

}  // namespace
}  // namespace kenal::engine
