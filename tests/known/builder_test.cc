// How a known-good file comes about: in any order, in little memory, whole or
// not at all.
#include "src/known/builder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/known/support.h"

namespace kenal::known {
namespace {

using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kLittle = KnownBuilder::kMemoryBytesMin;

TEST(KnownBuilder, OneSetHasOneFileWhateverTheWay) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  for (const SignalType type : kDigestTypes) {
    const DigestSet set = RandomSet(random, type, 70'000);
    const auto plain = Build(path, {.type = type, .list = "list"},
                             std::vector<Bytes>(set.begin(), set.end()));
    ASSERT_TRUE(plain.ok()) << plain.status();
    // Little memory makes runs; repeated digests fall into several of them.
    for (const uint64_t memory : {kLittle, 3 * kLittle, 64 * kLittle}) {
      const auto builder = KnownBuilder::Create(
          path, {.type = type, .list = "list", .memory_bytes = memory});
      ASSERT_TRUE(builder.ok()) << builder.status();
      std::vector<Bytes> given = Shuffled(random, set);
      for (size_t i = 0; i < 30'000; ++i) {
        given.push_back(given[random() % given.size()]);
      }
      std::shuffle(given.begin(), given.end(), random);
      const Bytes all = Joined(given);
      std::span<const uint8_t> rest = all;
      const size_t width = SignalSizeBytes(type);
      while (!rest.empty()) {
        const size_t digests = random() % 5000;
        const auto piece = rest.first(std::min(rest.size(), digests * width));
        ASSERT_TRUE((*builder)->Add(piece).ok());
        rest = rest.subspan(piece.size());
      }
      EXPECT_EQ((*builder)->taken(), given.size());
      const auto facts = (*builder)->Finish();
      ASSERT_TRUE(facts.ok()) << facts.status();
      EXPECT_EQ(*facts, *plain);
      EXPECT_EQ(base::Sha256Of(ContentOf(path)), plain->sha256);
    }
  }
}

TEST(KnownBuilder, RepetitionsDoNotChangeTheNumberOfBuckets) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  // Just below a change of the number of buckets, and far above it when each
  // of many runs holds all of them again.
  const DigestSet set = RandomSet(random, SignalType::kSha1, 65'535);
  const auto plain = BuildSet(folder / "plain", SignalType::kSha1, set);
  ASSERT_TRUE(plain.ok()) << plain.status();
  const auto builder = KnownBuilder::Create(
      folder / "list", {.list = "list", .memory_bytes = 2 * kLittle});
  ASSERT_TRUE(builder.ok()) << builder.status();
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE((*builder)->Add(Joined(Shuffled(random, set))).ok());
  }
  const auto facts = (*builder)->Finish();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(*facts, *plain);
}

TEST(KnownBuilder, OneDigestManyTimesIsOneDigest) {
  const TempDir folder;
  const auto builder = KnownBuilder::Create(
      folder / "list", {.list = "list", .memory_bytes = kLittle});
  ASSERT_TRUE(builder.ok()) << builder.status();
  const Bytes block(20 * 1000, 0xab);
  for (int i = 0; i < 300; ++i) ASSERT_TRUE((*builder)->Add(block).ok());
  const auto facts = (*builder)->Finish();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->count, 1U);
}

