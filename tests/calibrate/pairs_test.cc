// Which pictures meet which: the index against comparing all with all.
#include "tools/kenal/calibrate_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace kenal::cli {
namespace {

PdqHash RandomHash(std::mt19937_64& random) {
  PdqHash hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

PdqHash Flipped(PdqHash hash, int bits, std::mt19937_64& random) {
  for (int i = 0; i < bits; ++i) {
    hash.bytes[random() % 32] ^= static_cast<uint8_t>(1 << random() % 8);
  }
  return hash;
}

// Families of near pictures, some of them template-like.
std::vector<CalibratedPicture> Pictures(size_t count, std::mt19937_64& random) {
  std::vector<PdqHash> centres;
  for (size_t i = 0; i < count / 4; ++i) centres.push_back(RandomHash(random));
  std::vector<CalibratedPicture> pictures;
  for (size_t i = 0; i < count; ++i) {
    CalibratedPicture picture{.name = std::to_string(i) + ".png"};
    const PdqHash own = Flipped(centres[random() % centres.size()],
                                static_cast<int>(random() % 60), random);
    const bool template_like = random() % 3 == 0;
    picture.rows.push_back({own, View::kStored, template_like});
    if (random() % 2 == 0) {
      picture.rows.push_back({RandomHash(random), View::kTrimmed, false});
    }
    picture.queries.push_back({own, View::kStored, template_like});
    picture.queries.push_back({Flipped(own, 20, random), View::kFrame, false});
    pictures.push_back(picture);
  }
  return pictures;
}

// The nearest hit of each ordered pair, by every hash with every other.
std::map<std::pair<uint32_t, uint32_t>, int> ByBruteForce(
    const std::vector<CalibratedPicture>& pictures) {
  std::map<std::pair<uint32_t, uint32_t>, int> nearest;
  for (uint32_t a = 0; a < pictures.size(); ++a) {
    for (uint32_t b = 0; b < pictures.size(); ++b) {
      if (a == b) continue;
      for (const CalibratedHash& query : pictures[a].queries) {
        for (const CalibratedHash& row : pictures[b].rows) {
          const int distance = HammingDistance(query.hash, row.hash);
          if (distance > kRadiusBitsMax) continue;
          if (distance > 31 && (query.template_like || row.template_like)) {
            continue;
          }
          const auto at = nearest.try_emplace({a, b}, distance).first;
          at->second = std::min(at->second, distance);
        }
      }
    }
  }
  return nearest;
}

PairFigures Find(const std::vector<CalibratedPicture>& pictures,
                 const Groups& groups) {
  auto figures = FindPairs(pictures, groups, {}, [](size_t) {});
  EXPECT_TRUE(figures.ok());
  return *std::move(figures);
}

TEST(CalibratePairs, FiguresAreThoseOfBruteForce) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const auto pictures = Pictures(150, random);
  Groups groups = EachItsOwn(pictures.size());
  for (size_t i = 0; i < 40; ++i) groups[i] = static_cast<uint32_t>(i % 5);
  const PairFigures figures = Find(pictures, groups);
  const auto nearest = ByBruteForce(pictures);
  ASSERT_FALSE(nearest.empty());
  for (int radius = 0; radius <= kRadiusBitsMax; ++radius) {
    uint64_t found = 0;
    uint64_t different = 0;
    for (uint32_t a = 0; a < pictures.size(); ++a) {
      bool any = false;
      bool other = false;
      for (uint32_t b = 0; b < pictures.size(); ++b) {
        const auto at = nearest.find({a, b});
        if (at == nearest.end() || at->second > radius) continue;
        any = true;
        other = other || groups[a] != groups[b];
      }
      found += any ? 1 : 0;
      different += other ? 1 : 0;
    }
    EXPECT_EQ(figures.found[static_cast<size_t>(radius)], found) << radius;
    EXPECT_EQ(figures.found_different[static_cast<size_t>(radius)], different)
        << radius;
  }
  EXPECT_EQ(figures.comparison_count, 150u * 149u);
  std::map<std::pair<uint32_t, uint32_t>, int> pairs;
  for (const auto& [key, distance] : nearest) {
    const auto at =
        pairs.try_emplace(std::minmax(key.first, key.second), distance).first;
    at->second = std::min(at->second, distance);
  }
  ASSERT_EQ(figures.pairs.size(), pairs.size());
  for (const NearPair& pair : figures.pairs) {
    EXPECT_EQ(pairs.at({pair.a, pair.b}), pair.distance);
    EXPECT_EQ(pair.same, groups[pair.a] == groups[pair.b]);
  }
  EXPECT_TRUE(std::ranges::is_sorted(figures.pairs, {}, &NearPair::distance));
}

TEST(CalibratePairs, AStopEndsIt) {
  std::mt19937_64 random(1);
  const auto pictures = Pictures(8, random);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(FindPairs(pictures, EachItsOwn(8), stop.get_token(), [](size_t) {})
                .status()
                .code(),
            StatusCode::kCancelled);
}

class Same : public testing::Test {
 protected:
  Same() {
    for (const char* name : {"a.png", "b.png", "c.png", "d.png", "\xFF.png"}) {
      pictures_.push_back({.name = name});
    }
  }
  ~Same() override { std::remove(path_.c_str()); }

  StatusOr<Groups> Read(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    unknown_ = 0;
    return ReadSame(path_, pictures_, unknown_);
  }

  std::vector<CalibratedPicture> pictures_;
  uint64_t unknown_ = 0;
  const std::string path_ = testing::TempDir() + "same-" +
                            std::to_string(std::random_device()()) + ".jsonl";
};

TEST_F(Same, WhatIsTheSameAsTheSameIsTheSame) {
  const auto groups = Read(
      "{\"a\":\"a.png\",\"b\":\"b.png\"}\n\n"
      "{\"b\":\"c.png\",\"a\":\"b.png\",\"distance\":3}\n"
      "{\"a\":\"d.png\",\"b\":\"x\",\"b_base64\":\"/y5wbmc=\"}\n"
      "{\"a\":\"a.png\",\"b\":\"elsewhere.png\"}\n");
  ASSERT_TRUE(groups.ok()) << groups.status();
  EXPECT_EQ((*groups)[0], (*groups)[2]);
  EXPECT_EQ((*groups)[3], (*groups)[4]);
  EXPECT_NE((*groups)[0], (*groups)[3]);
  EXPECT_EQ(unknown_, 1u);
}

TEST_F(Same, ALineThatIsNoPairIsNamedByNumber) {
  const std::string good = "{\"a\":\"a.png\",\"b\":\"b.png\"}\n";
  for (const std::string& bad :
       {std::string("a.png b.png"), std::string("[]"), std::string("{"),
        std::string("{\"a\":\"a.png\"}"), std::string("{\"a\":1,\"b\":2}"),
        std::string("{\"a\":\"a.png\",\"b_base64\":\"%%\"}"),
        std::string(60'000, '['), std::string(100'000, ' ')}) {
    const auto groups = Read(good + bad + "\n");
    ASSERT_FALSE(groups.ok());
    EXPECT_EQ(groups.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(groups.status().message().find("line 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace kenal::cli
