// Many like pieces of work, on a few threads.
#ifndef KENAL_BENCH_SCAN_FOR_EACH_H_
#define KENAL_BENCH_SCAN_FOR_EACH_H_

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace kenal::evidence {

// Calls work(i) for each i below `count`; returns when all are done.
template <typename Work>
void ForEach(int threads, size_t count, const Work& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::jthread> running;
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&] {
      for (size_t i = next++; i < count; i = next++) work(i);
    });
  }
}

}  // namespace kenal::evidence

#endif  // KENAL_BENCH_SCAN_FOR_EACH_H_
