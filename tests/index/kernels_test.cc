#include "src/index/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "src/index/huge_array.h"
#include "tests/index/test_data.h"

namespace kenal::index {
namespace {

// Every kernel against its plain twin, on each instruction set here.
class Kernels : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { UseKernelTarget(GetParam()); }
  void TearDown() override { UseKernelTarget(nullptr); }
  Random random_{TestSeed()};
};

std::string TargetName(const ::testing::TestParamInfo<const char*>& info) {
  return info.param;
}

INSTANTIATE_TEST_SUITE_P(Targets, Kernels, ::testing::ValuesIn(KernelTargets()),
                         TargetName);

// Highway leaves this target out unless asked in time; the machine must have
// the instructions for the test to say anything.
TEST(KernelTargets, PopulationCountInstructionsAreUsedWhereTheyAre) {
  const bool here = __builtin_cpu_supports("avx512vpopcntdq") &&
                    __builtin_cpu_supports("avx512bitalg") &&
                    __builtin_cpu_supports("avx512vbmi2");
  EXPECT_EQ(std::strcmp(KernelTargets().front(), "AVX3_DL") == 0, here);
}

struct Bands {
  static constexpr uint32_t kSize = 5000;
  HugeArray<uint16_t> sketches[2] = {HugeArray<uint16_t>(kSize),
                                     HugeArray<uint16_t>(kSize)};
  HugeArray<uint8_t> rows[2] = {HugeArray<uint8_t>(4 * kSize),
                                HugeArray<uint8_t>(4 * kSize)};
  const uint16_t* sketch_pointers[2] = {sketches[0].data(), sketches[1].data()};
  const uint8_t* row_pointers[2] = {rows[0].data(), rows[1].data()};

  void SetRow(int band, uint32_t position, uint32_t row, uint32_t bytes) {
    std::memcpy(&rows[band][position * bytes], &row, bytes);
  }
};

// All lengths from 0 to past two vectors, runs that end where the array ends,
// bounds from "equal only" to "everything".
std::vector<SketchRun> RandomRuns(Random& random, uint32_t queries) {
  std::vector<SketchRun> runs;
  for (uint32_t i = 0; i < 400; ++i) {
    SketchRun run{.length = static_cast<uint32_t>(i < 140 ? i : random() % 300),
                  .query = static_cast<uint32_t>(random() % queries),
                  .sketch = static_cast<uint16_t>(random()),
                  .bound = static_cast<uint8_t>(random() % 18),
                  .band = static_cast<uint8_t>(random() % 2)};
    const uint32_t room = Bands::kSize - run.length;
    run.start = i % 8 == 0 ? room : static_cast<uint32_t>(random() % room);
    if (i % 3 != 0) run.bound %= 4;
    runs.push_back(run);
  }
  return runs;
}

using Scanner = decltype(&ScanRuns);

std::vector<Survivor> ScanAll(Scanner scan, const Bands& bands,
                              std::span<const SketchRun> runs, size_t room) {
  std::vector<Survivor> all;
  std::vector<Survivor> out(room);
  ScanCursor cursor;
  while (cursor.run < runs.size()) {
    const size_t found = scan(bands.sketch_pointers, runs, cursor, out);
    all.insert(all.end(), out.begin(),
               out.begin() + static_cast<ptrdiff_t>(found));
  }
  return all;
}

TEST_P(Kernels, ScanFindsWhatThePlainTwinFindsWhateverTheRoom) {
  Bands bands;
  for (auto& band : bands.sketches) {
    for (uint16_t& sketch : band.span()) {
      sketch = static_cast<uint16_t>(random_());
    }
  }
  const std::vector<SketchRun> runs = RandomRuns(random_, 10);
  const auto expected = ScanAll(&plain::ScanRuns, bands, runs, 1 << 20);
  ASSERT_GT(expected.size(), 1000);
  for (const size_t room : {kSurvivorsMin, size_t{100}, size_t{100'000}}) {
    EXPECT_EQ(ScanAll(&ScanRuns, bands, runs, room), expected);
  }
}

TEST_P(Kernels, VerifyKeepsWhatThePlainTwinKeeps) {
  Bands bands;
  std::vector<PdqHash> hashes;
  for (uint32_t i = 0; i < Bands::kSize; ++i) {
    hashes.push_back(RandomHash(random_));
  }
  std::vector<PdqHash> queries;
  for (int i = 0; i < 10; ++i) {
    queries.push_back(AtDistance(hashes[random_() % hashes.size()],
                                 static_cast<int>(random_() % 40), random_));
  }
  const std::vector<SketchRun> runs = RandomRuns(random_, 10);
  std::vector<Survivor> survivors;
  for (uint32_t run = 0; run < runs.size(); ++run) {
    for (uint32_t i = 0; i < runs[run].length; ++i) {
      survivors.push_back({run, runs[run].start + i});
    }
  }
  for (const uint32_t bytes : {3, 4}) {
    for (uint32_t i = 0; i < Bands::kSize; ++i) {
      bands.SetRow(0, i, i, bytes);
      bands.SetRow(1, i, Bands::kSize - 1 - i, bytes);
    }
    const RowNumbers rows{bands.row_pointers, bytes};
    for (const int radius : {0, 31, 63, 128, 256}) {
      std::vector<Verified> expected(survivors.size());
      std::vector<Verified> found(survivors.size());
      expected.resize(plain::VerifyRows(rows, hashes[0].bytes.data(),
                                        queries[0].bytes.data(), runs,
                                        survivors, radius, expected.data()));
      found.resize(VerifyRows(rows, hashes[0].bytes.data(),
                              queries[0].bytes.data(), runs, survivors, radius,
                              found.data()));
      EXPECT_EQ(found, expected);
    }
  }
}

// Row counts around the block sizes, every planted distance to 64, batches of
// every shape.
TEST_P(Kernels, FlatScanFindsWhatThePlainTwinFinds) {
  for (const size_t row_count : {0, 1, 7, 8, 15, 16, 17, 31, 33, 200}) {
    std::vector<PdqHash> rows;
    std::vector<PdqHash> queries;
    for (size_t i = 0; i < row_count; ++i) rows.push_back(RandomHash(random_));
    for (int i = 0; i < 65; ++i) {
      queries.push_back(
          rows.empty() ? RandomHash(random_)
                       : AtDistance(rows[random_() % row_count], i, random_));
    }
    rows.push_back({});  // a place to point at when there are none
    for (const size_t query_count : {1, 2, 8, 16, 17, 65}) {
      for (const int radius : {0, 30, 31, 40, 41, 63}) {
        std::vector<RowHit> expected;
        std::vector<RowHit> found;
        plain::FlatScan(rows[0].bytes.data(), row_count,
                        queries[0].bytes.data(), query_count, radius, expected);
        FlatScan(rows[0].bytes.data(), row_count, queries[0].bytes.data(),
                 query_count, radius, found);
        std::sort(expected.begin(), expected.end());
        std::sort(found.begin(), found.end());
        ASSERT_EQ(found, expected) << row_count << " rows, radius " << radius;
      }
    }
  }
}

}  // namespace
}  // namespace kenal::index
