// PDQ from pixels in memory, one core. Arguments are width and height.
//
// Each SIMD target of the machine runs beside the plain twin, so that a
// result file holds its own baseline. Counters: pixels a second, and the peak
// of heap memory that one hash holds, apart from its input.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "src/signal/pdq.h"
#include "src/signal/pdq_plain.h"
#include "src/signal/simd.h"

namespace {

size_t heap_bytes = 0;
size_t heap_bytes_peak = 0;

// Room for the size in front of each block; keeps every alignment up to it.
constexpr size_t kHeaderBytes = 64;

void* Counted(size_t size_bytes) {
  const size_t whole =
      (size_bytes + 2 * kHeaderBytes - 1) / kHeaderBytes * kHeaderBytes;
  void* const block = std::aligned_alloc(kHeaderBytes, whole);
  if (block == nullptr) std::abort();
  *static_cast<size_t*>(block) = size_bytes;
  heap_bytes += size_bytes;
  heap_bytes_peak = std::max(heap_bytes_peak, heap_bytes);
  return static_cast<char*>(block) + kHeaderBytes;
}

void Release(void* pointer) {
  if (pointer == nullptr) return;
  void* const block = static_cast<char*>(pointer) - kHeaderBytes;
  heap_bytes -= *static_cast<size_t*>(block);
  std::free(block);
}

}  // namespace

void* operator new(size_t size) { return Counted(size); }
void* operator new(size_t size, std::align_val_t) { return Counted(size); }
void operator delete(void* pointer) noexcept { Release(pointer); }
void operator delete(void* pointer, size_t) noexcept { Release(pointer); }
void operator delete(void* pointer, std::align_val_t) noexcept {
  Release(pointer);
}
void operator delete(void* pointer, size_t, std::align_val_t) noexcept {
  Release(pointer);
}

namespace kenal::signal {
namespace {

struct Size {
  int width;
  int height;
  size_t Pixels() const {
    return static_cast<size_t>(width) * static_cast<size_t>(height);
  }
};

// Smooth enough to look like a picture, with noise in the low bits.
std::vector<uint8_t> MakeRgb(Size size) {
  std::mt19937 random(1);
  std::vector<uint8_t> rgb;
  rgb.reserve(3 * size.Pixels());
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < 3 * size.width; ++x) {
      rgb.push_back(static_cast<uint8_t>(x * 120 / size.width +
                                         y * 120 / size.height +
                                         static_cast<int>(random() % 16)));
    }
  }
  return rgb;
}

std::vector<float> MakeLuma(Size size) {
  const std::vector<uint8_t> rgb = MakeRgb(size);
  std::vector<float> luma(size.Pixels());
  LumaFromRgb(rgb.data(), static_cast<int>(luma.size()), luma.data());
  return luma;
}

void Report(benchmark::State& state, Size size, size_t heap_before) {
  state.counters["pixels/s"] =
      benchmark::Counter(static_cast<double>(size.Pixels()),
                         benchmark::Counter::kIsIterationInvariantRate);
  state.counters["peak_bytes"] =
      static_cast<double>(heap_bytes_peak - heap_before);
}

PdqResult HashLuma(const std::vector<float>& luma, Size size) {
  PdqStream stream(size.width, size.height);
  const float* row = luma.data();
  for (int y = 0; y < size.height; ++y, row += size.width) {
    stream.AddLumaRow(row);
  }
  return stream.Finish();
}

PdqResult HashRgb(const std::vector<uint8_t>& rgb, Size size) {
  PdqStream stream(size.width, size.height);
  const uint8_t* row = rgb.data();
  for (int y = 0; y < size.height; ++y, row += 3 * size.width) {
    stream.AddRgbRow(row);
  }
  return stream.Finish();
}

template <class Run>
void Measure(benchmark::State& state, Size size, Run run) {
  const size_t heap_before = heap_bytes;
  heap_bytes_peak = heap_bytes;
  for (auto _ : state) benchmark::DoNotOptimize(run());
  Report(state, size, heap_before);
}

void LumaToHashes(benchmark::State& state, Size size,
                  const std::string& target) {
  UseSimdTargetForTest(target);
  const std::vector<float> luma = MakeLuma(size);
  Measure(state, size, [&] { return HashLuma(luma, size); });
  UseSimdTargetForTest("");
}

void RgbToHashes(benchmark::State& state, Size size,
                 const std::string& target) {
  UseSimdTargetForTest(target);
  const std::vector<uint8_t> rgb = MakeRgb(size);
  Measure(state, size, [&] { return HashRgb(rgb, size); });
  UseSimdTargetForTest("");
}

void RgbToLuma(benchmark::State& state, Size size) {
  const std::vector<uint8_t> rgb = MakeRgb(size);
  std::vector<float> luma(static_cast<size_t>(size.width));
  Measure(state, size, [&] {
    for (int y = 0; y < size.height; ++y) {
      LumaFromRgb(rgb.data() + 3 * y * size.width, size.width, luma.data());
      benchmark::ClobberMemory();
    }
    return luma[0];
  });
}

void PlainLumaToHashes(benchmark::State& state, Size size) {
  const std::vector<float> luma = MakeLuma(size);
  Measure(state, size, [&] { return PlainPdq(luma, size.width, size.height); });
}

std::string Name(const std::string& what, Size size,
                 const std::string& target) {
  return what + "/" + std::to_string(size.width) + "x" +
         std::to_string(size.height) + "/" + target;
}

void Register() {
  constexpr Size kSmall{512, 512};
  constexpr Size kMiddle{1600, 1004};
  constexpr Size kLarge{4000, 3000};
  const auto add = [](const std::string& name, auto run) {
    benchmark::RegisterBenchmark(name.c_str(), run)
        ->Unit(benchmark::kMillisecond);
  };
  for (const std::string& target : SimdTargets()) {
    for (const Size size : {kSmall, kMiddle, kLarge}) {
      add(Name("LumaToHashes", size, target),
          [=](benchmark::State& state) { LumaToHashes(state, size, target); });
      add(Name("RgbToHashes", size, target),
          [=](benchmark::State& state) { RgbToHashes(state, size, target); });
    }
  }
  for (const Size size : {kSmall, kMiddle, kLarge}) {
    add(Name("RgbToLuma", size, SimdTargets().front()),
        [=](benchmark::State& state) { RgbToLuma(state, size); });
  }
  for (const Size size : {kSmall, kMiddle, kLarge}) {
    add(Name("LumaToHashes", size, "plain"),
        [=](benchmark::State& state) { PlainLumaToHashes(state, size); });
  }
}

}  // namespace
}  // namespace kenal::signal

int main(int argc, char** argv) {
  kenal::signal::Register();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
