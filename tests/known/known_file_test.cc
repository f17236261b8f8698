// Known-good files hold exactly what was put into them. Oracles: std::set,
// and a plain writer of the format.
#include "src/known/known_file.h"

#include <gmock/gmock.h>

#include <thread>

#include "src/known/layout.h"
#include "tests/known/support.h"

namespace kenal::known {
namespace {

using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;

// Asks for each member, and for strangers that differ from one in a bit, in
// the first bytes or in all; one by one and together.
void ExpectAnswersLike(const KnownFile& file, const DigestSet& set,
                       std::mt19937_64& random) {
  std::vector<Bytes> questions(set.begin(), set.end());
  const size_t members = questions.size();
  for (size_t i = 0; i < members; ++i) {
    Bytes near = questions[i];
    const size_t bit = random() % (8 * near.size());
    near[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    questions.push_back(near);
    questions.push_back(RandomDigest(random, file.type()));
  }
  questions.emplace_back(file.digest_bytes(), uint8_t{0});
  questions.emplace_back(file.digest_bytes(), uint8_t{255});
  std::shuffle(questions.begin(), questions.end(), random);
  Bytes found(questions.size(), 7);
  file.ContainsEach(Joined(questions), found);
  for (size_t i = 0; i < questions.size(); ++i) {
    const bool known = set.contains(questions[i]);
    ASSERT_EQ(file.Contains(questions[i]), known) << i;
    ASSERT_EQ(found[i], known ? 1 : 0) << i;
  }
}

void ExpectHolds(const std::string& path, const KnownFileFacts& facts,
                 const DigestSet& set, std::mt19937_64& random) {
  for (const Residence residence : {Residence::kMapped, Residence::kMemory}) {
    const auto file = KnownFile::Open(path, residence);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->count(), set.size());
    EXPECT_EQ((*file)->type(), facts.type);
    EXPECT_EQ((*file)->list(), facts.list);
    EXPECT_EQ((*file)->size_bytes(), facts.size_bytes);
    EXPECT_TRUE((*file)->Verify(facts.sha256).ok());
    EXPECT_TRUE(std::ranges::equal(AllOf(**file), set));
    ExpectAnswersLike(**file, set, random);
  }
}

TEST(KnownFile, HoldsExactlyWhatWasPutIntoIt) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  for (const SignalType type : kDigestTypes) {
    // Around each change of the number of buckets, and of dropped bytes.
    for (const size_t count : {0, 1, 2, 3, 7, 8, 9, 31, 255, 256, 257, 1000,
                               4096, 65'535, 65'536, 70'000}) {
      SCOPED_TRACE(std::to_string(count));
      const DigestSet set = RandomSet(random, type, count);
      const auto facts =
          Build(path, {.type = type, .list = "list"}, Shuffled(random, set));
      ASSERT_TRUE(facts.ok()) << facts.status();
      EXPECT_EQ(facts->count, count);
      ExpectHolds(path, *facts, set, random);
    }
  }
}

TEST(KnownFile, BytesAreAsDocumented) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  for (const SignalType type : kDigestTypes) {
    for (const size_t count : {0, 1, 5, 300, 5000, 66'000}) {
      SCOPED_TRACE(std::to_string(count));
      DigestSet set = RandomSet(random, type, count);
      if (count > 300) set.merge(SharedPrefixSet(random, type, 700, 6));
      const auto facts = BuildSet(path, type, set);
      ASSERT_TRUE(facts.ok()) << facts.status();
      const Bytes plain = PlainFile(type, "list", set);
      EXPECT_EQ(ContentOf(path), plain);
      EXPECT_EQ(facts->sha256, base::Sha256Of(plain));
      EXPECT_EQ(facts->size_bytes, plain.size());
    }
  }
}

TEST(KnownFile, CrowdedBucketsAreExact) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  // All but the last few bytes alike, so that no bucket number tells digests
  // apart; alone and among others; sizes around the limit of a byte.
  for (const size_t shared : {1, 3, 10}) {
    for (const size_t count : {254, 255, 256, 4000}) {
      for (const size_t others : {0, 3000}) {
        SCOPED_TRACE(std::to_string(shared) + " " + std::to_string(count));
        DigestSet set =
            SharedPrefixSet(random, SignalType::kSha1, count, shared);
        set.merge(SharedPrefixSet(random, SignalType::kSha1, count, shared));
        set.merge(RandomSet(random, SignalType::kSha1, others));
        const auto facts = BuildSet(path, SignalType::kSha1, set);
        ASSERT_TRUE(facts.ok()) << facts.status();
        ExpectHolds(path, *facts, set, random);
      }
    }
  }
}

TEST(KnownFile, NeighbouringBucketsMayAllBeCrowded) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  DigestSet set;
  // 66,000 digests have 16 bits of bucket; 200 neighbours take them all.
  for (size_t i = 0; i < 66'000; ++i) {
    Bytes digest = RandomDigest(random, SignalType::kSha1);
    digest[0] = 0x80;
    digest[1] = static_cast<uint8_t>(random() % 200);
    if (i % 7 == 0) digest[1] = 60;
    set.insert(digest);
  }
  const auto facts = BuildSet(path, SignalType::kSha1, set);
  ASSERT_TRUE(facts.ok()) << facts.status();
  ExpectHolds(path, *facts, set, random);
}

