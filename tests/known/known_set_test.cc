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

  static StatusOr<KnownSet> OpenOne(const KnownListFile& file,
                                    const KnownSetOptions& options = {}) {
    return KnownSet::Open({&file, 1}, options);
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

  std::vector<size_t> Expected(const ContentDigests& digests) const {
    const auto holds = [&](const std::string& list, const auto& digest) {
      if (!digest) return false;
      const auto set = sets_.find({list, digest->kType});
      return set != sets_.end() &&
             set->second.contains(
                 Bytes(digest->bytes.begin(), digest->bytes.end()));
    };
    std::vector<size_t> out;
    const std::string names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; ++i) {
      if (holds(names[i], digests.md5) || holds(names[i], digests.sha1) ||
          holds(names[i], digests.sha256)) {
        out.push_back(i);
      }
    }
    return out;
  }

  std::mt19937_64 random_{TestSeed()};
  const TempDir folder_;
  std::vector<KnownListFile> files_;
  std::map<std::pair<std::string, SignalType>, DigestSet> sets_;
  std::map<SignalType, std::vector<Bytes>> members_;
};

TEST_F(KnownSetTest, AnyDigestOfAListIsEnough) {
  const auto set = KnownSet::Open(files_);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->lists(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(set->count(), 10'000U);
  std::vector<ContentDigests> contents;
  size_t held = 0;
  for (int i = 0; i < 5000; ++i) {
    contents.push_back({Draw<Md5>(), Draw<Sha1>(), Draw<Sha256>()});
  }
  const auto each = set->HoldingEach(contents);
  ASSERT_EQ(each.size(), contents.size());
  for (size_t i = 0; i < contents.size(); ++i) {
    const std::vector<size_t> expected = Expected(contents[i]);
    EXPECT_EQ(set->Holding(contents[i]), expected);
    EXPECT_EQ(each[i], expected);
    held += expected.size();
  }
  EXPECT_GT(held, 1000U);
}

TEST_F(KnownSetTest, NoFilesHoldNothing) {
  const auto set = KnownSet::Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(set->empty());
  EXPECT_THAT(set->Holding({.sha1 = Draw<Sha1>()}), ElementsAre());
  EXPECT_THAT(set->HoldingEach({}), ElementsAre());
}

TEST_F(KnownSetTest, WhatIsNotAsRecordedIsRefused) {
  const auto refused = [&](const KnownListFile& said, const std::string& why) {
    const Status status = OpenOne(said).status();
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
  EXPECT_EQ(OpenOne(said).status().code(), StatusCode::kNotFound);
}

TEST_F(KnownSetTest, TwoFilesOfOneTypeForOneListAreRefused) {
  const std::vector<KnownListFile> twice = {files_[0], files_[1], files_[0]};
  const Status status = KnownSet::Open(twice).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("list b"));
}

}  // namespace
}  // namespace kenal::known
