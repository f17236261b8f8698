// Has the kernel choose again, many times a second, who runs.
//
// A thread of low priority that was given a processor keeps it until the next
// clock tick, 4 ms on most kernels, when nobody wakes up on that processor;
// live threads that wait their turn there are late by as much. While work of
// low priority runs, a thread on each processor wakes and sleeps again, which
// makes the kernel look who comes first.
//
// Source: Linux 6.18, kernel/sched/fair.c (a running task is compared with
// others at a wake-up and at a tick alone); measured in
// bench/results/service.md.
#ifndef KENAL_SRC_SERVICE_RESCHEDULER_H_
#define KENAL_SRC_SERVICE_RESCHEDULER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "src/base/mutex.h"

namespace kenal::service {

// Thread-safe.
// Cost: while something holds it, and for a moment after, some microseconds of
// each processor in every period; otherwise none.
class Rescheduler {
 public:
  // Beyond this many processors one is free for who wakes.
  static constexpr int kProcessorsMax = 16;

  // What bulk work leaves behind, such as merging parts of the index, goes on
  // for a while.
  static constexpr std::chrono::milliseconds kAfterwards{3000};

  // period      0: does nothing
  // afterwards  how long it goes on when nothing holds it any more
  explicit Rescheduler(std::chrono::microseconds period,
                       std::chrono::milliseconds afterwards = kAfterwards);
  ~Rescheduler();
  Rescheduler(const Rescheduler&) = delete;
  Rescheduler& operator=(const Rescheduler&) = delete;

  // While it lives, work of low priority runs.
  class Hold {
   public:
    // rescheduler  may be null
    explicit Hold(Rescheduler* rescheduler);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Rescheduler* const rescheduler_;
  };

  // How often a thread of it woke, all together.
  uint64_t looks() const { return looks_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  void Run(int processor);
  bool Wanted() const KENAL_REQUIRES(mutex_);

  const std::chrono::microseconds period_;
  const std::chrono::milliseconds afterwards_;
  std::atomic<uint64_t> looks_ = 0;
  base::Mutex mutex_;
  base::CondVar changed_;
  int holds_ KENAL_GUARDED_BY(mutex_) = 0;
  Clock::time_point until_ KENAL_GUARDED_BY(mutex_);
  bool ending_ KENAL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_RESCHEDULER_H_
