#include "bench/index/measure.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>

#include "src/index/huge_array.h"

namespace kenal::index::bench {

double WallSeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

double RandomLineNs() {
  constexpr size_t kLineWords = 8;
  constexpr size_t kLines = (size_t{1} << 30) / 64;
  constexpr size_t kReads = size_t{1} << 21;
  constexpr size_t kAhead = 32;
  HugeArray<uint64_t> memory(kLines * kLineWords);
  for (size_t i = 0; i < kLines; ++i) memory[i * kLineWords] = i;
  std::mt19937_64 random(3);
  std::vector<uint32_t> lines(kReads + kAhead);
  for (uint32_t& line : lines) {
    line = static_cast<uint32_t>(random() % kLines);
  }
  double best = 1e9;
  volatile uint64_t sink = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    uint64_t sum = 0;
    const double start = CpuSeconds();
    for (size_t i = 0; i < kReads; ++i) {
      __builtin_prefetch(&memory[lines[i + kAhead] * kLineWords]);
      sum += memory[lines[i] * kLineWords];
    }
    sink = sum;
    best = std::min(best, CpuSeconds() - start);
  }
  static_cast<void>(sink);
  return best / static_cast<double>(kReads) * 1e9;
}

Speed MeasureSpeed(const Queries& queries, size_t batch, int repetitions,
                   const Searcher& search) {
  const std::span<const PdqHash> all(queries.hashes);
  Speed speed;
  std::vector<double> calls;
  size_t found = 0;
  double cpu_best = 1e18;
  double wall_best = 1e18;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    const double cpu_start = CpuSeconds();
    const double wall_start = WallSeconds();
    double before = wall_start;
    found = 0;
    for (size_t first = 0; first < all.size(); first += batch) {
      found += search(all.subspan(first, std::min(batch, all.size() - first)),
                      first);
      const double now = WallSeconds();
      calls.push_back(now - before);
      before = now;
    }
    cpu_best = std::min(cpu_best, CpuSeconds() - cpu_start);
    wall_best = std::min(wall_best, WallSeconds() - wall_start);
  }
  std::sort(calls.begin(), calls.end());
  const auto count = static_cast<double>(all.size());
  speed.cpu_qps = count / cpu_best;
  speed.wall_qps = count / wall_best;
  speed.p50_us = calls[calls.size() / 2] * 1e6;
  speed.p99_us = calls[calls.size() * 99 / 100] * 1e6;
  speed.recall = static_cast<double>(found) /
                 static_cast<double>(queries.planted_rows.size());
  return speed;
}

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace kenal::index::bench
