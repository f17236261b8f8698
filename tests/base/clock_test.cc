#include "src/base/clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace kenal::base {
namespace {

TEST(Clock, WritesUtcAsRfc3339) {
  EXPECT_EQ(FormatUtc(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatUtc(951'782'399'999), "2000-02-28T23:59:59Z");
  EXPECT_EQ(FormatUtc(951'782'400'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(FormatUtc(2'147'483'648'000), "2038-01-19T03:14:08Z");
}

// A machine's own time zone must not show.
TEST(Clock, DoesNotDependOnTheTimeZone) {
  setenv("TZ", "Asia/Jakarta", 1);
  tzset();
  EXPECT_EQ(FormatUtc(0), "1970-01-01T00:00:00Z");
  unsetenv("TZ");
  tzset();
}

TEST(Clock, IsTheSystemsUntilATestMovesIt) {
  const auto system_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const int64_t before = system_ms();
  const int64_t now = NowUnixMs();
  EXPECT_LE(before, now);
  EXPECT_LE(now, system_ms());

  SetClockForTest([] { return int64_t{42}; });
  EXPECT_EQ(NowUnixMs(), 42);
  SetClockForTest(nullptr);
  EXPECT_GE(NowUnixMs(), before);
}

}  // namespace
}  // namespace kenal::base
