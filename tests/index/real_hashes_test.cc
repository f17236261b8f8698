// Hashes as real pictures have them: many equal, many close, some degenerate
// (far from 128 ones), where random ones are never near each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "src/index/live_index.h"
#include "tests/support/support.h"

namespace kenal::index {
namespace {

// The plain hash and the eight variants of every readable test picture.
std::vector<PdqHash> HashesOfPictures() {
  constexpr int kFirstHashColumn = 5;
  std::ifstream table(KENAL_TEST_DATA "/pdq-vectors/expected-native.tsv");
  std::vector<PdqHash> hashes;
  for (std::string line; std::getline(table, line);) {
    std::istringstream cells(line);
    std::string cell;
    for (int column = 0; std::getline(cells, cell, '\t'); ++column) {
      if (column < kFirstHashColumn) continue;
      const auto hash = PdqHash::FromHex(cell);
      if (hash.ok()) hashes.push_back(*hash);
    }
  }
  return hashes;
}

// Real hashes among so many random ones that the band tables are used.
TEST(RealHashes, AreFoundExactlyAsBruteForceFindsThem) {
  constexpr size_t kRandomRows = 60'000;
  const std::vector<PdqHash> queries = HashesOfPictures();
  ASSERT_GT(queries.size(), 800U);
  std::mt19937_64 random(kenal::testing::TestSeed());
  std::vector<PdqHash> rows = queries;
  for (size_t i = 0; i < kRandomRows; ++i) {
    rows.push_back(kenal::testing::RandomHash<PdqHash>(random));
  }
  const auto walk = [&](const LiveIndex::PostingVisitor& visit) {
    for (size_t i = 0; i < rows.size(); ++i) {
      visit({.type = SignalType::kPdq,
             .bits = rows[i].bytes,
             .entry = EntryId::Of({1}, i + 1)});
    }
    return OkStatus();
  };
  const auto index = LiveIndex::Build(Sequence{1}, walk);
  ASSERT_TRUE(index.ok()) << index.status();

  std::vector<NearHit> near;
  for (uint32_t query = 0; query < queries.size(); ++query) {
    for (size_t row = 0; row < rows.size(); ++row) {
      const int distance = HammingDistance(queries[query], rows[row]);
      if (distance > kRadiusBitsMax) continue;
      near.push_back({.query = query,
                      .entry = EntryId::Of({1}, row + 1),
                      .distance = distance});
    }
  }
  for (const int radius_bits : {0, 30, 31, 32, 50, 63}) {
    std::vector<NearHit> expected;
    std::ranges::copy_if(
        near, std::back_inserter(expected),
        [&](const NearHit& hit) { return hit.distance <= radius_bits; });
    EXPECT_GT(expected.size(), queries.size());
    std::vector<NearHit> found;
    (*index)->Current()->FindNear(queries, Radius{radius_bits}, found);
    std::ranges::sort(found);
    std::ranges::sort(expected);
    EXPECT_EQ(found, expected) << "radius " << radius_bits;
  }
}

}  // namespace
}  // namespace kenal::index
