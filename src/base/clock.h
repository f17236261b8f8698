// Wall-clock time, behind a seam that tests can move. Order comes from log
// sequences, never from this.
#ifndef KENAL_SRC_BASE_CLOCK_H_
#define KENAL_SRC_BASE_CLOCK_H_

#include <cstdint>
#include <string>

namespace kenal::base {

// Milliseconds since 1970-01-01 UTC.
int64_t NowUnixMs();

// "2026-11-21T21:30:00Z".
std::string FormatUtc(int64_t unix_ms);

// Replaces NowUnixMs for the process; nullptr restores it. Tests only.
void SetClockForTest(int64_t (*clock)());

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_CLOCK_H_
