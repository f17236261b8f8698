// A clock that a test moves, for lists that expire.
#ifndef KENAL_TESTS_ENGINE_MOVED_CLOCK_H_
#define KENAL_TESTS_ENGINE_MOVED_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "src/base/clock.h"

namespace kenal::testing {

// Where the clock of the process stands while a MovedClock lives.
inline std::atomic<int64_t> now_unix_ms{0};
inline constexpr int64_t kClockStart = 1'700'000'000'000;

class MovedClock {
 public:
  MovedClock() {
    now_unix_ms = kClockStart;
    base::SetClockForTest([] { return now_unix_ms.load(); });
  }
  ~MovedClock() { base::SetClockForTest(nullptr); }
  MovedClock(const MovedClock&) = delete;
  MovedClock& operator=(const MovedClock&) = delete;
};

}  // namespace kenal::testing

#endif  // KENAL_TESTS_ENGINE_MOVED_CLOCK_H_
