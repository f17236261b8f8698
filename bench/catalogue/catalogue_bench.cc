// What the durable store costs: adding in batches that are each one synced
// log record, importing bare hashes, reading entries back, opening.
//
// Stores are made in the folder named by KENAL_BENCH_FOLDER, or in the
// system's folder for temporary files; the disk below it decides what a
// synced write costs.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/catalogue/catalogue.h"

namespace kenal::catalogue {
namespace {

const Authorship kBy{.actor = "bench", .reason = ""};

class BenchStore {
 public:
  BenchStore() {
    const char* const parent = std::getenv("KENAL_BENCH_FOLDER");
    root_ =
        (parent != nullptr ? std::string(parent)
                           : std::filesystem::temp_directory_path().string()) +
        "/kenal-bench-XXXXXX";
    KENAL_CHECK(mkdtemp(root_.data()) != nullptr);
    KENAL_CHECK(Catalogue::Create(folder()).ok());
    Open();
    KENAL_CHECK(catalogue_->CreateList("bench", Purpose::kTest, {}, kBy).ok());
  }
  ~BenchStore() {
    catalogue_.reset();
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  void Open() {
    catalogue_.reset();
    catalogue_ = Catalogue::Open(folder()).value();
  }
  void Close() { catalogue_.reset(); }
  Catalogue& operator*() { return *catalogue_; }
  Catalogue* operator->() { return catalogue_.get(); }

 private:
  std::string folder() const { return root_ + "/store"; }

  std::string root_;
  std::unique_ptr<Catalogue> catalogue_;
};

template <typename HashType>
HashType RandomHash(std::mt19937_64& random) {
  HashType hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

// As an ingest of pictures makes them: three digests and a PDQ.
EntryDraft PictureDraft(std::mt19937_64& random) {
  EntryDraft draft;
  draft.signals.md5 = RandomHash<Md5>(random);
  draft.signals.sha1 = RandomHash<Sha1>(random);
  draft.signals.sha256 = RandomHash<Sha256>(random);
  draft.signals.pdq = {
      PdqView{.hash = RandomHash<PdqHash>(random), .quality = 100}};
  draft.signals.picture =
      PictureInfo{.format = "jpeg", .width = 640, .height = 480};
  draft.provenance.source = "a source of some length";
  draft.provenance.import_id = "2026-01-01T00:00:00Z";
  draft.provenance.reference = "a/folder/of/pictures/picture-0001.jpg";
  return draft;
}

enum Kind : int64_t { kPdq, kMd5 };

EntryDraft BareDraft(int64_t kind, std::mt19937_64& random) {
  EntryDraft draft;
  if (kind == kPdq) {
    draft.signals.pdq = {PdqView{.hash = RandomHash<PdqHash>(random)}};
  } else {
    draft.signals.md5 = RandomHash<Md5>(random);
  }
  draft.provenance.source = "a source";
  return draft;
}

void BM_AddEntries(benchmark::State& state) {
  BenchStore store;
  std::mt19937_64 random(1);
  const size_t batch = static_cast<size_t>(state.range(0));
  std::vector<EntryDraft> drafts(batch);
  for (auto _ : state) {
    state.PauseTiming();
    for (EntryDraft& draft : drafts) draft = PictureDraft(random);
    state.ResumeTiming();
    KENAL_CHECK(store->AddEntries("bench", drafts, kBy).ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_AddEntries)->Arg(1)->Arg(100)->Arg(10'000)->UseRealTime();

// A million bare hashes into a store that already has `range(1)` segments of
// a million others, so that every one is looked up first.
void BM_Import(benchmark::State& state) {
  constexpr uint64_t kCount = 1'000'000;
  for (auto _ : state) {
    state.PauseTiming();
    auto store = std::make_unique<BenchStore>();
    std::mt19937_64 random(2);
    uint64_t left = 0;
    const ImportSource source = [&]() -> StatusOr<std::optional<ImportItem>> {
      if (left-- == 0) return std::nullopt;
      return ImportItem{.draft = BareDraft(state.range(0), random)};
    };
    const auto import = [&] {
      left = kCount;
      const auto report = (*store)->Import("bench", source, {}, kBy);
      KENAL_CHECK(report.ok() && report->added == kCount);
    };
    for (int64_t i = 0; i < state.range(1); ++i) import();
    state.ResumeTiming();
    import();
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kCount));
}
BENCHMARK(BM_Import)
    ->ArgNames({"md5", "earlier"})
    ->Args({kPdq, 0})
    ->Args({kMd5, 0})
    ->Args({kPdq, 1})
    ->Args({kPdq, 3})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);

// A store of a million bare hashes that the reading benchmarks share.
BenchStore& MillionStore() {
  static BenchStore* const store = [] {
    auto* const made = new BenchStore;
    std::mt19937_64 random(3);
    uint64_t left = 1'000'000;
    const auto report = (*made)->Import(
        "bench",
        [&]() -> StatusOr<std::optional<ImportItem>> {
          if (left-- == 0) return std::nullopt;
          return ImportItem{.draft = BareDraft(kPdq, random)};
        },
        {}, kBy);
    KENAL_CHECK(report.ok());
    return made;
  }();
  return *store;
}

// What an answer with `range(0)` matches reads.
void BM_GetEntries(benchmark::State& state) {
  BenchStore& store = MillionStore();
  std::mt19937_64 random(4);
  std::uniform_int_distribution<uint64_t> serial(1, 1'000'000);
  std::vector<EntryId> ids(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    for (EntryId& id : ids) id = EntryId::Of({1}, serial(random));
    KENAL_CHECK(store->GetEntries(ids).ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_GetEntries)->Arg(1)->Arg(100);

void BM_VisitPostings(benchmark::State& state) {
  BenchStore& store = MillionStore();
  int64_t visited = 0;
  for (auto _ : state) {
    KENAL_CHECK(store->VisitPostings([&](const Posting&) { ++visited; }).ok());
  }
  state.SetItemsProcessed(visited);
}
BENCHMARK(BM_VisitPostings)->Unit(benchmark::kMillisecond);

void BM_Verify(benchmark::State& state) {
  BenchStore& store = MillionStore();
  for (auto _ : state) {
    KENAL_CHECK(store->Verify({})->problems.empty());
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(BM_Verify)->Unit(benchmark::kMillisecond);

void BM_Open(benchmark::State& state) {
  BenchStore& store = MillionStore();
  for (auto _ : state) {
    state.PauseTiming();
    store.Close();
    state.ResumeTiming();
    store.Open();
  }
}
BENCHMARK(BM_Open)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace kenal::catalogue

BENCHMARK_MAIN();
