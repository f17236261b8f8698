// Known-good files: building, look-ups and rivals in one run, one core.
//
//   known_bench [--benchmark_...]
//
// KENAL_KNOWN_COUNT    SHA-1s in the list; 50,000,000 unless set
// KENAL_KNOWN_FOLDER   where the file is built; $TMPDIR or /tmp unless set
//
// Look-ups are of members and of strangers drawn beforehand, in random order.
// "lines" reads cache lines at random addresses of the same memory, the most
// that any table without locality can do.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "src/known/builder.h"
#include "src/known/known_file.h"

namespace kenal::known {
namespace {

using Digest = std::array<uint8_t, 20>;

constexpr size_t kQuestions = size_t{1} << 20;
constexpr size_t kBatch = 1024;
constexpr uint64_t kSmallCount = 5'000'000;

uint64_t Mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// The i-th digest: random bytes that can be drawn again.
Digest DigestAt(uint64_t i) {
  const uint64_t words[3] = {Mixed(3 * i), Mixed(3 * i + 1), Mixed(3 * i + 2)};
  Digest digest;
  std::memcpy(digest.data(), words, digest.size());
  return digest;
}

uint64_t CountWanted() {
  const char* const text = std::getenv("KENAL_KNOWN_COUNT");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 50'000'000;
}

std::string PathOf(uint64_t count) {
  const char* const folder = std::getenv("KENAL_KNOWN_FOLDER");
  return (folder != nullptr ? std::string(folder)
                            : std::filesystem::temp_directory_path().string()) +
         "/kenal-known-bench-" + std::to_string(getpid()) + "-" +
         std::to_string(count);
}

void Demand(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

KnownFileFacts BuildFile(uint64_t count, uint64_t memory_bytes) {
  auto builder = KnownBuilder::Create(
      PathOf(count), {.list = "bench", .memory_bytes = memory_bytes});
  Demand(builder.status());
  std::array<Digest, 4096> block;
  for (uint64_t i = 0; i < count;) {
    const auto size = std::min<uint64_t>(block.size(), count - i);
    for (size_t j = 0; j < size; ++j) block[j] = DigestAt(i++);
    Demand((*builder)->Add({block.front().data(), size * sizeof(Digest)}));
  }
  auto facts = (*builder)->Finish();
  Demand(facts.status());
  return *facts;
}

// Files of this run, by count; removed at its end.
struct BuiltFile {
  explicit BuiltFile(uint64_t wanted)
      : count(wanted), facts(BuildFile(wanted, uint64_t{256} << 20)) {}
  ~BuiltFile() {
    std::error_code ignored;
    std::filesystem::remove(PathOf(count), ignored);
  }
  uint64_t count;
  KnownFileFacts facts;
};

const BuiltFile& Large() {
  static const BuiltFile file(CountWanted());
  return file;
}

const BuiltFile& Small() {
  static const BuiltFile file(std::min(kSmallCount, CountWanted()));
  return file;
}

// Opened once a run, with every page in memory.
const KnownFile& Opened(const BuiltFile& built, Residence where) {
  static std::map<std::pair<uint64_t, Residence>, std::unique_ptr<KnownFile>>
      opened;
  auto& kept = opened[{built.count, where}];
  if (kept != nullptr) return *kept;
  auto file = KnownFile::Open(PathOf(built.count), where);
  Demand(file.status());
  uint64_t sum = 0;
  Demand((*file)->ForEach([&](std::span<const uint8_t> digests) {
    std::vector<uint8_t> found(digests.size() / sizeof(Digest));
    (*file)->ContainsEach(digests, found);
    for (const uint8_t one : found) sum += one;
    return true;
  }));
  if (sum != built.count) std::abort();
  kept = *std::move(file);
  return *kept;
}

std::vector<Digest> Questions(uint64_t count, bool members) {
  std::vector<Digest> out(kQuestions);
  for (size_t i = 0; i < out.size(); ++i) {
    const uint64_t draw = Mixed(i) % count;
    out[i] = DigestAt(members ? draw : count + draw);
  }
  return out;
}

void SetRate(benchmark::State& state, uint64_t questions) {
  state.SetItemsProcessed(static_cast<int64_t>(questions));
}

// Megabytes of memory, now or at most since the mark.
double StatusMb(const char* name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == name && status >> kib) return kib / 1024;
  }
  return 0;
}

void BM_Build(benchmark::State& state) {
  const uint64_t count = CountWanted();
  for (auto _ : state) {
    std::ofstream("/proc/self/clear_refs") << "5";
    const double before = StatusMb("VmRSS:");
    const KnownFileFacts facts =
        BuildFile(count, static_cast<uint64_t>(state.range(0)) << 20);
    state.counters["peak_MB"] = StatusMb("VmHWM:") - before;
    state.counters["bytes_a_hash"] =
        static_cast<double>(facts.size_bytes) / static_cast<double>(count);
    std::filesystem::remove(PathOf(count));
  }
  SetRate(state, count);
}
BENCHMARK(BM_Build)
    ->ArgName("memory_MiB")
    ->Arg(256)
    ->Arg(32)
    ->Arg(1024)
    ->Iterations(1)
    ->Unit(benchmark::kSecond)
    ->UseRealTime();

void BM_Verify(benchmark::State& state) {
  const KnownFile& file = Opened(Large(), Residence::kMapped);
  for (auto _ : state) Demand(file.Verify(Large().facts.sha256));
  SetRate(state, file.count() * state.iterations());
}
BENCHMARK(BM_Verify)->Unit(benchmark::kSecond)->Iterations(2);

void BM_OpenAndCompareDigest(benchmark::State& state) {
  const std::string path = PathOf(Large().count);
  for (auto _ : state) {
    const auto file = KnownFile::Open(path);
    Demand(file.status());
    const auto digest = (*file)->Digest();
    Demand(digest.status());
    if (*digest != Large().facts.sha256) std::abort();
  }
}
BENCHMARK(BM_OpenAndCompareDigest)->Unit(benchmark::kSecond)->Iterations(2);

void AskSingly(benchmark::State& state, const BuiltFile& built, Residence where,
               bool members) {
  const KnownFile& file = Opened(built, where);
  const std::vector<Digest> questions = Questions(built.count, members);
  uint64_t hits = 0;
  for (auto _ : state) {
    for (const Digest& one : questions) hits += file.Contains(one) ? 1 : 0;
  }
  if (hits != (members ? questions.size() * state.iterations() : 0)) {
    std::abort();
  }
  SetRate(state, questions.size() * state.iterations());
}

void AskInBatches(benchmark::State& state, const BuiltFile& built,
                  Residence where, bool members) {
  const KnownFile& file = Opened(built, where);
  const std::vector<Digest> questions = Questions(built.count, members);
  std::array<uint8_t, kBatch> found;
  uint64_t hits = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < questions.size(); i += kBatch) {
      file.ContainsEach({questions[i].data(), kBatch * sizeof(Digest)}, found);
      for (const uint8_t one : found) hits += one;
    }
  }
  if (hits != (members ? questions.size() * state.iterations() : 0)) {
    std::abort();
  }
  SetRate(state, questions.size() * state.iterations());
}

