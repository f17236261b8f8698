// What an answer costs, from signal set to verdict, in one process.
//
//   build/release/bin/engine_bench
//
// The store holds one list of random PDQ hashes (KENAL_BENCH_ENTRIES, default
// 1,000,000), imported once at the start. Half of the queries lie 12 bits from
// a known hash. The floor to compare with is BM_VerdictOnly: the same calls
// against an empty store. BM_BesideAWideList shows what a second list of
// kWideEntries with a review radius adds to the searches of all.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "kenal/engine.h"
#include "src/base/check.h"

namespace {

using namespace kenal;

constexpr int kQueryCount = 4096;
constexpr int kPlantedDistance = 12;
constexpr uint64_t kWideEntries = 100'000;

PdqHash RandomPdq(std::mt19937_64& random) {
  PdqHash hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

PdqHash Near(PdqHash hash, std::mt19937_64& random) {
  for (int i = 0; i < kPlantedDistance; ++i) {
    const size_t bit = random() % 256;
    hash.bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
  }
  return hash;
}

SignalSet Query(const PdqHash& hash, bool dihedral, std::mt19937_64& random) {
  SignalSet set;
  PdqView view{.hash = hash, .quality = 100};
  if (dihedral) {
    view.dihedral.emplace();
    for (PdqHash& variant : *view.dihedral) variant = RandomPdq(random);
    (*view.dihedral)[0] = hash;
  }
  set.pdq.push_back(view);
  return set;
}

class Store {
 public:
  explicit Store(uint64_t entry_count, uint64_t wide_count = 0) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "kenal-bench-XXXXXX")
            .string();
    KENAL_CHECK(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    KENAL_CHECK(Engine::Init(folder_).ok());
    engine_ = *Engine::Open(folder_);
    std::mt19937_64 random(1);
    Fill("known", {}, entry_count, random);
    Fill("wide", {.review_radius = Radius{50}}, wide_count, random);
  }
  ~Store() {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::vector<SignalSet> Queries(bool dihedral) const {
    std::mt19937_64 random(2);
    std::vector<SignalSet> queries;
    for (size_t i = 0; i < kQueryCount; ++i) {
      const bool planted = i % 2 == 0 && i < known_.size();
      const PdqHash hash =
          planted ? Near(known_[i], random) : RandomPdq(random);
      queries.push_back(Query(hash, dihedral, random));
    }
    return queries;
  }
  Engine& engine() const { return *engine_; }

 private:
  void Fill(const std::string& list, const ListPolicy& policy,
            uint64_t entry_count, std::mt19937_64& random) {
    const Authorship by{.actor = "bench", .reason = "measuring"};
    KENAL_CHECK(engine_->CreateList(list, Purpose::kTest, policy, by).ok());
    uint64_t given = 0;
    const auto source = [&]() -> StatusOr<std::optional<ImportItem>> {
      if (given == entry_count) return std::nullopt;
      ImportItem item{.position = ++given};
      item.draft.provenance.source = "bench";
      item.draft.signals.pdq.push_back({.hash = RandomPdq(random)});
      if (known_.size() < kQueryCount) {
        known_.push_back(item.draft.signals.pdq[0].hash);
      }
      return item;
    };
    KENAL_CHECK(engine_->Import(list, source, {}, by).ok());
  }

  std::string folder_;
  std::unique_ptr<Engine> engine_;
  std::vector<PdqHash> known_;
};

uint64_t EntryCount() {
  const char* given = std::getenv("KENAL_BENCH_ENTRIES");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 1'000'000;
}

Store& KnownStore() {
  static Store store(EntryCount());
  return store;
}

Store& WideStore() {
  static Store store(EntryCount(), kWideEntries);
  return store;
}

Store& EmptyStore() {
  static Store store(0);
  return store;
}

// Answers `batch` signal sets a call.
void Ask(benchmark::State& state, Store& store, bool dihedral) {
  const auto batch = static_cast<size_t>(state.range(0));
  const std::vector<SignalSet> queries = store.Queries(dihedral);
  size_t at = 0;
  uint64_t hits = 0;
  for (auto _ : state) {
    const auto answers =
        store.engine().MatchBatch(std::span(queries).subspan(at, batch), {});
    KENAL_CHECK(answers.ok());
    for (const Answer& answer : *answers) hits += answer.match_count;
    at = (at + batch) % kQueryCount;
  }
  const auto asked =
      static_cast<double>(state.iterations()) * static_cast<double>(batch);
  state.SetItemsProcessed(static_cast<int64_t>(asked));
  state.counters["hits_per_set"] = static_cast<double>(hits) / asked;
}

void BM_OneHash(benchmark::State& state) { Ask(state, KnownStore(), false); }
void BM_EightVariants(benchmark::State& state) {
  Ask(state, KnownStore(), true);
}
void BM_BesideAWideList(benchmark::State& state) {
  Ask(state, WideStore(), true);
}
void BM_VerdictOnly(benchmark::State& state) {
  Ask(state, EmptyStore(), false);
}

BENCHMARK(BM_VerdictOnly)->Arg(1)->Arg(256);
BENCHMARK(BM_OneHash)->Arg(1)->Arg(256);
BENCHMARK(BM_EightVariants)->Arg(1)->Arg(256);
BENCHMARK(BM_BesideAWideList)->Arg(1)->Arg(256);

}  // namespace

BENCHMARK_MAIN();
