#include "bench/robustness/measure.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <utility>

#include "bench/robustness/parallel.h"
#include "bench/robustness/views_of.h"

namespace kenal::robustness {
namespace {

constexpr int kApartBits = 70;
constexpr size_t kGraphicsPerPhotograph = 10;  // in a sample
constexpr size_t kTimedPictures = 40;
constexpr int kTimedRuns = 3;
constexpr int kTimedQuality = 90;
// What is stored of graphics when photographs are held against them.
constexpr ViewSet kGraphicsRows = kWholeViews | ViewSet{View::kTrimmed};

double CpuMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 +
         static_cast<double>(time.tv_nsec) * 1e-6;
}

CorpusFacts FactsOf(const Corpus& corpus) {
  return {.count = corpus.pictures.size(),
          .flat_count = corpus.flat_count,
          .repeated_count = corpus.repeated_count,
          .unreadable = corpus.unreadable};
}

void NameUnreadable(const Corpus& corpus) {
  for (const std::string& what : corpus.unreadable) {
    std::fprintf(stderr, "left out: %s\n", what.c_str());
  }
}

LoadOptions LoadingOf(const Options& options) {
  return {.side_pixels_max = options.side_pixels_max,
          .quality_min = options.quality_min,
          .work = {.views = AllQueryViews() | AllEntryViews()},
          .threads = options.threads};
}

// The least time of several runs, meant over the pictures.
template <typename Work>
double MeanMilliseconds(const std::vector<Copy>& copies, const Work& work) {
  double sum = 0;
  for (const Copy& copy : copies) {
    double least = std::numeric_limits<double>::max();
    for (int run = 0; run < kTimedRuns; ++run) {
      const double start = CpuMilliseconds();
      work(copy);
      least = std::min(least, CpuMilliseconds() - start);
    }
    sum += least;
  }
  return sum / static_cast<double>(copies.size());
}

std::vector<Copy> TimedCopies(const std::vector<Picture>& pictures) {
  std::vector<Copy> copies;
  const size_t count = std::min(kTimedPictures, pictures.size());
  for (size_t i = 0; i < count; ++i) {
    copies.push_back(
        AsJpeg(pictures[i * pictures.size() / count].pixels, kTimedQuality));
  }
  return copies;
}

std::vector<StrategyCost> CostsOf(const std::vector<Strategy>& strategies,
                                  const std::vector<Picture>& pictures) {
  const std::vector<Copy> copies = TimedCopies(pictures);
  const auto count = static_cast<double>(pictures.size());
  std::vector<StrategyCost> costs;
  for (const Strategy& strategy : strategies) {
    StrategyCost cost;
    for (const Picture& picture : pictures) {
      cost.queries += CountQueries(strategy, picture.views) / count;
      cost.rows += CountRows(strategy, picture.views) / count;
    }
    const bool is_timed =
        !costs.empty() && strategy.query == strategies[costs.size() - 1].query;
    cost.milliseconds = is_timed
                            ? costs.back().milliseconds
                            : MeanMilliseconds(copies, [&](const Copy& copy) {
                                ViewsOf(copy, {.views = strategy.query});
                              });
    costs.push_back(cost);
  }
  return costs;
}

// Alters everything; fills the distances and returns every query hash.
HashTable AlterAll(const std::vector<Picture>& pictures, Results& results) {
  std::vector<HashTable> queries(pictures.size());
  const size_t rival_pictures = results.rival_distances.picture_count();
  std::vector<std::vector<Fingerprint>> own(rival_pictures);
  const auto visit = [&](const CopyOf& of, const Copy& copy,
                         const std::vector<PdqView>& views) {
    const Picture& picture = pictures[of.picture];
    for (size_t s = 0; s < results.strategies.size(); ++s) {
      results.distances.At(s, of.alteration, of.picture) =
          Compare(results.strategies[s], views, picture.views);
    }
    AddQueries(views,
               {.picture = static_cast<uint32_t>(of.picture),
                .beside = static_cast<uint32_t>(of.beside),
                .alteration = static_cast<uint16_t>(of.alteration)},
               queries[of.picture]);
    if (of.picture >= rival_pictures) return;
    const cv::Mat pixels = PixelsOf(copy);
    auto& prints = own[of.picture];
    for (size_t i = 0; i < kImageHashCount; ++i) {
      const ImageHash kind{static_cast<uint8_t>(i)};
      if (prints.size() <= i) {
        prints.push_back(FingerprintOf(kind, picture.pixels));
      }
      results.rival_distances.At(i, of.alteration, of.picture).any =
          DistanceOf(kind, FingerprintOf(kind, pixels), prints[i]);
    }
  };
  ForEachCopy(pictures, results.alterations, {.views = AllQueryViews()},
              results.options.threads, visit);
  HashTable all;
  for (HashTable& part : queries) {
    all.Append(part);
    part = {};
  }
  return all;
}

void CalibrateRivals(const std::vector<Picture>& graphics,
                     const std::vector<Picture>& photographs,
                     uint64_t pair_count, Results& results) {
  const int threads = results.options.threads;
  const std::vector<Copy> copies = TimedCopies(photographs);
  for (size_t i = 0; i < kImageHashCount; ++i) {
    const ImageHash kind{static_cast<uint8_t>(i)};
    std::vector<Fingerprint> prints(graphics.size());
    ForEach(ImageHashName(kind) + " of graphics", graphics.size(), threads,
            [&](size_t at) {
              prints[at] = FingerprintOf(kind, graphics[at].pixels);
            });
    results.rivals.push_back(
        {.kind = kind,
         .calibration = Calibrate(kind, prints, pair_count, threads),
         .milliseconds = MeanMilliseconds(copies, [&](const Copy& copy) {
           FingerprintOf(kind, PixelsOf(copy));
         })});
  }
}

Status MeasureGraphics(const std::vector<Picture>& photographs,
                       const HashTable& copies, Results& results) {
  const Options& options = results.options;
  LoadOptions loading = LoadingOf(options);
  loading.sample = options.sample * kGraphicsPerPhotograph;
  loading.keep_pixels = options.image_hash_sample > 0;
  KENAL_TRY_ASSIGN(const Corpus corpus, LoadCorpus(options.graphics, loading));
  NameUnreadable(corpus);
  const std::vector<Picture>& pictures = corpus.pictures;
  GraphicsResult& graphics = results.graphics.emplace();
  graphics.corpus = FactsOf(corpus);
  graphics.template_like = TemplateLikeOf(pictures);
  HashTable queries;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const auto at = static_cast<uint32_t>(i);
    AddQueries(pictures[i].views, {.picture = at, .beside = at}, queries);
  }
  const HashTable rows = RowsOf(pictures, AllEntryViews());
  const NearPairs near = FindNearPairs("graphics against graphics", queries,
                                       rows, true, options.threads);
  const HashTable some_rows = RowsOf(pictures, kGraphicsRows);
  graphics.near_photographs =
      FindNearPairs("copies of photographs against graphics", copies, some_rows,
                    false, options.threads);
  for (const Strategy& strategy : results.strategies) {
    graphics.pairs.push_back(GraphicsPairsOf(strategy, queries, rows, near));
    graphics.photograph_meetings.push_back(
        MeetingsOf(strategy, copies, some_rows, graphics.near_photographs));
  }
  if (options.image_hash_sample == 0) return OkStatus();
  CalibrateRivals(pictures, photographs, graphics.pairs.front().plain, results);
  return OkStatus();
}

}  // namespace

