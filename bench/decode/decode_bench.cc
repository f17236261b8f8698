// JPEG bytes to signals: in this process and in the sandbox, and how a pool
// scales from one worker to two.
//
//   decode_bench PATH_OF_KENAL_DECODER [--benchmark_... flags]
//
// `core_ms` is CPU time of this process and of the workers together, per
// picture: what a picture costs a core, also when the machine is busy.
#include <time.h>

#include <atomic>
#include <cstdio>  // jpeglib.h needs it before itself.
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <jpeglib.h>

#include "src/base/check.h"
#include "src/decode/codecs.h"
#include "src/decode/decoder_pool.h"
#include "tests/decode/pictures.h"
#include "tests/decode/processes.h"

namespace kenal::decode {
namespace {

std::string decoder_path;

// Phone-like: 4:2:0, quality 90, made once a size.
const FileBytes& Jpeg(int width, int height) {
  static std::map<std::pair<int, int>, FileBytes> files;
  FileBytes& file = files[{width, height}];
  if (file.empty()) file = EncodeJpeg(Clouds(width, height, 1), {});
  return file;
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

// The codec alone, rows thrown away: what is left of InProcess is luma and
// PDQ.
void CodecAlone(benchmark::State& state) {
  const FileBytes& file =
      Jpeg(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  double before = CoreMs();
  std::vector<uint8_t> row(static_cast<size_t>(state.range(0)) * 3);
  for (auto _ : state) {
    jpeg_decompress_struct info{};
    jpeg_error_mgr error{};
    info.err = jpeg_std_error(&error);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, file.data(), file.size());
    jpeg_read_header(&info, TRUE);
    jpeg_start_decompress(&info);
    JSAMPROW rows[] = {row.data()};
    while (info.output_scanline < info.output_height) {
      jpeg_read_scanlines(&info, rows, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
  }
  Report(state, before, state.iterations());
}

void InProcess(benchmark::State& state) {
  const FileBytes& file =
      Jpeg(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  double before = CoreMs();
  for (auto _ : state) {
    Outcome outcome = DecodeBytes(file);
    KENAL_CHECK(outcome.reason == Reason::kNone);
  }
  Report(state, before, state.iterations());
}

void InSandbox(benchmark::State& state) {
  const FileBytes& file =
      Jpeg(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  std::unique_ptr<DecoderPool> pool = StartPool(1);
  KENAL_CHECK(!pool->Decode(file).failure);
  double before = CoreMs();
  for (auto _ : state) {
    KENAL_CHECK(!pool->Decode(file).failure);
  }
  Report(state, before, state.iterations());
}

// 1 to 12 Mpx, as phones and messengers write them.
constexpr std::pair<int, int> kMixedSizes[] = {
    {1280, 960},  {4000, 3000}, {1600, 1200}, {2016, 1512},
    {3264, 2448}, {1440, 1080}, {2048, 1536}, {4032, 3024}};

// 0.3 to 48 Mpx.
constexpr std::pair<int, int> kSizes[] = {
    {640, 480}, {1600, 1004}, {2016, 1512}, {4000, 3000}, {8000, 6000}};

// As many callers as workers take one picture after another.
void PoolOnMixedPictures(benchmark::State& state) {
  int worker_count = static_cast<int>(state.range(0));
  std::unique_ptr<DecoderPool> pool = StartPool(worker_count);
  constexpr int kPictureCount = 48;
  for (auto [width, height] : kMixedSizes) Jpeg(width, height);
  double before = CoreMs();
  for (auto _ : state) {
    std::atomic<int> next = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < worker_count; ++i) {
      callers.emplace_back([&next, &pool] {
        for (int n = next++; n < kPictureCount; n = next++) {
          auto [width, height] =
              kMixedSizes[static_cast<size_t>(n) % std::size(kMixedSizes)];
          KENAL_CHECK(!pool->Decode(Jpeg(width, height)).failure);
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
  Report(state, before, state.iterations() * kPictureCount);
}

void Register() {
  const std::pair<const char*, void (*)(benchmark::State&)> works[] = {
      {"JpegCodecAlone", CodecAlone},
      {"JpegInProcess", InProcess},
      {"JpegInSandbox", InSandbox}};
  for (auto [name, work] : works) {
    auto* one = benchmark::RegisterBenchmark(name, work);
    for (auto [width, height] : kSizes) one->Args({width, height});
    one->Unit(benchmark::kMillisecond)->UseRealTime();
  }
  benchmark::RegisterBenchmark("PoolOnMixedPictures", PoolOnMixedPictures)
      ->Arg(1)
      ->Arg(2)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace
}  // namespace kenal::decode

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s PATH_OF_KENAL_DECODER [flags]\n", argv[0]);
    return 2;
  }
  kenal::decode::decoder_path = argv[1];
  for (int i = 1; i + 1 < argc; ++i) argv[i] = argv[i + 1];
  --argc;
  kenal::decode::Register();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