TEST(KnownBuilder, FilesArePrivateAndAlone) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  const DigestSet set = RandomSet(random, SignalType::kSha1, 150'000);
  const auto builder =
      KnownBuilder::Create(path, {.list = "list", .memory_bytes = kLittle});
  ASSERT_TRUE(builder.ok()) << builder.status();
  ASSERT_TRUE((*builder)->Add(Joined(Shuffled(random, set))).ok());
  // Runs were spilled to a file that has no name.
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre());
  ASSERT_TRUE((*builder)->Finish().ok());
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre("list"));
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST(KnownBuilder, WhatIsGivenUpLeavesTheOldFile) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  const DigestSet set = RandomSet(random, SignalType::kSha1, 1000);
  ASSERT_TRUE(BuildSet(path, SignalType::kSha1, set).ok());
  const Bytes before = ContentOf(path);
  {
    const auto builder =
        KnownBuilder::Create(path, {.list = "list", .memory_bytes = kLittle});
    ASSERT_TRUE(builder.ok()) << builder.status();
    ASSERT_TRUE((*builder)->Add(Bytes(20 * 100'000, 1)).ok());
  }
  EXPECT_EQ(ContentOf(path), before);
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre("list"));
}

TEST(KnownBuilder, TheCallbackStopsItAtEachCall) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  ASSERT_TRUE(BuildSet(path, SignalType::kMd5, {}).ok());
  const Bytes before = ContentOf(path);
  Bytes digests(16 * 2'200'000);
  for (size_t i = 0; i < digests.size(); i += 8) {
    const uint64_t word = random();
    std::memcpy(&digests[i], &word, 8);
  }
  int calls_wanted = 1;
  for (;; ++calls_wanted) {
    int calls = 0;
    uint64_t last = 0;
    const auto builder = KnownBuilder::Create(
        path, {.type = SignalType::kMd5,
               .list = "list",
               .memory_bytes = 4 * kLittle,
               .progress = [&](const BuildProgress& progress) {
                 if (progress.phase == BuildProgress::Phase::kTaking) {
                   EXPECT_GT(progress.done, last);
                   last = progress.done;
                 } else {
                   EXPECT_LE(progress.done, progress.most);
                 }
                 return ++calls < calls_wanted;
               }});
    ASSERT_TRUE(builder.ok()) << builder.status();
    Status status = (*builder)->Add(digests);
    if (status.ok()) status = (*builder)->Finish().status();
    if (status.ok()) break;
    EXPECT_EQ(status.code(), StatusCode::kCancelled) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    EXPECT_EQ((*builder)->Add(digests).code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(ContentOf(path), before);
    EXPECT_THAT(NamesIn(folder.path()), ElementsAre("list"));
  }
  // Twice while taking, at the beginning of writing and twice in it.
  EXPECT_GE(calls_wanted, 5);
  EXPECT_NE(ContentOf(path), before);
}

TEST(KnownBuilder, LeftOversOfKilledBuildersAreRemovedAndNothingElse) {
  const TempDir folder;
  const auto put = [&](const std::string& name) {
    std::ofstream(folder / name) << "x";
  };
  put(".list.0123456789abcdef.kenal-part");
  put(".list.0123456789abcdeg.kenal-part");
  put(".list.0123456789abcde.kenal-part");
  put(".other.0123456789abcdef.kenal-part");
  put("list.0123456789abcdef.kenal-part");
  put(".list.fedcba9876543210.kenal-part");
  // Of a builder that is at work.
  const int held = open((folder / ".list.fedcba9876543210.kenal-part").c_str(),
                        O_RDWR | O_CLOEXEC);
  ASSERT_GE(held, 0);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  ASSERT_TRUE(BuildSet(folder / "list", SignalType::kMd5, {}).ok());
  EXPECT_THAT(NamesIn(folder.path()),
              ElementsAre(".list.0123456789abcde.kenal-part",
                          ".list.0123456789abcdeg.kenal-part",
                          ".list.fedcba9876543210.kenal-part",
                          ".other.0123456789abcdef.kenal-part", "list",
                          "list.0123456789abcdef.kenal-part"));
  close(held);
  ASSERT_TRUE(BuildSet(folder / "list", SignalType::kMd5, {}).ok());
  EXPECT_FALSE(
      std::filesystem::exists(folder / ".list.fedcba9876543210.kenal-part"));
}

TEST(KnownBuilder, OfTwoBuildersTheLaterFinishStays) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  const auto one = KnownBuilder::Create(path, {.list = "list"});
  const auto two = KnownBuilder::Create(path, {.list = "list"});
  ASSERT_TRUE(one.ok() && two.ok());
  ASSERT_TRUE((*one)->Add(RandomDigest(random, SignalType::kSha1)).ok());
  ASSERT_TRUE((*two)->Finish().ok());
  const auto facts = (*one)->Finish();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(base::Sha256Of(ContentOf(path)), facts->sha256);
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre("list"));
}

TEST(KnownBuilder, WrongOptionsAreRefused) {
  const TempDir folder;
  const auto code = [&](const std::string& path, const BuildOptions& options) {
    return KnownBuilder::Create(path, options).status().code();
  };
  const std::string path = folder / "list";
  EXPECT_EQ(code(path, {.type = SignalType::kPdq, .list = "list"}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(path, {.list = ""}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(path, {.list = "a/b"}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(path, {.list = "list", .memory_bytes = kLittle - 1}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(folder.path(), {.list = "list"}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(folder / "none/list", {.list = "list"}),
            StatusCode::kNotFound);
  EXPECT_EQ(code("", {.list = "list"}), StatusCode::kInvalidArgument);
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre());
}

TEST(KnownBuilder, APartOfADigestIsRefusedAndNothingIsLost) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const auto builder = KnownBuilder::Create(folder / "list", {.list = "list"});
  ASSERT_TRUE(builder.ok()) << builder.status();
  const Bytes digest = RandomDigest(random, SignalType::kSha1);
  EXPECT_TRUE((*builder)->Add(digest).ok());
  EXPECT_EQ((*builder)->Add(Bytes(19)).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ((*builder)->Add(Bytes(41)).code(), StatusCode::kInvalidArgument);
  const auto facts = (*builder)->Finish();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->count, 1U);
  EXPECT_EQ((*builder)->Finish().status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ((*builder)->Add(digest).code(), StatusCode::kFailedPrecondition);
}

TEST(KnownBuilder, MoreRunsThanTheMemoryCanMergeAreRefused) {
  const TempDir folder;
  const auto builder = KnownBuilder::Create(
      folder / "list",
      {.type = SignalType::kSha256, .list = "list", .memory_bytes = kLittle});
  ASSERT_TRUE(builder.ok()) << builder.status();
  // All the same, so that runs are short and the disk is spared.
  const Bytes block(kLittle, 3);
  Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) status = (*builder)->Add(block);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("give more memory"));
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre());
}

}  // namespace
}  // namespace kenal::known