TEST(KnownFile, ABatchOfAnyLengthIsAnswered) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const DigestSet set = RandomSet(random, SignalType::kMd5, 500);
  const auto facts = BuildSet(folder / "list", SignalType::kMd5, set);
  ASSERT_TRUE(facts.ok()) << facts.status();
  const auto file = KnownFile::Open(folder / "list");
  ASSERT_TRUE(file.ok()) << file.status();
  const std::vector<Bytes> members(set.begin(), set.end());
  for (size_t size = 0; size <= 100; ++size) {
    std::vector<Bytes> questions(
        members.begin(), members.begin() + static_cast<ptrdiff_t>(size));
    if (size > 0) questions[random() % size][15] ^= 1;
    Bytes found(size, 9);
    (*file)->ContainsEach(Joined(questions), found);
    for (size_t i = 0; i < size; ++i) {
      EXPECT_EQ(found[i], set.contains(questions[i]) ? 1 : 0);
    }
  }
}

TEST(KnownFile, ForEachStopsWhenTold) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const DigestSet set = RandomSet(random, SignalType::kMd5, 10'000);
  ASSERT_TRUE(BuildSet(folder / "list", SignalType::kMd5, set).ok());
  const auto file = KnownFile::Open(folder / "list");
  ASSERT_TRUE(file.ok()) << file.status();
  int blocks = 0;
  const Status status = (*file)->ForEach([&](std::span<const uint8_t>) {
    ++blocks;
    return false;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(blocks, 1);
}

TEST(KnownFile, VerifyStopsWhenTold) {
  const TempDir folder;
  const auto facts = BuildSet(folder / "list", SignalType::kMd5, {});
  ASSERT_TRUE(facts.ok()) << facts.status();
  const auto file = KnownFile::Open(folder / "list");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->Verify(facts->sha256, [] { return false; }).code(),
            StatusCode::kCancelled);
}

TEST(KnownFile, ManyThreadsMayAskAtOnce) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const DigestSet set = RandomSet(random, SignalType::kSha256, 5000);
  const auto facts = BuildSet(folder / "list", SignalType::kSha256, set);
  ASSERT_TRUE(facts.ok()) << facts.status();
  const auto opened = KnownFile::Open(folder / "list");
  ASSERT_TRUE(opened.ok()) << opened.status();
  const KnownFile& file = **opened;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, seed = random()] {
      std::mt19937_64 own(seed);
      ExpectAnswersLike(file, set, own);
      EXPECT_TRUE(file.Verify(facts->sha256).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(KnownFile, AFileInMemoryOutlivesWhatHappensToItsBytes) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  const DigestSet set = RandomSet(random, SignalType::kSha1, 50'000);
  const auto facts = BuildSet(path, SignalType::kSha1, set);
  ASSERT_TRUE(facts.ok()) << facts.status();
  const auto in_memory = KnownFile::Open(path, Residence::kMemory);
  const auto mapped = KnownFile::Open(path);
  ASSERT_TRUE(in_memory.ok() && mapped.ok());
  std::filesystem::resize_file(path, 4096);
  ExpectAnswersLike(**in_memory, set, random);
  EXPECT_TRUE((*in_memory)->Verify(facts->sha256).ok());
  // Reads of the file, unlike look-ups, meet an error and no signal.
  EXPECT_EQ((*mapped)->Verify(facts->sha256).code(), StatusCode::kDataLoss);
  EXPECT_EQ(
      (*mapped)->ForEach([](std::span<const uint8_t>) { return true; }).code(),
      StatusCode::kDataLoss);
}

TEST(KnownFile, AnOpenFileStaysAsItIsWhenItIsReplaced) {
  std::mt19937_64 random(TestSeed());
  const TempDir folder;
  const std::string path = folder / "list";
  const DigestSet before = RandomSet(random, SignalType::kSha1, 50'000);
  const DigestSet after = RandomSet(random, SignalType::kSha1, 10);
  const auto facts = BuildSet(path, SignalType::kSha1, before);
  ASSERT_TRUE(facts.ok()) << facts.status();
  const auto file = KnownFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(BuildSet(path, SignalType::kSha1, after).ok());
  ExpectAnswersLike(**file, before, random);
  EXPECT_TRUE((*file)->Verify(facts->sha256).ok());
}

TEST(KnownFile, WhatIsNoFileIsRefusedByName) {
  const TempDir folder;
  EXPECT_EQ(KnownFile::Open(folder / "none").status().code(),
            StatusCode::kNotFound);
  const Status status = KnownFile::Open(folder.path()).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr(folder.path()));
}

TEST(Layout, BucketBitsNeverFallAndDigestsLoseWholeBytes) {
  unsigned last = 0;
  for (uint64_t count = 0; count < 300'000; ++count) {
    const unsigned bits = BucketBits(count);
    ASSERT_GE(bits, last);
    ASSERT_LE(bits, last + 8);
    last = bits;
  }
  for (uint64_t count = 1; count <= kCountMax; count *= 2) {
    for (const uint64_t n : {count - 1, count, count + count / 2}) {
      if (n > kCountMax) continue;
      const Layout layout = LayoutOf(SignalType::kMd5, n, 0);
      EXPECT_GE(layout.kept_bytes, 12U);
      EXPECT_LE(n >> layout.bucket_bits, 8U);
    }
  }
}

TEST(Layout, FiftyMillionSha1TakeFewerThanEighteenBytesEach) {
  const uint64_t count = 50'000'000;
  const Layout layout = LayoutOf(SignalType::kSha1, count, 0);
  EXPECT_LT(layout.file_bytes, 18 * count);
}

}  // namespace
}  // namespace kenal::known
