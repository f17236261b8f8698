// Report: what a run measured, as a table for people, as JSON and CSV for
// programs, and as a plot.
#ifndef KENAL_BENCH_LOAD_REPORT_H_
#define KENAL_BENCH_LOAD_REPORT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/freshness.h"
#include "bench/load/phase.h"
#include "kenal/status.h"

namespace kenal::load {

struct Report {
  std::vector<std::string> command;  // words
  // Closed loop against an empty server: the most that the generator can do.
  std::unique_ptr<PhaseResult> ceiling;
  std::vector<std::unique_ptr<PhaseResult>> phases;
  // The highest rate that was answered in time; unset: none, or not looked for.
  std::optional<double> peak_per_second;
  std::optional<FreshnessResult> freshness;
  double normal_limit_ms = 10;  // p99 of a server that is normal again
};

std::string TextOf(const Report& report);
std::string JsonOf(const Report& report);
// percentile, then a column of milliseconds for each phase.
std::string PercentilesCsv(const Report& report);
// phase, second, accepted, refused, failed, p99 and longest of the accepted.
std::string TimelineCsv(const Report& report);

// Errors: kFailedPrecondition names the file.
Status WriteFile(const std::string& path, const std::string& text);
// Draws with gnuplot. Errors: kFailedPrecondition  gnuplot is missing or failed
Status Plot(const Report& report, const std::string& path);

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_REPORT_H_
