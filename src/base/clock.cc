#include "src/base/clock.h"

#include <atomic>
#include <chrono>
#include <ctime>

namespace kenal::base {
namespace {

int64_t SystemUnixMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::atomic<int64_t (*)()> clock_source{&SystemUnixMs};

}  // namespace

int64_t NowUnixMs() { return clock_source.load()(); }

std::string FormatUtc(int64_t unix_ms) {
  const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const size_t size =
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, size);
}

void SetClockForTest(int64_t (*clock)()) {
  clock_source.store(clock != nullptr ? clock : &SystemUnixMs);
}

}  // namespace kenal::base
