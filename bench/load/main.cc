// kenal-load: puts a server under load and measures it; see --help.
#include <absl/synchronization/mutex.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>
#include <utility>

#include "bench/load/ceiling.h"
#include "bench/load/empty_server.h"
#include "bench/load/freshness.h"
#include "bench/load/options.h"
#include "bench/load/report.h"
#include "src/base/scheduling.h"

namespace kenal::load {
namespace {

constexpr double kCeilingSeconds = 3;
constexpr int kBulkNiceness = 10;  // as of `kenal import`
// --find-peak: up by half until it fails, then in between so many times.
constexpr double kPeakStep = 1.5;
constexpr int kPeakHalvings = 4;
constexpr double kAnsweredShare = 0.99;

// Blocked before any thread starts, so that only ServeEmpty takes them.
sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

Status ServeEmpty(const Options& options) {
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  KENAL_TRY_ASSIGN(const auto server,
                   EmptyServer::Start(options.generator.target));
  std::printf("listening at %s\n", server->address().c_str());
  std::fflush(stdout);
  if (options.until_input_ends) {
    char bytes[64];
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0) {
    }
  } else {
    int signal = 0;
    sigwait(&signals, &signal);
  }
  return OkStatus();
}

StatusOr<std::vector<Part>> MakeMix(const Options& options) {
  std::vector<Part> mix;
  for (const auto& [kind, weight] : options.mix) {
    KENAL_TRY_ASSIGN(RequestPool pool, MakeRequests(kind, options.query));
    mix.push_back({std::move(pool), weight});
  }
  return mix;
}

void Sleep(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

// Answered in time, and the generator kept up.
bool Passes(const PhaseResult& phase, double p99_limit_ms) {
  return !phase.FellBehind() &&
         static_cast<double>(phase.accepted.count()) >=
             kAnsweredShare * static_cast<double>(phase.due) &&
         static_cast<double>(phase.accepted.Percentile(99)) <=
             p99_limit_ms * 1e6;
}

void FindPeak(const Options& options, Generator& generator, Report& report) {
  const auto passes = [&](double rate) {
    report.phases.push_back(
        generator.Run({.calls_per_second = rate, .seconds = options.seconds}));
    Sleep(options.pause_seconds);
    return Passes(*report.phases.back(), options.p99_limit_ms);
  };
  double low = 0;
  double high = options.rates.front().per_second;
  while (passes(high)) {
    low = high;
    high *= kPeakStep;
  }
  for (int i = 0; i < kPeakHalvings; ++i) {
    const double middle = (low + high) / 2;
    (passes(middle) ? low : high) = middle;
  }
  if (low > 0) report.peak_per_second = low;
}

void RunPhases(const Options& options, Generator& generator, Report& report) {
  std::vector<PhaseOptions> phases;
  for (const Options::Rate& rate : options.rates) {
    phases.push_back(
        {.calls_per_second = rate.per_second,
         .seconds = rate.seconds > 0 ? rate.seconds : options.seconds,
         .closed_loop = options.closed_loop});
  }
  if (options.back_to_back) {
    report.phases = generator.RunAll(phases);
    return;
  }
  for (size_t i = 0; i < phases.size(); ++i) {
    if (i > 0) Sleep(options.pause_seconds);
    report.phases.push_back(generator.Run(phases[i]));
  }
}

Status RunLoad(const Options& options, Report& report) {
  KENAL_TRY_ASSIGN(std::vector<Part> mix, MakeMix(options));
  if (options.ceiling) {
    KENAL_TRY_ASSIGN(report.ceiling,
                     MeasureCeiling(options, mix, kCeilingSeconds));
  }
  KENAL_TRY_ASSIGN(const auto generator,
                   Generator::Make(options.generator, std::move(mix)));
  std::unique_ptr<Freshness> freshness;
  if (!options.freshness_list.empty()) {
    FreshnessOptions asked{.target = options.generator.target,
                           .list = options.freshness_list,
                           .rounds_per_second = options.freshness_rate,
                           .seed = options.generator.seed};
    if (!options.freshness_tls.empty()) {
      asked.target.tls = options.freshness_tls;
    }
    KENAL_TRY_ASSIGN(freshness, Freshness::Start(asked));
  }
  if (options.warmup_seconds > 0) {
    generator->Run({.calls_per_second = options.rates.front().per_second,
                    .seconds = options.warmup_seconds,
                    .closed_loop = options.closed_loop});
  }
  if (options.find_peak) {
    FindPeak(options, *generator, report);
  } else {
    RunPhases(options, *generator, report);
  }
  if (freshness != nullptr) report.freshness = freshness->Stop();
  return OkStatus();
}

Status WriteAll(const Options& options, const Report& report) {
  std::fputs(TextOf(report).c_str(), stdout);
  if (!options.json.empty()) {
    KENAL_TRY(WriteFile(options.json, JsonOf(report)));
  }
  if (!options.csv.empty()) {
    KENAL_TRY(WriteFile(options.csv, PercentilesCsv(report)));
  }
  if (!options.timeline.empty()) {
    KENAL_TRY(WriteFile(options.timeline, TimelineCsv(report)));
  }
  return options.plot.empty() ? OkStatus() : Plot(report, options.plot);
}

Status Run(const Options& options, Report& report) {
  if (options.serve_empty) return ServeEmpty(options);
  KENAL_TRY(RunLoad(options, report));
  return WriteAll(options, report);
}

// Among what runs on this machine: as the client that it plays.
void TakePlace(const Options& options) {
  if (options.query.work_class == "bulk") {
    base::LowerPriority(kBulkNiceness);
  } else {
    base::AskForShortTurns();
  }
}

}  // namespace
}  // namespace kenal::load

int main(int count, char** words) {
  kenal::load::Options options;
  if (const auto code = kenal::load::ParseOptions(count, words, options)) {
    return *code;
  }
  kenal::load::TakePlace(options);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  grpc_init();
  kenal::load::Report report{.command = {words, words + count},
                             .normal_limit_ms = options.p99_limit_ms};
  const kenal::Status status = kenal::load::Run(options, report);
  grpc_shutdown_blocking();
  if (status.ok()) return 0;
  std::fprintf(stderr, "kenal-load: %s\n",
               std::string(status.message()).c_str());
  return 1;
}
