#include "bench/index/table.h"

#include <faiss/IndexBinaryFlat.h>
#include <faiss/IndexBinaryHash.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "bench/index/data.h"
#include "bench/index/measure.h"
#include "bench/index/searchers.h"
#include "src/base/check.h"
#include "src/index/band_tables.h"
#include "src/index/live_index.h"

namespace kenal::index::bench {
namespace {

constexpr size_t kBatch = 1024;
constexpr int kRepetitions = 5;
constexpr int kReviewRadiiBits[] = {40, 50, 60};
constexpr int kCompactRowBytes = 76;  // 14 bands: 108 bytes with the hash
constexpr double kMillion = 1e6;
constexpr double kGiga = 1e9;

void PrintRow(const char* what, const Speed& speed, const std::string& more) {
  std::printf("| %s | %.0f | %.0f | %.1f | %.1f | %.4f | %s |\n", what,
              speed.cpu_qps, speed.wall_qps, speed.p50_us, speed.p99_us,
              speed.recall, more.c_str());
  std::fflush(stdout);
}

template <typename... Values>
std::string Format(const char* format, Values... values) {
  char text[400];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

struct Built {
  BandTables tables;
  double seconds = 0;
};

Built Build(const HugeArray<uint8_t>& rows, const BandOptions& options) {
  const double start = WallSeconds();
  Built built;
  built.tables =
      BandTables::Build(rows.data(), rows.size() / kHashBytes, options);
  built.seconds = WallSeconds() - start;
  return built;
}

std::string Facts(const Built& built) {
  const double rows = static_cast<double>(built.tables.row_count());
  const double bytes =
      static_cast<double>(built.tables.size_bytes()) + rows * kHashBytes;
  return Format("%d bands, %.2f GB, %.1f bytes a hash, built in %.1f s",
                built.tables.layout().count(), bytes / kGiga, bytes / rows,
                built.seconds);
}

// Lines that one query touches: sketches, and a row number and a hash for
// each survivor; then what the memory's random rate would allow.
std::string Lines(const SearchStats& stats, const Speed& speed,
                  double line_ns) {
  const double lines =
      static_cast<double>(stats.sketch_lines + 2 * stats.survivors) /
      static_cast<double>(stats.queries);
  const double rate = lines * speed.cpu_qps * line_ns * 1e-9;
  return Format(
      "%.0f lines a query (%.0f groups, %.0f verified): %.0f %% of the "
      "random-line rate",
      lines,
      static_cast<double>(stats.groups) / static_cast<double>(stats.queries),
      static_cast<double>(stats.survivors) / static_cast<double>(stats.queries),
      100 * rate);
}

SearchStats CountLines(const BandTables& tables, const Queries& queries) {
  SearchStats stats;
  std::vector<RowHit> hits;
  tables.Search(queries.hashes, kDefaultRadius, hits, &stats);
  return stats;
}

void PrintOurs(const char* name, const BandTables& tables,
               const Queries& queries, const std::string& facts) {
  const Searcher search = SearchTables(tables, queries, kDefaultRadius);
  const double line_ns = RandomLineNs();
  const Speed batch = MeasureSpeed(queries, kBatch, kRepetitions, search);
  PrintRow(Format("%s, batches of %zu", name, kBatch).c_str(), batch,
           facts + "; " + Lines(CountLines(tables, queries), batch, line_ns) +
               Format(" (%.1f ns a line)", line_ns));
  const Speed single = MeasureSpeed(queries, 1, kRepetitions, search);
  PrintRow(Format("%s, one at a time", name).c_str(), single, "");
}

void PrintReview(const HugeArray<uint8_t>& rows, const BandTables& tables) {
  for (const int bits : kReviewRadiiBits) {
    const Queries queries = MakeQueries(rows, Bits::kUniform, kBatch, bits);
    PrintRow(Format("10 M, radius %d, batches of %zu", bits, kBatch).c_str(),
             MeasureSpeed(queries, kBatch, kRepetitions,
                          SearchTables(tables, queries, Radius{bits})),
             "");
  }
}

void PrintRivals(const char* name, const HugeArray<uint8_t>& rows,
                 size_t faiss_queries) {
  const Queries queries =
      MakeQueries(rows, Bits::kUniform, 64, kDefaultRadius.bits);
  PrintRow(
      Format("%s, our flat kernel, batches of 8", name).c_str(),
      MeasureSpeed(queries, 8, 3, SearchFlat(rows, queries, kDefaultRadius)),
      "brute force");
  const Queries few =
      MakeQueries(rows, Bits::kUniform, faiss_queries, kDefaultRadius.bits);
  faiss::IndexBinaryFlat flat(kHashBits);
  flat.add(static_cast<int64_t>(rows.size() / kHashBytes), rows.data());
  PrintRow(Format("%s, FAISS IndexBinaryFlat, batches of 8", name).c_str(),
           MeasureSpeed(few, 8, 1, SearchFaiss(flat, few, kDefaultRadius)),
           "brute force, as Debian packages it");
}

void PrintMultiHash(const HugeArray<uint8_t>& rows) {
  const Queries queries =
      MakeQueries(rows, Bits::kUniform, 2048, kDefaultRadius.bits);
  faiss::IndexBinaryMultiHash index(kHashBits, 16, 16);
  index.nflip = 1;
  const double start = WallSeconds();
  index.add(static_cast<int64_t>(rows.size() / kHashBytes), rows.data());
  PrintRow("1 M, FAISS IndexBinaryMultiHash 16 x 16, nflip 1",
           MeasureSpeed(queries, kBatch, 3,
                        SearchFaiss(index, queries, kDefaultRadius)),
           Format("built in %.1f s", WallSeconds() - start));
}

void PrintTenMillion() {
  {
    const auto rows = MakeRows(10'000'000, Bits::kUniform);
    const Queries queries =
        MakeQueries(rows, Bits::kUniform, 8 * kBatch, kDefaultRadius.bits);
    {
      const Built built = Build(rows, {.threads = 2});
      PrintOurs("10 M", built.tables, queries, Facts(built));
      PrintReview(rows, built.tables);
    }
    {
      const Built built =
          Build(rows, {.row_bytes_max = kCompactRowBytes, .threads = 2});
      PrintOurs("10 M smaller", built.tables, queries, Facts(built));
    }
    PrintRivals("10 M", rows, 8);
  }
  const auto rows = MakeRows(10'000'000, Bits::kNormal);
  const Queries queries =
      MakeQueries(rows, Bits::kNormal, 8 * kBatch, kDefaultRadius.bits);
  const Built built = Build(rows, {.threads = 2});
  PrintOurs("10 M, 128 ones each", built.tables, queries, Facts(built));
}

void PrintOneMillion() {
  const auto rows = MakeRows(1'000'000, Bits::kUniform);
  const Queries queries =
      MakeQueries(rows, Bits::kUniform, 16 * kBatch, kDefaultRadius.bits);
  const Built built = Build(rows, {.threads = 2});
  PrintOurs("1 M", built.tables, queries, Facts(built));
  PrintRivals("1 M", rows, 32);
  PrintMultiHash(rows);
}

void PrintHardQueries(const char* name, const BandTables& tables,
                      const Queries& queries) {
  SearchStats stats;
  std::vector<RowHit> hits;
  tables.Search(queries.hashes, kDefaultRadius, hits, &stats);
  const auto count = static_cast<double>(stats.queries);
  PrintRow(name,
           MeasureSpeed(queries, 1, 3,
                        SearchTables(tables, queries, kDefaultRadius)),
           Format("%.0f hits a query; %.0f %% planned by group sizes, %.0f %% "
                  "scanned flat",
                  static_cast<double>(hits.size()) / count,
                  100 * static_cast<double>(stats.hard_queries) / count,
                  100 * static_cast<double>(stats.flat_queries) / count));
}

void PrintHard() {
  const HardData data = MakeHardData(10'000'000, 200);
  const Built built = Build(data.rows, {.threads = 2});
  PrintHardQueries("10 M hard: one key of a band holds 1 % of all rows",
                   built.tables, data.crowded);
  PrintHardQueries("10 M hard: in a cluster of 5,000", built.tables,
                   data.clusters);
  PrintHardQueries("10 M hard: 1 % of all rows near zero", built.tables,
                   data.zeros);
}

void PrintHundredMillion() {
  const auto rows = MakeRows(100'000'000, Bits::kUniform);
  const Queries queries =
      MakeQueries(rows, Bits::kUniform, 4 * kBatch, kDefaultRadius.bits);
  const Built built = Build(rows, {.threads = 2});
  PrintOurs("100 M", built.tables, queries, Facts(built));
}

Posting PostingOf(const uint8_t* hash, uint64_t entry) {
  Posting posting{.type = SignalType::kPdq, .entry = EntryId{entry}};
  std::copy_n(hash, kHashBytes, posting.bits.begin());
  return posting;
}

void PrintFolds(LiveIndex& index, const HugeArray<uint8_t>& rows,
                uint64_t row_count) {
  std::vector<double> times;
  double cpu_worst = 0;
  Queries fresh = MakeQueries(rows, Bits::kUniform, 20'000, 31);
  for (uint64_t i = 0; i < fresh.hashes.size(); ++i) {
    const Delta delta{
        .sequence = Sequence{2 + i},
        .added = {PostingOf(fresh.hashes[i].bytes.data(), row_count + i + 1)},
        .removed = {PostingOf(rows.data() + 40 * i * kHashBytes, 40 * i + 1)}};
    const double cpu_start = CpuSeconds();
    const double start = WallSeconds();
    index.Fold(delta);
    times.push_back((WallSeconds() - start) * 1e6);
    cpu_worst = std::max(cpu_worst, (CpuSeconds() - cpu_start) * 1e6);
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "| live index, fold of one add and one withdrawal | p50 %.1f us, p99 "
      "%.1f us, p99.9 %.1f us, worst %.1f us (processor time %.1f us) |\n",
      times[times.size() / 2], times[times.size() * 99 / 100],
      times[times.size() * 999 / 1000], times.back(), cpu_worst);
}

void PrintLive() {
  constexpr uint64_t kRows = 10'000'000;
  const auto rows = MakeRows(kRows, Bits::kUniform);
  std::printf("\n| live index of 10 M | |\n|---|---|\n");
  double start = WallSeconds();
  auto built = LiveIndex::Build(Sequence{1}, [&](const auto& visit) {
    for (uint64_t i = 0; i < kRows; ++i) {
      visit(PostingOf(rows.data() + i * kHashBytes, i + 1));
    }
    return OkStatus();
  });
  KENAL_CHECK(built.ok());
  std::printf(
      "| built from a walk of postings, two cores | %.1f s, %.2f GB |\n",
      WallSeconds() - start,
      static_cast<double>((*built)->Current()->size_bytes()) / kGiga);
  PrintFolds(**built, rows, kRows);
  const std::string path =
      std::filesystem::temp_directory_path() / "kenal-index-bench.snapshot";
  const SnapshotOrigin origin{.store_id = std::string(32, '0'),
                              .sequence = (*built)->Current()->sequence()};
  start = WallSeconds();
  const Status saved = (*built)->Save(path, origin);
  const double save_seconds = WallSeconds() - start;
  if (!saved.ok()) {
    std::printf("| snapshot | %s |\n", std::string(saved.message()).c_str());
    return;
  }
  built->reset();
  start = WallSeconds();
  auto loaded = LiveIndex::Load(path, origin);
  KENAL_CHECK(loaded.ok());
  std::vector<NearHit> hits;
  const Queries query = MakeQueries(rows, Bits::kUniform, 1, 31);
  (*loaded)->Current()->FindNear(query.hashes, kDefaultRadius, hits);
  std::printf(
      "| snapshot of %.2f GB | saved in %.1f s; from the page cache to the "
      "first answer %.2f s |\n",
      static_cast<double>(std::filesystem::file_size(path)) / kGiga,
      save_seconds, WallSeconds() - start);
  std::filesystem::remove(path);
}

}  // namespace

void PrintTable(bool full) {
  std::printf("Processor: %s; kernels: %s; random cache line: %.1f ns\n\n",
              ProcessorName().c_str(), KernelTargets().front(), RandomLineNs());
  std::printf(
      "| what | queries/s (processor time) | queries/s (wall) | p50 us a call "
      "| p99 us a call | planted found | |\n|---|---|---|---|---|---|---|\n");
  PrintTenMillion();
  PrintHard();
  PrintOneMillion();
  if (full) PrintHundredMillion();
  PrintLive();
}

}  // namespace kenal::index::bench
