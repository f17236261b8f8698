// Wakes one thread and never waits for it. Notifying a condition variable may
// block until threads that were woken before have run (glibc 2.36,
// __condvar_quiesce_and_switch_g1), so a live call that tells a thread of low
// priority would wait for it.
#ifndef KENAL_SRC_BASE_BELL_H_
#define KENAL_SRC_BASE_BELL_H_

#include <semaphore.h>

#include <cerrno>
#include <chrono>
#include <ctime>

#include "src/base/check.h"

namespace kenal::base {

// One thread waits, any may ring. A ring before the wait ends it at once.
class Bell {
 public:
  Bell() { KENAL_CHECK(sem_init(&rung_, 0, 0) == 0); }
  ~Bell() { sem_destroy(&rung_); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void Ring() { sem_post(&rung_); }

  void Wait() {
    while (sem_wait(&rung_) != 0) KENAL_CHECK(errno == EINTR);
  }

  // False when nobody rang in that time.
  bool WaitFor(std::chrono::milliseconds time) {
    timespec until{};
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += time.count() / 1000;
    until.tv_nsec += (time.count() % 1000) * 1'000'000;
    if (until.tv_nsec >= 1'000'000'000) {
      ++until.tv_sec;
      until.tv_nsec -= 1'000'000'000;
    }
    while (sem_clockwait(&rung_, CLOCK_MONOTONIC, &until) != 0) {
      if (errno == ETIMEDOUT) return false;
      KENAL_CHECK(errno == EINTR);
    }
    return true;
  }

 private:
  sem_t rung_{};
};

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_BELL_H_
