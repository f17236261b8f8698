// robustness_bench PHOTOGRAPHS --out FOLDER [--graphics FOLDER]
//
// Pictures are read with OpenCV, unsandboxed: give it your own.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <opencv2/core.hpp>
#include <string>

#include "bench/robustness/measure.h"
#include "bench/robustness/report.h"

namespace kenal::robustness {
namespace {

Status Run(const Options& options, const std::string& out) {
  cv::setNumThreads(1);  // The pictures are what is done at once.
  KENAL_TRY_ASSIGN(const Results results, Measure(options));
  KENAL_TRY(WriteReport(results, out));
  std::fputs(ToSummary(results).c_str(), stdout);
  std::printf("\nAll of it: %s/results.md, %s/results.json\n", out.c_str(),
              out.c_str());
  return OkStatus();
}

}  // namespace
}  // namespace kenal::robustness

int main(int argc, char** argv) {
  kenal::robustness::Options options;
  std::string out;
  CLI::App app(
      "Alters photographs in memory in many ways and counts which copies are "
      "found again, and which pictures are taken for one another.",
      "robustness_bench");
  // So that a script's own options can be overridden.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("PHOTOGRAPHS", options.photographs,
                 "Folder; everything below it is read")
      ->required();
  app.add_option("--out", out, "Folder for the results")->required();
  app.add_option("--graphics", options.graphics,
                 "Folder of drawings, icons and the like");
  app.add_option("--side", options.side_pixels_max,
                 "Reduce larger pictures to so many pixels a side")
      ->capture_default_str()
      ->check(CLI::Range(64, 1600));
  app.add_option("--quality-min", options.quality_min,
                 "Leave out pictures of a lower PDQ quality")
      ->capture_default_str()
      ->check(CLI::Range(50, 100));
  app.add_option("--sample", options.sample,
                 "So many photographs and ten times as many graphics, chosen "
                 "by a fixed seed; 0: all")
      ->capture_default_str();
  app.add_option("--image-hashes", options.image_hash_sample,
                 "Hold OpenCV's img_hash against so many photographs; needs "
                 "--graphics, which gives the thresholds")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Worker threads")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);

  kenal::Status status;
  try {
    status = kenal::robustness::Run(options, out);
  } catch (const std::exception& e) {  // OpenCV and std::filesystem throw.
    status = kenal::Internal(e.what());
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "robustness_bench: %s\n",
               std::string(status.message()).c_str());
  return 1;
}
