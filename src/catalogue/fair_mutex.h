// Fair mutex: lets threads in in the order in which they came. An import takes
// and leaves the write lock all the time; with a common mutex it would mostly
// have it again before a waiting writer has woken up.
#ifndef KENAL_SRC_CATALOGUE_FAIR_MUTEX_H_
#define KENAL_SRC_CATALOGUE_FAIR_MUTEX_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "src/base/mutex.h"

namespace kenal::catalogue {

// Cost: that of two common locks; each leaving wakes all that wait.
class KENAL_THREAD_ATTRIBUTE(capability("mutex")) FairMutex {
 public:
  void Lock() KENAL_THREAD_ATTRIBUTE(acquire_capability()) {
    std::unique_lock<std::mutex> lock(mutex_);
    const uint64_t mine = next_++;
    served_.wait(lock, [&] { return serving_ == mine; });
  }
  void Unlock() KENAL_THREAD_ATTRIBUTE(release_capability()) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++serving_;
    }
    served_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable served_;
  uint64_t next_ = 0;     // whoever comes next
  uint64_t serving_ = 0;  // who may hold it
};

class KENAL_THREAD_ATTRIBUTE(scoped_lockable) FairLock {
 public:
  explicit FairLock(FairMutex& mutex)
      KENAL_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~FairLock() KENAL_THREAD_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  FairLock(const FairLock&) = delete;
  FairLock& operator=(const FairLock&) = delete;

 private:
  FairMutex& mutex_;
};

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_FAIR_MUTEX_H_
