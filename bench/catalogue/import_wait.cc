// How long a withdrawal waits while an import runs: one thread imports, the
// other withdraws an entry of another list each 50 ms.
//
//   import_wait RECORDS [engine] [EARLIER]
//
// engine   with the index that answers from it, as a server has it
// EARLIER  records in the imported list before anything is measured
//
// The store is made in the folder named by KENAL_BENCH_FOLDER, or in the
// system's folder for temporary files.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kenal/engine.h"
#include "src/base/check.h"
#include "src/catalogue/catalogue.h"

namespace kenal {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kWithdrawable = 20'000;
constexpr auto kPause = std::chrono::milliseconds(50);
const Authorship kBy{.actor = "bench", .reason = "measuring"};

double MsSince(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

template <typename HashType>
HashType RandomHash(std::mt19937_64& random) {
  HashType hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

EntryDraft Draft(std::mt19937_64& random) {
  EntryDraft draft;
  draft.signals.md5 = RandomHash<Md5>(random);
  draft.signals.pdq = {
      PdqView{.hash = RandomHash<PdqHash>(random), .quality = 100}};
  draft.provenance.source = "a source";
  return draft;
}

template <typename Store>
void Import(Store& curator, std::string_view list, uint64_t records,
            uint64_t seed) {
  std::mt19937_64 random(seed);
  uint64_t left = records;
  const auto report = curator.Import(
      list,
      [&]() -> StatusOr<std::optional<ImportItem>> {
        if (left-- == 0) return std::nullopt;
        return ImportItem{.draft = Draft(random)};
      },
      {}, kBy);
  KENAL_CHECK(report.ok() && report->added == records);
}

void Print(const char* what, std::vector<double>& ms) {
  if (ms.empty()) return;
  std::ranges::sort(ms);
  const auto at = [&](double share) {
    return ms[static_cast<size_t>(share * static_cast<double>(ms.size() - 1))];
  };
  std::printf("%s: %zu, p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms\n",
              what, ms.size(), at(0.5), at(0.9), at(0.99), ms.back());
}

template <typename Store>
void Run(Store& curator, uint64_t records, uint64_t earlier) {
  KENAL_CHECK(curator.CreateList("bulk", Purpose::kTest, {}, kBy).ok());
  KENAL_CHECK(curator.CreateList("urgent", Purpose::kTest, {}, kBy).ok());
  Import(curator, "urgent", kWithdrawable, 1);
  if (earlier > 0) Import(curator, "bulk", earlier, 2);

  const Clock::time_point started = Clock::now();
  std::atomic<double> took_ms = 0;
  std::thread importing([&] {
    Import(curator, "bulk", records, 3);
    took_ms = MsSince(started);
  });
  std::vector<double> withdrawals;
  while (took_ms == 0 && withdrawals.size() < kWithdrawable) {
    std::this_thread::sleep_for(kPause);
    const std::vector<std::string> one = {
        std::to_string(withdrawals.size() + 1)};
    const Clock::time_point from = Clock::now();
    KENAL_CHECK(
        curator.SetEntryState("urgent", one, EntryState::kWithdrawn, kBy).ok());
    withdrawals.push_back(MsSince(from));
  }
  importing.join();
  std::printf("import: %.1f s, %.0f records a second\n", took_ms / 1e3,
              static_cast<double>(records) / took_ms * 1e3);
  Print("withdrawals", withdrawals);
}

}  // namespace
}  // namespace kenal

int main(int count, char** words) {
  using kenal::Engine;
  using kenal::catalogue::Catalogue;
  const auto number = [&](int at) {
    return count > at ? std::strtoull(words[at], nullptr, 10) : 0;
  };
  const uint64_t records = number(1);
  const bool with_engine = count > 2 && std::string_view(words[2]) == "engine";
  const uint64_t earlier = number(with_engine ? 3 : 2);
  const char* const parent = std::getenv("KENAL_BENCH_FOLDER");
  std::string root =
      (parent != nullptr ? std::string(parent)
                         : std::filesystem::temp_directory_path().string()) +
      "/kenal-bench-XXXXXX";
  KENAL_CHECK(mkdtemp(root.data()) != nullptr);
  const std::string folder = root + "/store";
  KENAL_CHECK(Engine::Init(folder).ok());
  if (with_engine) {
    kenal::Run(*Engine::Open(folder).value(), records, earlier);
  } else {
    kenal::Run(*Catalogue::Open(folder).value(), records, earlier);
  }
  std::filesystem::remove_all(root);
}
