#include "bench/robustness/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

namespace kenal::robustness {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPause = std::chrono::milliseconds(50);
constexpr int kPausesPerLine = 40;  // a line every two seconds

void Print(const std::string& what, size_t done, size_t count, double seconds) {
  const double left = done == 0 ? 0
                                : seconds * static_cast<double>(count - done) /
                                      static_cast<double>(done);
  std::fprintf(stderr, "%s: %zu of %zu, %.0f s, %.0f s left\n", what.c_str(),
               done, count, seconds, left);
}

}  // namespace

void ForEach(const std::string& what, size_t count, int threads,
             const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::atomic<size_t> done{0};
  const auto start = Clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  std::vector<std::jthread> workers;
  for (int i = 0; i < std::max(1, threads); ++i) {
    workers.emplace_back([&] {
      for (size_t at = next++; at < count; at = next++) {
        work(at);
        ++done;
      }
    });
  }
  for (int pauses = 1; !what.empty() && done < count; ++pauses) {
    std::this_thread::sleep_for(kPause);
    if (pauses % kPausesPerLine == 0) Print(what, done, count, seconds());
  }
  workers.clear();
  if (!what.empty()) Print(what, count, count, seconds());
}

}  // namespace kenal::robustness
