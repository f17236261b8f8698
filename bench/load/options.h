// What kenal-load is asked to do.
#ifndef KENAL_BENCH_LOAD_OPTIONS_H_
#define KENAL_BENCH_LOAD_OPTIONS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/generator.h"

namespace kenal::load {

struct Options {
  GeneratorOptions generator;
  QueryOptions query;
  // Kinds of call, with their share of arrivals.
  std::vector<std::pair<CallKind, double>> mix;

  struct Rate {
    double per_second = 0;
    double seconds = 0;  // 0: as the others
  };
  std::vector<Rate> rates;  // 1 or more
  int closed_loop = 0;
  double seconds = 10;
  double warmup_seconds = 1;
  double pause_seconds = 0.5;  // between phases
  bool back_to_back = false;   // no pause and no wait for the last answer

  bool find_peak = false;
  double p99_limit_ms = 10;

  bool serve_empty = false;
  bool until_input_ends = false;
  bool ceiling = false;
  std::string ceiling_tls;  // FOLDER/NAME of the empty server

  std::string freshness_list;
  std::string freshness_tls;
  double freshness_rate = 20;

  std::string json, csv, timeline, plot;  // files; empty: none
};

// Prints what is wrong, or the help, and gives the exit code; nullopt: go on.
std::optional<int> ParseOptions(int count, char** words, Options& options);

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_OPTIONS_H_