StatusOr<Results> Measure(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  LoadOptions loading = LoadingOf(options);
  loading.sample = options.sample;
  loading.apart_bits = kApartBits;
  loading.keep_pixels = true;
  KENAL_TRY_ASSIGN(const Corpus corpus,
                   LoadCorpus(options.photographs, loading));
  const std::vector<Picture>& pictures = corpus.pictures;
  NameUnreadable(corpus);
  if (pictures.size() < 2) {
    return FailedPrecondition(options.photographs +
                              ": holds fewer than two different pictures with "
                              "detail enough");
  }
  const std::vector<Strategy> strategies = AllStrategies();
  std::vector<Alteration> alterations = AllAlterations();
  const size_t rivals =
      options.graphics.empty()
          ? 0
          : std::min(options.image_hash_sample, pictures.size());
  Results results{
      .options = options,
      .alterations = alterations,
      .strategies = strategies,
      .photographs = FactsOf(corpus),
      .distances = {strategies.size(), alterations.size(), pictures.size()},
      .template_like = TemplateLikeOf(pictures),
      .rival_distances = {kImageHashCount, alterations.size(), rivals}};
  const HashTable copies = AlterAll(pictures, results);
  const HashTable rows = RowsOf(pictures, AllEntryViews());
  results.query_count = copies.size();
  results.row_count = rows.size();
  results.near = FindNearPairs("copies against other photographs", copies, rows,
                               true, options.threads);
  for (const Strategy& strategy : strategies) {
    results.meetings.push_back(
        MeetingsOf(strategy, copies, rows, results.near));
  }
  results.costs = CostsOf(strategies, pictures);
  if (!options.graphics.empty()) {
    KENAL_TRY(MeasureGraphics(pictures, copies, results));
  }
  results.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return results;
}

}  // namespace kenal::robustness
