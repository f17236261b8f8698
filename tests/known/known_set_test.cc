// Several lists asked together, against plain sets.
#include "src/known/known_set.h"

#include <gmock/gmock.h>

#include "tests/known/support.h"

namespace kenal::known {
namespace {

using ::kenal::testing::TempDir;
using ::kenal::testing::TestSeed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Lists "a" (md5, sha1), "b" (sha1, sha256) and "c" (sha256).
class KnownSetTest : public ::testing::Test {
 protected:
  KnownSetTest() {
    Add("b", SignalType::kSha256);
    Add("a", SignalType::kSha1);
    Add("c", SignalType::kSha256);
    Add("a", SignalType::kMd5);
    Add("b", SignalType::kSha1);
  }

  void Add(const std::string& list, SignalType type) {
    const DigestSet set = RandomSet(random_, type, 2000);
    const std::string path =
        folder_ / (list + "." + std::string(SignalTypeName(type)));
    const auto facts = Build(path, {.type = type, .list = list},
                             std::vector<Bytes>(set.begin(), set.end()));
    ASSERT_TRUE(facts.ok()) << facts.status();
    files_.push_back({list, type, path, facts->sha256, facts->count});
    sets_[{list, type}] = set;
    members_[type].insert(members_[type].end(), set.begin(), set.end());
  }

  // What becomes of that file alone.
  static Status OpenOne(const KnownListFile& file,
                        const KnownSetOptions& options = {}) {
    const KnownSet set = KnownSet::Open({&file, 1}, options);
    EXPECT_EQ(set.files().size(), 1U);
    EXPECT_EQ(set.files()[0].file == nullptr, !set.files()[0].failure.ok());
    return set.files()[0].failure;
  }

  // A digest of a list or a stranger, now and then none.
  template <typename Digest>
  std::optional<Digest> Draw() {
    const auto& members = members_[Digest::kType];
    const uint64_t what = random_() % 3;
    if (what == 0) return std::nullopt;
    return *Digest::FromBytes(what == 1 ? members[random_() % members.size()]
                                        : RandomDigest(random_, Digest::kType));
  }

  // Places in the order of (list, type), which is that of the map.
  std::vector<size_t> Expected(const ContentDigests& digests) const {
    const auto is_in = [](const DigestSet& set, const auto& digest) {
      return digest &&
             set.contains(Bytes(digest->bytes.begin(), digest->bytes.end()));
    };
    std::vector<size_t> out;
    size_t at = 0;
    for (const auto& [name, set] : sets_) {
      const bool holds =
          (name.second == SignalType::kMd5 && is_in(set, digests.md5)) ||
          (name.second == SignalType::kSha1 && is_in(set, digests.sha1)) ||
          (name.second == SignalType::kSha256 && is_in(set, digests.sha256));
      if (holds) out.push_back(at);
      ++at;
    }
    return out;
  }

  std::mt19937_64 random_{TestSeed()};
  const TempDir folder_;
  std::vector<KnownListFile> files_;
  std::map<std::pair<std::string, SignalType>, DigestSet> sets_;
  std::map<SignalType, std::vector<Bytes>> members_;
};

TEST_F(KnownSetTest, EveryFileThatHoldsItsDigestIsNamed) {
  const KnownSet set = KnownSet::Open(files_);
  ASSERT_EQ(set.files().size(), sets_.size());
  auto name = sets_.begin();
  for (const KnownSet::File& file : set.files()) {
    EXPECT_TRUE(file.failure.ok()) << file.failure;
    EXPECT_EQ(std::pair(file.said.list, file.said.type), (name++)->first);
  }
  EXPECT_EQ(set.count(), 10'000U);
  std::vector<ContentDigests> contents;
  size_t held = 0;
  for (int i = 0; i < 5000; ++i) {
    contents.push_back({Draw<Md5>(), Draw<Sha1>(), Draw<Sha256>()});
  }
  const auto each = set.HoldingEach(contents);
  ASSERT_EQ(each.size(), contents.size());
  for (size_t i = 0; i < contents.size(); ++i) {
    const std::vector<size_t> expected = Expected(contents[i]);
    EXPECT_EQ(set.Holding(contents[i]), expected);
    EXPECT_EQ(each[i], expected);
    held += expected.size();
  }
  EXPECT_GT(held, 1000U);
}

TEST_F(KnownSetTest, NoFilesHoldNothing) {
  const KnownSet set = KnownSet::Open({});
  EXPECT_TRUE(set.empty());
  EXPECT_THAT(set.Holding({.sha1 = Draw<Sha1>()}), ElementsAre());
  EXPECT_THAT(set.HoldingEach({}), ElementsAre());
}

TEST_F(KnownSetTest, WhatIsNotAsRecordedIsRefused) {
  const auto refused = [&](const KnownListFile& said, const std::string& why) {
    const Status status = OpenOne(said);
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_THAT(std::string(status.message()), HasSubstr(said.path));
  };
  KnownListFile said = files_[0];
  said.list = "a";
  refused(said, "another list");
  said = files_[0];
  said.type = SignalType::kSha1;
  refused(said, "another type");
  said = files_[0];
  ++said.count;
  refused(said, "2000 digests, not 2001");
  said = files_[0];
  said.sha256[31] ^= 1;
  refused(said, "SHA-256");
  EXPECT_TRUE(OpenOne(said, {.compare_digests = false}).ok());
  said = files_[0];
  said.path += ".none";
  EXPECT_EQ(OpenOne(said).code(), StatusCode::kNotFound);
}

// The others go on holding what they hold.
TEST_F(KnownSetTest, AFileThatFailsHoldsNothingAndStopsNoOther) {
  std::vector<KnownListFile> said = files_;
  said[0].sha256[0] ^= 1;
  const KnownSet set = KnownSet::Open(said);
  size_t failed = 0;
  for (size_t at = 0; at < set.files().size(); ++at) {
    const KnownSet::File& file = set.files()[at];
    const bool damaged = file.said == said[0];
    failed += damaged ? 1U : 0U;
    for (const Bytes& digest : sets_[{file.said.list, file.said.type}]) {
      ContentDigests digests;
      if (file.said.type == SignalType::kMd5) {
        digests.md5 = *Md5::FromBytes(digest);
      } else if (file.said.type == SignalType::kSha1) {
        digests.sha1 = *Sha1::FromBytes(digest);
      } else {
        digests.sha256 = *Sha256::FromBytes(digest);
      }
      const std::vector<size_t> holding = set.Holding(digests);
      ASSERT_EQ(std::ranges::count(holding, at), damaged ? 0 : 1);
    }
  }
  EXPECT_EQ(failed, 1U);
}

// Neither opened nor read again: the paths may lead nowhere by then.
TEST_F(KnownSetTest, WhatWasOpenStaysOpenUntilItIsSaidAnew) {
  const KnownSet before = KnownSet::Open(files_);
  for (const KnownListFile& file : files_) {
    std::filesystem::remove(file.path);
  }
  std::vector<KnownListFile> said = files_;
  said[1].version = 1;
  const KnownSet after = KnownSet::Open(said, {}, &before);
  ASSERT_EQ(after.files().size(), before.files().size());
  for (size_t at = 0; at < after.files().size(); ++at) {
    const bool anew = after.files()[at].said == said[1];
    EXPECT_EQ(after.files()[at].failure.ok(), !anew);
    EXPECT_EQ(after.files()[at].file, anew ? nullptr : before.files()[at].file);
  }
}

}  // namespace
}  // namespace kenal::known
