#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "bench/load/report.h"

extern char** environ;

namespace kenal::load {
namespace {

// Percentiles in steps of nines, and goodput over what was offered.
constexpr char kScript[] = R"(
set datafile separator ","
set output ARG3
set multiplot layout 1,2
set grid
set key left top
set title "Latency of accepted calls, from the time they were due"
set xlabel "percentile"
set ylabel "ms"
set logscale xy
set xrange [1:100000]
set xtics ("0" 1, "90" 10, "99" 100, "99.9" 1000, "99.99" 10000, \
  "99.999" 100000)
plot for [i=2:phases+1] ARG1 using ($1 >= 100 ? NaN : 1/(1-$1/100)):i \
  with linespoints title columnheader(i)
unset logscale
set xrange [0:*]
set yrange [0:*]
set xtics auto
set title "Goodput"
set xlabel "calls offered a second"
set ylabel "calls a second"
plot ARG2 using 1:2 with linespoints title "accepted", \
  ARG2 using 1:3 with linespoints title "refused", \
  ARG2 using 1:1 with lines dashtype 2 title "offered"
unset multiplot
)";

std::string GoodputCsv(const Report& report) {
  std::string text = "offered,accepted,refused\n";
  for (const auto& phase : report.phases) {
    const double seconds = phase->Seconds();
    text += std::to_string(phase->OfferedPerSecond()) + "," +
            std::to_string(phase->GoodputPerSecond()) + "," +
            std::to_string(seconds > 0
                               ? static_cast<double>(phase->Refused()) / seconds
                               : 0) +
            "\n";
  }
  return text;
}

Status RunGnuplot(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, "gnuplot", nullptr, nullptr, arguments.data(),
                   environ) != 0) {
    return FailedPrecondition("gnuplot cannot be started; install gnuplot-nox");
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return OkStatus();
  return FailedPrecondition("gnuplot failed; what it said is above");
}

Status Draw(const Report& report, const std::string& folder,
            const std::string& path) {
  const std::string terminal =
      path.ends_with(".svg")
          ? "set terminal svg size 1200,500 background 'white'\n"
          : "set terminal pngcairo size 1200,500\n";
  const std::string phases =
      "phases = " + std::to_string(report.phases.size()) + "\n";
  KENAL_TRY(WriteFile(folder + "/plot.gp", terminal + phases + kScript));
  KENAL_TRY(WriteFile(folder + "/latency.csv", PercentilesCsv(report)));
  KENAL_TRY(WriteFile(folder + "/goodput.csv", GoodputCsv(report)));
  return RunGnuplot({"gnuplot", "-c", folder + "/plot.gp",
                     folder + "/latency.csv", folder + "/goodput.csv", path});
}

}  // namespace

Status Plot(const Report& report, const std::string& path) {
  std::string folder =
      (std::filesystem::temp_directory_path() / "kenal-load-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return FailedPrecondition(folder + ": cannot be made");
  }
  const Status drawn = Draw(report, folder, path);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return drawn;
}

}  // namespace kenal::load
