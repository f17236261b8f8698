// JPEG bytes to signals: plain PDQ, and views with each effort in this process
// and in the sandbox; and how a pool scales from one worker to two.
//
//   decode_bench PATH_OF_KENAL_DECODER [PHOTOGRAPHS] [--benchmark_... flags]
//
// PHOTOGRAPHS  a folder; its JPEG files of 1 to 4 Mpx are rows of their own.
//
// `core_ms` is CPU time of this process and of the workers together, per
// picture: what a picture costs a core, also when the machine is busy.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>  // jpeglib.h needs it before itself.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <jpeglib.h>
#include <opencv2/core/utility.hpp>

#include "src/base/check.h"
#include "src/decode/codecs.h"
#include "src/decode/decoder_pool.h"
#include "src/signal/pdq.h"
#include "tests/decode/pictures.h"
#include "tests/decode/processes.h"

namespace kenal::decode {
namespace {

std::string decoder_path;

// One picture, or those of a folder.
using Files = std::vector<FileBytes>;

// Phone-like: 4:2:0, quality 90, made once a size.
const Files& Jpeg(int width, int height) {
  static std::map<std::pair<int, int>, Files> made;
  Files& files = made[{width, height}];
  if (files.empty()) files = {EncodeJpeg(Clouds(width, height, 1), {})};
  return files;
}

std::unique_ptr<DecoderPool> StartPool(int worker_count) {
  auto pool = DecoderPool::Start(
      {.worker_count = worker_count, .decoder_path = decoder_path});
  KENAL_CHECK(pool.ok());
  return *std::move(pool);
}

double CoreMs() {
  timespec own{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  double sum = static_cast<double>(own.tv_sec) * 1e3 +
               static_cast<double>(own.tv_nsec) / 1e6;
  for (pid_t pid : Children()) {
    clockid_t clock;
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) != 0) continue;
    if (clock_gettime(clock, &used) != 0) continue;
    sum += static_cast<double>(used.tv_sec) * 1e3 +
           static_cast<double>(used.tv_nsec) / 1e6;
  }
  return sum;
}

void Report(benchmark::State& state, double core_ms_before,
            int64_t picture_count) {
  state.SetItemsProcessed(picture_count);
  state.counters["core_ms"] =
      (CoreMs() - core_ms_before) / static_cast<double>(picture_count);
}

// libjpeg with its defaults; each row goes to `take`.
template <typename Take>
void DecodeRows(const FileBytes& file, Take take) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr error{};
  info.err = jpeg_std_error(&error);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  jpeg_start_decompress(&info);
  std::vector<uint8_t> row(size_t{info.output_width} *
                           static_cast<size_t>(info.output_components));
  JSAMPROW rows[] = {row.data()};
  while (info.output_scanline < info.output_height) {
    jpeg_read_scanlines(&info, rows, 1);
    take(info, row.data());
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
}

// Rows thrown away.
void Codec(const FileBytes& file) {
  DecodeRows(file, [](const jpeg_decompress_struct&, const uint8_t* row) {
    benchmark::DoNotOptimize(row);
  });
}

// What a hash of the whole picture costs and nothing else does: the baseline
// that views are held against.
void PlainPdq(const FileBytes& file) {
  std::optional<signal::PdqStream> stream;
  DecodeRows(file, [&](const jpeg_decompress_struct& info, const uint8_t* row) {
    if (!stream) {
      stream.emplace(static_cast<int>(info.output_width),
                     static_cast<int>(info.output_height));
    }
    if (info.output_components == 1) {
      stream->AddGreyRow(row);
    } else {
      stream->AddRgbRow(row);
    }
  });
  benchmark::DoNotOptimize(stream->Finish());
}

struct Level {
  const char* name;
  DecodeWork work;
};
const Level kLevels[] = {
    {"fast", {.views = QueryViews(Effort::kFast)}},
    {"normal", {.views = QueryViews(Effort::kNormal)}},
    {"thorough", {.views = QueryViews(Effort::kThorough)}},
    {"thorough+second",
     {.views = QueryViews(Effort::kThorough), .second_opinion = true}}};

using FilesOf = std::function<const Files&()>;

template <typename Work>
void Each(benchmark::State& state, const FilesOf& files, Work work) {
  const Files& all = files();
  work(all[0]);
  const double before = CoreMs();
  for (auto _ : state) {
    for (const FileBytes& file : all) work(file);
  }
  Report(state, before, state.iterations() * static_cast<int64_t>(all.size()));
}

void InProcess(benchmark::State& state, const FilesOf& files,
               const DecodeWork& work) {
  Each(state, files, [&work](const FileBytes& file) {
    KENAL_CHECK(DecodeBytes(file, work).reason == Reason::kNone);
  });
}

void InSandbox(benchmark::State& state, const FilesOf& files,
               const DecodeWork& work) {
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  Each(state, files, [&](const FileBytes& file) {
    KENAL_CHECK(!pool->Decode(file, work).failure);
  });
}

// A pool of one from nothing to ready, its spare too.
void PoolStart(benchmark::State& state) {
  for (auto _ : state) StartPool(1);
}

// 1 to 12 Mpx, as phones and messengers write them.
constexpr std::pair<int, int> kMixedSizes[] = {
    {1280, 960},  {4000, 3000}, {1600, 1200}, {2016, 1512},
    {3264, 2448}, {1440, 1080}, {2048, 1536}, {4032, 3024}};

// As many callers as workers take one picture after another.
void PoolOnMixedPictures(benchmark::State& state) {
  int worker_count = static_cast<int>(state.range(0));
  const DecodeWork work{.views = QueryViews(Effort::kNormal)};
  std::unique_ptr<DecoderPool> pool = StartPool(worker_count);
  constexpr int kPictureCount = 48;
  for (auto [width, height] : kMixedSizes) Jpeg(width, height);
  double before = CoreMs();
  for (auto _ : state) {
    std::atomic<int> next = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < worker_count; ++i) {
      callers.emplace_back([&next, &pool, &work] {
        for (int n = next++; n < kPictureCount; n = next++) {
          auto [width, height] =
              kMixedSizes[static_cast<size_t>(n) % std::size(kMixedSizes)];
          KENAL_CHECK(!pool->Decode(Jpeg(width, height)[0], work).failure);
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
  Report(state, before, state.iterations() * kPictureCount);
}

// 0.3 to 12 Mpx.
constexpr std::pair<int, int> kSizes[] = {
    {640, 480}, {1600, 1004}, {2016, 1512}, {4000, 3000}};

void RegisterRows(const std::string& what, const FilesOf& files) {
  const auto add = [&what](const std::string& row, auto work) {
    benchmark::RegisterBenchmark((row + "/" + what).c_str(), work)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  };
  add("CodecAlone",
      [files](benchmark::State& state) { Each(state, files, Codec); });
  add("PlainPdq",
      [files](benchmark::State& state) { Each(state, files, PlainPdq); });
  for (const Level& level : kLevels) {
    const std::string name = level.name;
    add("InProcess/" + name, [files, level](benchmark::State& state) {
      InProcess(state, files, level.work);
    });
    add("InSandbox/" + name, [files, level](benchmark::State& state) {
      InSandbox(state, files, level.work);
    });
  }
}

// The folder's JPEG pictures of 1 to 4 Mpx that decode whole.
Files Photographs(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  Files files;
  for (const std::filesystem::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    FileBytes file{std::istreambuf_iterator<char>(in), {}};
    const Outcome outcome = DecodeBytes(file, {});
    const int64_t pixels = int64_t{outcome.width} * outcome.height;
    if (outcome.kind != Kind::kJpeg || outcome.reason != Reason::kNone ||
        outcome.damaged || pixels < 1'000'000 || pixels > 4'000'000 ||
        outcome.views.size() > 1) {
      continue;
    }
    files.push_back(std::move(file));
  }
  return files;
}

void Register(const std::string& photographs) {
  for (auto [width, height] : kSizes) {
    RegisterRows(
        std::to_string(width) + "x" + std::to_string(height),
        [width, height]() -> const Files& { return Jpeg(width, height); });
  }
  if (!photographs.empty()) {
    static const Files files = Photographs(photographs);
    KENAL_CHECK(!files.empty());
    RegisterRows("photographs:" + std::to_string(files.size()),
                 []() -> const Files& { return files; });
  }
  benchmark::RegisterBenchmark("PoolOnMixedPictures", PoolOnMixedPictures)
      ->Arg(1)
      ->Arg(2)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  benchmark::RegisterBenchmark("PoolStart", PoolStart)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace
}  // namespace kenal::decode

int main(int argc, char** argv) {
  std::vector<std::string> paths;
  std::vector<char*> flags = {argv[0]};
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') {
      flags.push_back(argv[i]);
    } else {
      paths.emplace_back(argv[i]);
    }
  }
  if (paths.empty() || paths.size() > 2) {
    std::fprintf(stderr,
                 "usage: %s PATH_OF_KENAL_DECODER [PHOTOGRAPHS] [flags]\n",
                 argv[0]);
    return 2;
  }
  kenal::decode::decoder_path = paths[0];
  // As in a worker.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  cv::setNumThreads(1);
  kenal::decode::Register(paths.size() == 2 ? paths[1] : "");
  int count = static_cast<int>(flags.size());
  benchmark::Initialize(&count, flags.data());
  if (benchmark::ReportUnrecognizedArguments(count, flags.data())) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
