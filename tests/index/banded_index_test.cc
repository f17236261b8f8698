#include "src/index/banded_index.h"

#include <faiss/IndexBinaryFlat.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/FaissException.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <limits>

#include "src/index/faiss_radius.h"
#include "tests/index/test_data.h"

namespace kenal::index {
namespace {

using ::testing::ElementsAre;
using Hashes = std::vector<PdqHash>;

const uint8_t* Bytes(const Hashes& hashes) {
  return reinterpret_cast<const uint8_t*>(hashes.data());
}

int64_t Count(const Hashes& hashes) {
  return static_cast<int64_t>(hashes.size());
}

std::vector<RowHit> InOrder(const faiss::RangeSearchResult& found) {
  std::vector<RowHit> hits;
  for (size_t query = 0; query < found.nq; ++query) {
    for (size_t i = found.lims[query]; i < found.lims[query + 1]; ++i) {
      hits.push_back({static_cast<uint32_t>(query),
                      static_cast<uint32_t>(found.labels[i]),
                      static_cast<int32_t>(found.distances[i])});
    }
  }
  std::sort(hits.begin(), hits.end());
  return hits;
}

template <typename Index>
std::vector<RowHit> Range(const Index& index, const Hashes& queries,
                          int radius) {
  faiss::RangeSearchResult found(Count(queries));
  index.range_search(Count(queries), Bytes(queries),
                     ToFaissRadius(Radius{radius}), &found);
  return InOrder(found);
}

void ExpectExact(const Hashes& rows, const Hashes& queries,
                 std::span<const int> radii, const BandOptions& options) {
  omp_set_num_threads(1);  // The oracle's threads wait more than they work.
  faiss::IndexBinaryFlat oracle(kHashBits);
  oracle.add(Count(rows), Bytes(rows));
  BandedIndex index({.bands = options});
  index.add(Count(rows), Bytes(rows));
  for (const int radius : radii) {
    ASSERT_EQ(Range(index, queries, radius), Range(oracle, queries, radius))
        << rows.size() << " rows in " << index.tables().layout().count()
        << " bands, radius " << radius;
  }
}

// Queries at every distance from 0 to 40 of some row, and far ones.
Hashes Planted(const Hashes& rows, Random& random, int rounds = 1) {
  Hashes queries;
  for (int i = 0; i < 41 * rounds; ++i) {
    queries.push_back(AtDistance(rows[random() % rows.size()], i % 41, random));
  }
  for (int i = 0; i < 9; ++i) queries.push_back(RandomHash(random));
  return queries;
}

constexpr int kRadii[] = {0, 1, 15, 30, 31, 32, 50, 63};

struct Shape {
  size_t rows;
  int bands;  // 0: as chosen for the size
};

std::string ShapeName(const ::testing::TestParamInfo<Shape>& shape) {
  return std::to_string(shape.param.rows) + "RowsIn" +
         std::to_string(shape.param.bands) + "Bands";
}

class BandedIndexExact : public ::testing::TestWithParam<Shape> {};

INSTANTIATE_TEST_SUITE_P(
    Sizes, BandedIndexExact,
    ::testing::Values(Shape{1, 0}, Shape{2, 0}, Shape{300, 0}, Shape{300, 16},
                      Shape{1, 16}, Shape{3000, 0}, Shape{20'000, 0},
                      Shape{3000, 12}, Shape{20'000, 13}, Shape{20'000, 16},
                      Shape{20'000, 17}, Shape{20'000, 24}, Shape{20'000, 32},
                      Shape{200'000, 0}, Shape{200'000, 16}),
    ShapeName);

TEST_P(BandedIndexExact, AgreesWithFaissOnRandomHashes) {
  const auto [row_count, bands] = GetParam();
  const uint64_t seeds = row_count > 20'000 ? 1 : 3;
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    Random random(TestSeed() + seed);
    Hashes rows;
    for (size_t i = 0; i < row_count; ++i) rows.push_back(RandomHash(random));
    ExpectExact(rows, Planted(rows, random), kRadii, {.band_count = bands});
  }
}

// All rows even: the search may count on even distances, but only for even
// queries. Queries here are of both parities.
TEST_P(BandedIndexExact, AgreesWithFaissOnNormalHashes) {
  const auto [row_count, bands] = GetParam();
  if (row_count > 20'000) return;  // the random test covers the size
  Random random(TestSeed());
  Hashes rows;
  for (size_t i = 0; i < row_count; ++i) {
    rows.push_back(RandomNormalHash(random));
  }
  ExpectExact(rows, Planted(rows, random, 2), kRadii, {.band_count = bands});
  for (PdqHash& row : rows) FlipBit(row, 77);  // all odd now
  ExpectExact(rows, Planted(rows, random, 2), kRadii, {.band_count = bands});
}

// Clusters of thousands that differ in few, neighbouring bits; one key of one
// band shared by a tenth of all rows; rows of only zeros, only ones; repeats.
Hashes HardRows(Random& random, size_t scale) {
  Hashes rows;
  for (int cluster = 0; cluster < 3; ++cluster) {
    const PdqHash centre = RandomHash(random);
    for (size_t i = 0; i < 3 * scale; ++i) {
      rows.push_back(
          AtDistance(centre, static_cast<int>(random() % 24), random));
    }
  }
  for (size_t i = 0; i < 2 * scale; ++i) {
    PdqHash row = RandomHash(random);
    row.bytes[2] = row.bytes[3] = 0;
    rows.push_back(row);
  }
  for (size_t i = 0; i < 2 * scale; ++i) {
    PdqHash row{};
    if (i % 2 == 0) row.bytes.fill(0xff);
    rows.push_back(AtDistance(row, static_cast<int>(random() % 3), random));
  }
  while (rows.size() < 20 * scale) rows.push_back(RandomHash(random));
  return rows;
}

TEST(BandedIndex, AgreesWithFaissOnHardData) {
  Random random(TestSeed());
  const Hashes rows = HardRows(random, 1000);
  Hashes queries = Planted(rows, random, 2);
  queries.push_back(PdqHash{});
  queries.emplace_back().bytes.fill(0xff);
  queries.push_back(rows[0]);
  constexpr int kHardRadii[] = {0, 30, 31, 45};
  for (const int bands : {0, 12, 16}) {
    ExpectExact(rows, queries, kHardRadii, {.band_count = bands});
  }
}

// The data must take the roads that are for hard data, or the test above
// proves nothing about them.
TEST(BandedIndex, HardQueriesAreTakenApartFromTheRest) {
  Random random(TestSeed());
  Hashes rows = HardRows(random, 10'000);
  rows.resize(200'000);
  for (PdqHash& row : rows) row.bytes[0] = row.bytes[1] = 0;
  BandedIndex index({.bands = {.band_count = 16}});
  index.add(Count(rows), Bytes(rows));
  faiss::IndexBinaryFlat oracle(kHashBits);
  oracle.add(Count(rows), Bytes(rows));
  Hashes queries = {PdqHash{}, rows[0], rows[199'999]};
  for (int i = 0; i < 20; ++i) queries.push_back(RandomHash(random));
  SearchStats stats;
  std::vector<RowHit> hits;
  index.Search(queries, Radius{31}, hits, &stats);
  std::sort(hits.begin(), hits.end());
  EXPECT_EQ(hits, Range(oracle, queries, 31));
  EXPECT_GE(stats.hard_queries, 3);
  EXPECT_GE(stats.flat_queries, 1);
  EXPECT_LT(stats.flat_queries, stats.hard_queries);
  EXPECT_LT(stats.hard_queries, stats.queries);
}

TEST(BandedIndex, AgreesOnEveryInstructionSet) {
  Random random(TestSeed());
  Hashes rows;
  for (int i = 0; i < 5000; ++i) rows.push_back(RandomHash(random));
  const Hashes queries = Planted(rows, random);
  constexpr int kOne[] = {31, 50};
  for (const char* target : KernelTargets()) {
    UseKernelTarget(target);
    ExpectExact(rows, queries, kOne, {.band_count = 14});
  }
  UseKernelTarget(nullptr);
}

TEST(BandedIndex, ThreadsDoNotChangeWhatIsBuilt) {
  Random random(TestSeed());
  Hashes rows;
  for (int i = 0; i < 3000; ++i) rows.push_back(RandomHash(random));
  constexpr int kOne[] = {31};
  ExpectExact(rows, Planted(rows, random), kOne,
              {.band_count = 16, .threads = 3});
}

// More queries than a block holds, each of which has one hit: itself.
TEST(BandedIndex, LargeBatchesKeepQueriesApart) {
  Random random(TestSeed());
  Hashes rows;
  for (int i = 0; i < 3000; ++i) rows.push_back(RandomHash(random));
  BandedIndex index({.bands = {.band_count = 16}});
  index.add(Count(rows), Bytes(rows));
  std::vector<RowHit> hits;
  index.Search(rows, Radius{31}, hits);
  std::sort(hits.begin(), hits.end());
  ASSERT_EQ(hits.size(), rows.size());
  for (uint32_t i = 0; i < hits.size(); ++i) {
    ASSERT_EQ(hits[i], (RowHit{i, i, 0}));
  }
}

TEST(BandedIndex, SearchGivesTheNearestFirstAndFillsUp) {
  Random random(TestSeed());
  const PdqHash centre = RandomHash(random);
  const Hashes rows = {
      AtDistance(centre, 9, random), AtDistance(centre, 3, random),
      AtDistance(centre, 32, random), AtDistance(centre, 5, random)};
  BandedIndex index;
  index.add(Count(rows), Bytes(rows));
  std::vector<int32_t> distances(8);
  std::vector<int64_t> labels(8);
  const Hashes queries = {RandomHash(random), centre};
  index.search(2, Bytes(queries), 4, distances.data(), labels.data());
  constexpr int32_t kFar = std::numeric_limits<int32_t>::max();
  EXPECT_THAT(labels, ElementsAre(-1, -1, -1, -1, 1, 3, 0, -1));
  EXPECT_THAT(distances, ElementsAre(kFar, kFar, kFar, kFar, 3, 5, 9, kFar));
  index.search(1, Bytes(rows), 1, distances.data(), labels.data());
  EXPECT_EQ(labels[0], 0);
}

TEST(BandedIndex, RangeSearchIsStrictAsFaissIs) {
  Random random(TestSeed());
  const Hashes rows = {RandomHash(random)};
  BandedIndex index;
  index.add(1, Bytes(rows));
  const Hashes query = {AtDistance(rows[0], 31, random)};
  for (const int strict : {0, 30, 31, 32}) {
    faiss::RangeSearchResult found(1);
    index.range_search(1, Bytes(query), strict, &found);
    EXPECT_EQ(found.lims[1], strict > 31 ? 1 : 0) << strict;
  }
}

TEST(BandedIndex, AddGoesOnFromTheLastLabelAndResetForgets) {
  Random random(TestSeed());
  const Hashes rows = {RandomHash(random), RandomHash(random)};
  BandedIndex index;
  index.add(1, rows[0].bytes.data());
  index.add(1, rows[1].bytes.data());
  EXPECT_EQ(Range(index, rows, 31),
            (std::vector<RowHit>{{0, 0, 0}, {1, 1, 0}}));
  PdqHash back;
  index.reconstruct(1, back.bytes.data());
  EXPECT_EQ(back, rows[1]);
  index.reset();
  EXPECT_EQ(index.ntotal, 0);
  EXPECT_EQ(Range(index, rows, 31), std::vector<RowHit>{});
  index.add(1, rows[1].bytes.data());
  EXPECT_EQ(Range(index, rows, 31), (std::vector<RowHit>{{1, 0, 0}}));
}

TEST(BandedIndex, MisuseIsReportedAsFaissDoes) {
  const Hashes query = {PdqHash{}};
  BandedIndex index;
  faiss::RangeSearchResult found(1);
  EXPECT_THROW(index.range_search(1, Bytes(query), 65, &found),
               faiss::FaissException);
  EXPECT_THROW(index.range_search(1, Bytes(query), -1, &found),
               faiss::FaissException);
  EXPECT_THROW(BandedIndex({.search_radius = Radius{64}}),
               faiss::FaissException);
  EXPECT_THROW(index.reconstruct(0, nullptr), faiss::FaissException);
}

}  // namespace
}  // namespace kenal::index
