// std::mutex with clang's thread-safety annotations.
#ifndef KENAL_SRC_BASE_MUTEX_H_
#define KENAL_SRC_BASE_MUTEX_H_

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define KENAL_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define KENAL_THREAD_ATTRIBUTE(x)
#endif
#define KENAL_GUARDED_BY(x) KENAL_THREAD_ATTRIBUTE(guarded_by(x))
#define KENAL_REQUIRES(...) \
  KENAL_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define KENAL_EXCLUDES(...) KENAL_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace kenal::base {

class KENAL_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void Lock() KENAL_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void Unlock() KENAL_THREAD_ATTRIBUTE(release_capability()) {
    mutex_.unlock();
  }
  // For std::condition_variable_any.
  void lock() KENAL_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() KENAL_THREAD_ATTRIBUTE(release_capability()) {
    mutex_.unlock();
  }

 private:
  std::mutex mutex_;
};

class KENAL_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex)
      KENAL_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() KENAL_THREAD_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on a base::Mutex that the caller holds.
class CondVar {
 public:
  template <typename Predicate>
  void Wait(Mutex& mutex, Predicate ready) KENAL_REQUIRES(mutex) {
    condition_.wait(mutex, ready);
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_MUTEX_H_
