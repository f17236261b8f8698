#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include <opencv2/imgcodecs.hpp>
#include "bench/robustness/recall.h"

namespace kenal::robustness {
int Run(const std::string& folder, LoadOptions o, const std::string& dump) {
  o.keep_pixels = true;
  o.apart_bits = 70;
  auto corpus = LoadCorpus(folder, o);
  if (!corpus.ok()) return 1;
  std::printf("%zu pictures, %d flat, %d repeated\n", corpus->pictures.size(),
              corpus->flat_count, corpus->repeated_count);
  auto alterations = AllAlterations();
  auto strategies = AllStrategies();
  Distances d(strategies.size(), alterations.size(), corpus->pictures.size());
  ForEachCopy(
      corpus->pictures, alterations, o.work, 2,
      [&](const CopyOf& of, const Copy& copy,
          const std::vector<PdqView>& views) {
        if (!dump.empty()) {
          char name[99];
          snprintf(name, 99, "/%03zu-%02zu.jpg", of.picture, of.alteration);
          cv::imwrite(dump + name, PixelsOf(copy));
        }
        for (size_t s = 0; s < strategies.size(); ++s)
          d.At(s, of.alteration, of.picture) =
              Compare(strategies[s], views, corpus->pictures[of.picture].views);
      });
  double sum[8] = {};
  for (size_t a = 0; a < alterations.size(); ++a) {
    std::printf("%-30s", alterations[a].name.c_str());
    double v[] = {FoundOf(d, 0, a, 0).percent(), double(MedianOf(d, 0, a)),
                  FoundOf(d, 1, a, 0).percent(),
                  FoundOf(d, 0, a, 50).percent()};
    for (int i = 0; i < 4; ++i) {
      std::printf(" %6.1f", v[i]);
      sum[i] += v[i];
    }
    std::printf("\n");
  }
  for (int i = 0; i < 4; ++i)
    std::printf(" %6.1f", sum[i] / double(alterations.size()));
  std::printf("\n");
  return 0;
}
}  // namespace kenal::robustness

int main(int argc, char** argv) {
  CLI::App app("robustness");
  std::string folder, dump;
  kenal::robustness::LoadOptions o;
  app.add_option("DIR", folder)->required();
  app.add_option("--sample", o.sample);
  app.add_option("--dump", dump);
  app.add_option("--quality", o.quality_min);
  CLI11_PARSE(app, argc, argv);
  cv::setNumThreads(1);
  return kenal::robustness::Run(folder, o, dump);
}