void AskSorted(benchmark::State& state, bool members) {
  static const std::vector<Digest> sorted = [] {
    std::vector<Digest> out(Large().count);
    const KnownFile& file = Opened(Large(), Residence::kMapped);
    uint8_t* to = out.front().data();
    Demand(file.ForEach([&](std::span<const uint8_t> digests) {
      to = std::copy(digests.begin(), digests.end(), to);
      return true;
    }));
    return out;
  }();
  const std::vector<Digest> questions = Questions(Large().count, members);
  uint64_t hits = 0;
  for (auto _ : state) {
    for (const Digest& one : questions) {
      hits += std::binary_search(sorted.begin(), sorted.end(), one) ? 1 : 0;
    }
  }
  if (hits != (members ? questions.size() * state.iterations() : 0)) {
    std::abort();
  }
  SetRate(state, questions.size() * state.iterations());
}

struct FirstBytes {
  size_t operator()(const Digest& digest) const {
    size_t out = 0;
    std::memcpy(&out, digest.data(), sizeof out);
    return out;
  }
};

void AskUnordered(benchmark::State& state, bool members) {
  const uint64_t count = std::min(kSmallCount, CountWanted());
  static const auto set = [&] {
    const double before = StatusMb("VmRSS:");
    std::unordered_set<Digest, FirstBytes> out(count);
    for (uint64_t i = 0; i < count; ++i) out.insert(DigestAt(i));
    const double bytes = (StatusMb("VmRSS:") - before) * 1048576;
    return std::pair(std::move(out), bytes / static_cast<double>(count));
  }();
  const std::vector<Digest> questions = Questions(count, members);
  uint64_t hits = 0;
  for (auto _ : state) {
    for (const Digest& one : questions) hits += set.first.count(one);
  }
  if (hits != (members ? questions.size() * state.iterations() : 0)) {
    std::abort();
  }
  state.counters["bytes_a_hash"] = set.second;
  SetRate(state, questions.size() * state.iterations());
}

void ReadLines(benchmark::State& state) {
  static const std::vector<uint64_t> memory(Large().facts.size_bytes / 8, 1);
  uint64_t at = 1;
  uint64_t sum = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < kQuestions; ++i) {
      at = at * 6364136223846793005 + 1442695040888963407;
      sum += memory[(at >> 20) % memory.size()];
    }
  }
  benchmark::DoNotOptimize(sum);
  SetRate(state, kQuestions * state.iterations());
}

void RegisterLookUps() {
  for (const bool members : {true, false}) {
    const std::string what = members ? "/hits" : "/misses";
    const auto add = [&](const std::string& name, auto body) {
      benchmark::RegisterBenchmark((name + what).c_str(), body)
          ->Unit(benchmark::kMillisecond)
          ->MinTime(1);
    };
    add("single/mapped", [=](benchmark::State& state) {
      AskSingly(state, Large(), Residence::kMapped, members);
    });
    add("batched/mapped", [=](benchmark::State& state) {
      AskInBatches(state, Large(), Residence::kMapped, members);
    });
    add("single/memory", [=](benchmark::State& state) {
      AskSingly(state, Large(), Residence::kMemory, members);
    });
    add("batched/memory", [=](benchmark::State& state) {
      AskInBatches(state, Large(), Residence::kMemory, members);
    });
    add("sorted_array",
        [=](benchmark::State& state) { AskSorted(state, members); });
    add("5M_single/mapped", [=](benchmark::State& state) {
      AskSingly(state, Small(), Residence::kMapped, members);
    });
    add("5M_batched/mapped", [=](benchmark::State& state) {
      AskInBatches(state, Small(), Residence::kMapped, members);
    });
    add("5M_unordered_set",
        [=](benchmark::State& state) { AskUnordered(state, members); });
  }
  benchmark::RegisterBenchmark("lines", ReadLines)
      ->Unit(benchmark::kMillisecond)
      ->MinTime(1);
}

}  // namespace
}  // namespace kenal::known

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  kenal::known::RegisterLookUps();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
