#include "src/feed/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/support.h"

namespace kenal::feed {
namespace {

using ::testing::HasSubstr;

Checkpoint Sample() {
  return {.store_id = "0123",
          .list = "hotline",
          .kind = "ncmec",
          .feed = "https://feed.example/npo/v2/entries",
          .until_unix_ms = 1'704'164'645'000,
          .sequence = {7},
          .anchor = Anchor{"42/a \"b\"", {5}},
          .saved_unix_ms = 1'704'164'646'000};
}

TEST(FeedCheckpoint, IsWhatItWasAfterAFile) {
  const testing::TempDir folder;
  const std::string path = folder / "state";
  for (const bool anchored : {true, false}) {
    Checkpoint checkpoint = Sample();
    if (!anchored) checkpoint.anchor.reset();
    {
      auto file = CheckpointFile::Open(path);
      ASSERT_TRUE(file.ok()) << file.status();
      ASSERT_TRUE(file->Save(checkpoint).ok());
    }
    auto file = CheckpointFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    const auto loaded = file->Load();
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(*loaded, checkpoint);
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
  }
}

TEST(FeedCheckpoint, IsHeldByOneSyncAtATime) {
  const testing::TempDir folder;
  {
    const auto first = CheckpointFile::Open(folder / "state");
    ASSERT_TRUE(first.ok());
    const auto second = CheckpointFile::Open(folder / "state");
    ASSERT_EQ(second.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(second.status().message(), HasSubstr("another sync"));
    EXPECT_TRUE(CheckpointFile::Open(folder / "other").ok());
  }
  EXPECT_TRUE(CheckpointFile::Open(folder / "state").ok());
  EXPECT_EQ(CheckpointFile::Open(folder / "no/state").status().code(),
            StatusCode::kNotFound);
}

TEST(FeedCheckpoint, WhatACrashLeftBesideItIsOfNoMatter) {
  const testing::TempDir folder;
  auto file = CheckpointFile::Open(folder / "state");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Save(Sample()).ok());
  std::ofstream(folder / "state.new") << "half";
  const auto before = file->Load();
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(*before, Sample());
  Checkpoint later = Sample();
  later.until_unix_ms += 60'000;
  ASSERT_TRUE(file->Save(later).ok());
  EXPECT_EQ(**file->Load(), later);
  EXPECT_FALSE(std::filesystem::exists(folder / "state.new"));
}

TEST(FeedCheckpoint, EveryDamageIsNoticedOrHarmless) {
  const std::string text = WriteCheckpoint(Sample());
  const auto read = ParseCheckpoint(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Sample());
  for (size_t size = 0; size + 2 < text.size(); ++size) {
    EXPECT_EQ(ParseCheckpoint(text.substr(0, size)).status().code(),
              StatusCode::kDataLoss);
  }
  std::mt19937_64 random(testing::TestSeed());
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = text;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto result = ParseCheckpoint(damaged);
    if (result.ok()) continue;  // A letter of a text, or a digit.
    EXPECT_TRUE(result.status().code() == StatusCode::kDataLoss ||
                result.status().code() == StatusCode::kFailedPrecondition);
  }
  std::string newer = text;
  newer.replace(newer.find(":1,"), 3, ":2,");
  EXPECT_EQ(ParseCheckpoint(newer).status().code(),
            StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace kenal::feed
