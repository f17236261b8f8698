// kenal-evidence: makes benign evidence to measure scans with.
//
//   kenal-evidence set EVIDENCE TRUTH [--files N] [--exhibits N] [...]
//   kenal-evidence tree FOLDER [--files N]
//
// EVIDENCE gets the exhibits, TRUTH the originals that are to be ingested and
// what is planted where. The same options make the same bytes. Not shipped: it
// decodes, without a sandbox, the photographs that it is told to use.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/scan/settle.h"

namespace kenal::evidence {
namespace {

struct Options {
  std::string evidence;
  std::string truth;
  PictureOptions pictures;
  PlanOptions plan;
  double gigabytes_max = 24;
  bool dry_run = false;
  std::string tree;
  uint64_t tree_files = 1'000'000;
};

double Gigabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1e9; }

Status MakeSet(Options& options) {
  options.plan.seed = options.pictures.seed;
  KENAL_TRY_ASSIGN(const Pictures pictures, MakePictures(options.pictures));
  const std::vector<File> plan = MakePlan(options.plan, pictures);
  const Total total = TotalOf(plan, pictures, options.pictures.threads);
  std::printf(
      "{\"files\":%llu,\"bytes\":%llu,\"distinct\":%zu,"
      "\"known\":%zu,\"seed\":%llu}\n",
      static_cast<unsigned long long>(total.files),
      static_cast<unsigned long long>(total.bytes), pictures.distinct.size(),
      pictures.known.size(),
      static_cast<unsigned long long>(options.pictures.seed));
  std::fflush(stdout);
  if (Gigabytes(total.bytes) > options.gigabytes_max) {
    return ResourceExhausted(
        "the set would take more than --gigabytes-max; lower --quality, "
        "--median-mpx or --files");
  }
  if (options.dry_run) return OkStatus();
  KENAL_TRY(WriteTruth(plan, pictures, options.truth));
  return WriteFiles(plan, pictures, options.evidence, options.pictures.threads);
}

void AddSet(CLI::App& app, Options& options) {
  CLI::App* set = app.add_subcommand("set", "Make an evidence set");
  set->add_option("EVIDENCE", options.evidence, "Folder of the exhibits")
      ->required();
  set->add_option("TRUTH", options.truth,
                  "Folder of the originals and of truth.jsonl")
      ->required();
  set->add_option("--photographs", options.pictures.photographs,
                  "Folder of benign photographs to cut pictures from; drawn "
                  "ones only when not given");
  set->add_option("--seed", options.pictures.seed, "1");
  set->add_option("--files", options.plan.files, "360000");
  set->add_option("--exhibits", options.plan.exhibits, "300")
      ->check(CLI::PositiveNumber);
  set->add_option("--distinct", options.pictures.distinct, "6000")
      ->check(CLI::PositiveNumber);
  set->add_option("--known", options.pictures.known, "60");
  set->add_option("--duplicates", options.plan.duplicates, "0.12");
  set->add_option("--likely", options.plan.likely,
                  "Share of pictures that lie where people keep them: 0.7");
  set->add_option("--median-mpx", options.pictures.median_mpx, "0.5");
  set->add_option("--sigma", options.pictures.sigma, "0.8");
  set->add_option("--quality", options.pictures.jpeg_quality, "45");
  set->add_option("--gigabytes-max", options.gigabytes_max, "24");
  set->add_option("--threads", options.pictures.threads, "2");
  set->add_flag("--dry-run", options.dry_run, "Say how large it would be");
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Makes benign evidence to measure scans with", "kenal-evidence");
  app.require_subcommand(1);
  AddSet(app, options);
  CLI::App* tree = app.add_subcommand("tree", "Make a tree of small texts");
  tree->add_option("FOLDER", options.tree, "Folder of the tree")->required();
  tree->add_option("--files", options.tree_files, "1000000");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  const Status status = tree->parsed()
                            ? WriteTree(options.tree, options.tree_files,
                                        options.pictures.threads)
                            : MakeSet(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "kenal-evidence: %s\n",
               std::string(status.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace kenal::evidence

int main(int argc, char** argv) { return kenal::evidence::Main(argc, argv); }
