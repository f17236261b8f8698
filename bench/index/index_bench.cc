// Benchmarks of the index.
//
//   index_bench --table          the table of docs/index.md, in some minutes
//   index_bench --table --full   with 100 million hashes (17 GB of memory)
//   index_bench --growth         CSV for plot_growth.gp
//   index_bench                  Google Benchmark, with its own options
#include <benchmark/benchmark.h>

#include <cstring>
#include <map>
#include <memory>

#include "bench/index/data.h"
#include "bench/index/measure.h"
#include "bench/index/searchers.h"
#include "bench/index/table.h"
#include "src/index/band_tables.h"
#include "src/index/kernels.h"

namespace kenal::index::bench {
namespace {

struct Fixture {
  HugeArray<uint8_t> rows;
  BandTables tables;
};

// One at a time in memory, as the largest need gigabytes.
const Fixture& FixtureOf(uint64_t row_count) {
  static std::map<uint64_t, std::unique_ptr<Fixture>> fixtures;
  if (!fixtures.contains(row_count)) {
    fixtures.clear();
    auto fixture = std::make_unique<Fixture>();
    fixture->rows = MakeRows(row_count, Bits::kUniform);
    fixture->tables =
        BandTables::Build(fixture->rows.data(), row_count, {.threads = 2});
    fixtures[row_count] = std::move(fixture);
  }
  return *fixtures[row_count];
}

// rows, radius, batch
void BandSearch(benchmark::State& state) {
  const Fixture& fixture = FixtureOf(static_cast<uint64_t>(state.range(0)));
  const Radius radius{static_cast<int>(state.range(1))};
  const auto batch = static_cast<size_t>(state.range(2));
  const Queries queries =
      MakeQueries(fixture.rows, Bits::kUniform, 8192, radius.bits);
  const Searcher search = SearchTables(fixture.tables, queries, radius);
  size_t first = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        search(std::span(queries.hashes).subspan(first, batch), first));
    first = (first + batch) % queries.hashes.size();
  }
  state.SetItemsProcessed(state.iterations() * state.range(2));
  state.counters["bytes_per_hash"] =
      static_cast<double>(fixture.tables.size_bytes()) /
          static_cast<double>(state.range(0)) +
      static_cast<double>(kHashBytes);
}
BENCHMARK(BandSearch)
    ->Args({1'000'000, 31, 1})
    ->Args({1'000'000, 31, 1024})
    ->Args({10'000'000, 31, 1})
    ->Args({10'000'000, 31, 64})
    ->Args({10'000'000, 31, 1024})
    ->Args({10'000'000, 40, 1024})
    ->Args({10'000'000, 50, 1024})
    ->Args({10'000'000, 60, 1024});

// rows, batch
void FlatSearch(benchmark::State& state) {
  const auto rows =
      MakeRows(static_cast<uint64_t>(state.range(0)), Bits::kUniform);
  const Queries queries = MakeQueries(rows, Bits::kUniform, 1024, 31);
  const Searcher search = SearchFlat(rows, queries, kDefaultRadius);
  const auto batch = static_cast<size_t>(state.range(1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        search(std::span(queries.hashes).subspan(0, batch), 0));
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(FlatSearch)->Args({4096, 1})->Args({1'000'000, 8});

void RandomLine(benchmark::State& state) {
  double line_ns = 0;
  for (auto _ : state) line_ns = RandomLineNs();
  state.counters["line_ns"] = line_ns;
}
BENCHMARK(RandomLine)->Iterations(1);

// rows; two threads
void BandBuild(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  const auto rows = MakeRows(count, Bits::kUniform);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        BandTables::Build(rows.data(), count, {.threads = 2}).size_bytes());
  }
}
BENCHMARK(BandBuild)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(2);

}  // namespace
}  // namespace kenal::index::bench

int main(int argc, char** argv) {
  bool table = false;
  bool full = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--growth") == 0) {
      kenal::index::bench::PrintGrowth();
      return 0;
    }
    table = table || std::strcmp(argv[i], "--table") == 0;
    full = full || std::strcmp(argv[i], "--full") == 0;
  }
  if (table) {
    kenal::index::bench::PrintTable(full);
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
