// Parts of a test in a process of their own: what they crash, hang or take in
// memory is theirs alone.
#ifndef KENAL_TESTS_FORMATS_CHILD_H_
#define KENAL_TESTS_FORMATS_CHILD_H_

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace kenal::formats {

// Runs `body` in a child. Its failures are said there and fail the test here,
// and so does its death.
template <typename Body>
void InChild(const Body& body) {
  constexpr unsigned kHangSeconds = 240;
  std::fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(kHangSeconds);
    body();
    std::fflush(nullptr);
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_FALSE(WIFSIGNALED(status)) << "ended by signal " << WTERMSIG(status);
  ASSERT_EQ(WEXITSTATUS(status), 0) << "failed in its child, see above";
}

// What reading may take beyond what it takes of a file that is as it should be.
inline constexpr long kGrowthKiBMax = 64 * 1024;

// The highest so far, of this process.
inline long PeakKiB() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// Sanitizers keep memory that was given back.
inline void ExpectSmallGrowth(long before_kib) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(PeakKiB() - before_kib, kGrowthKiBMax);
#else
  static_cast<void>(before_kib);
#endif
}

}  // namespace kenal::formats

#endif  // KENAL_TESTS_FORMATS_CHILD_H_
