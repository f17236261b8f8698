#include "src/report/near_groups.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "tests/support/support.h"

namespace kenal::report {
namespace {

using testing::AtDistance;
using testing::RandomHash;
using testing::TestSeed;

// Crowds around few centres, at distances on both sides of the radius; some
// equal, some template-like.
std::vector<Picture> Crowds(std::mt19937_64& random, size_t count) {
  std::vector<PdqHash> centres(7);
  for (PdqHash& centre : centres) centre = RandomHash<PdqHash>(random);
  std::vector<Picture> pictures;
  for (uint32_t i = 0; i < count; ++i) {
    const PdqHash& centre = centres[random() % centres.size()];
    pictures.push_back(
        {.number = i,
         .sha256 = RandomHash<Sha256>(random),
         .pdq = AtDistance(centre, static_cast<int>(random() % 40), random),
         .places = 1 + random() % 5,
         .template_like = random() % 7 == 0});
    if (random() % 3 == 0 && i > 0) pictures[i].pdq = pictures[i / 2].pdq;
  }
  return pictures;
}

TEST(NearGroups, HoldEachPictureOnceAndNearToItsLeader) {
  std::mt19937_64 random(TestSeed());
  const std::vector<Picture> pictures = Crowds(random, 400);
  const auto groups = GroupPictures(pictures, kNearRadius);
  ASSERT_TRUE(groups.ok());
  std::set<findings::ContentNumber> seen;
  std::set<PdqHash> flat;
  for (const Picture& picture : pictures) {
    if (picture.template_like) flat.insert(picture.pdq);
  }
  std::vector<PdqHash> leaders;
  for (const NearGroup& group : *groups) {
    const PdqHash& leader = pictures[group.front().number].pdq;
    for (const NearMember& member : group) {
      const PdqHash& pdq = pictures[member.number].pdq;
      EXPECT_TRUE(seen.insert(member.number).second);
      EXPECT_EQ(member.distance, HammingDistance(pdq, leader));
      EXPECT_LE(member.distance, flat.contains(pdq) || flat.contains(leader)
                                     ? 0
                                     : kNearRadius.bits);
    }
    if (!flat.contains(leader)) leaders.push_back(leader);
  }
  EXPECT_EQ(seen.size(), pictures.size());
  // Whoever leads was near to no leader.
  for (size_t a = 0; a < leaders.size(); ++a) {
    for (size_t b = a + 1; b < leaders.size(); ++b) {
      EXPECT_GT(HammingDistance(leaders[a], leaders[b]), kNearRadius.bits);
    }
  }
}

TEST(NearGroups, DoNotDependOnOrderOrNumbers) {
  std::mt19937_64 random(TestSeed());
  std::vector<Picture> pictures = Crowds(random, 300);
  const auto by_digest = [](const std::vector<Picture>& from) {
    std::map<findings::ContentNumber, Sha256> digests;
    for (const Picture& picture : from) {
      digests[picture.number] = picture.sha256;
    }
    const auto groups = GroupPictures(from, kNearRadius);
    EXPECT_TRUE(groups.ok());
    std::vector<std::vector<Sha256>> out;
    for (const NearGroup& group : *groups) {
      out.emplace_back();
      for (const NearMember& member : group) {
        out.back().push_back(digests.at(member.number));
      }
    }
    return out;
  };
  const auto first = by_digest(pictures);
  std::shuffle(pictures.begin(), pictures.end(), random);
  for (uint32_t i = 0; i < pictures.size(); ++i) pictures[i].number = i;
  EXPECT_EQ(by_digest(pictures), first);
}

// Each is near to the next, the ends are far apart.
TEST(NearGroups, DoNotChain) {
  std::mt19937_64 random(TestSeed());
  PdqHash hash = RandomHash<PdqHash>(random);
  std::vector<Picture> pictures;
  for (uint32_t i = 0; i < 25; ++i) {
    for (int bit = 0; bit < 10; ++bit) {
      const size_t at = i * 10 + static_cast<size_t>(bit);
      hash.bytes[at / 8] ^= static_cast<uint8_t>(1 << (at % 8));
    }
    pictures.push_back({.number = i,
                        .sha256 = RandomHash<Sha256>(random),
                        .pdq = hash,
                        .places = 1});
  }
  const auto groups = GroupPictures(pictures, kNearRadius);
  ASSERT_TRUE(groups.ok());
  for (const NearGroup& group : *groups) {
    for (const NearMember& a : group) {
      for (const NearMember& b : group) {
        EXPECT_LE(
            HammingDistance(pictures[a.number].pdq, pictures[b.number].pdq),
            2 * kNearRadius.bits);
      }
    }
  }
  EXPECT_GE(groups->size(), 4u);
}

}  // namespace
}  // namespace kenal::report
