// A gate that holds calls until a test opens it.
#ifndef KENAL_TESTS_SERVICE_GATE_H_
#define KENAL_TESTS_SERVICE_GATE_H_

#include <condition_variable>
#include <mutex>

namespace kenal::testing {

// A call waits here until the test opens the gate; the test can wait until so
// many are waiting.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void AwaitArrivals(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool open_ = false;
};

}  // namespace kenal::testing

#endif  // KENAL_TESTS_SERVICE_GATE_H_
