// Clocks, and the memory's own limit.
#ifndef KENAL_BENCH_INDEX_MEASURE_H_
#define KENAL_BENCH_INDEX_MEASURE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bench/index/data.h"
#include "kenal/signal.h"

namespace kenal::index::bench {

double WallSeconds();
// Of the calling thread: what a query costs a core, whoever else is on it.
double CpuSeconds();

// Nanoseconds to read one random cache line of a gigabyte in huge pages, with
// many reads in flight: the best of several runs.
double RandomLineNs();

// Answers a batch of queries and returns how many planted rows it found.
using Searcher = std::function<size_t(std::span<const PdqHash>, size_t first)>;

struct Speed {
  double cpu_qps = 0;   // best of the repetitions
  double wall_qps = 0;  // likewise
  double p50_us = 0;    // wall time of a call, all repetitions
  double p99_us = 0;
  double recall = 0;  // of the planted
};

// Runs all queries in batches, `repetitions` times.
Speed MeasureSpeed(const Queries& queries, size_t batch, int repetitions,
                   const Searcher& search);

// Of the processor, from /proc/cpuinfo.
std::string ProcessorName();

}  // namespace kenal::index::bench

#endif  // KENAL_BENCH_INDEX_MEASURE_H_
