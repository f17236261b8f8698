// What all connections of a server share.
#ifndef KENAL_SRC_HTTP_SHARED_H_
#define KENAL_SRC_HTTP_SHARED_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "src/http/api.h"
#include "src/http/http_server.h"
#include "src/http/large_work.h"
#include "src/service/dispatcher.h"

namespace kenal::http {

// Counts things that have to end before a server may. Thread-safe.
class Count {
 public:
  void Begin() { ++count_; }
  void End() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) changed_.notify_all();
  }
  size_t get() const { return count_; }
  // False: something had not ended by then.
  bool WaitUntil(std::chrono::steady_clock::time_point time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, time, [this] { return count_ == 0; });
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::atomic<size_t> count_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

struct Shared {
  Shared(service::Dispatcher& the_dispatcher, const HttpLimits& the_limits)
      : dispatcher(the_dispatcher),
        limits(the_limits),
        large({.waiting_bytes_max = limits.bytes_in_flight_max / 4}) {}

  service::Dispatcher& dispatcher;
  const HttpLimits limits;
  const Api api;
  std::atomic<size_t> bytes_in_flight{0};
  std::atomic<bool> draining{false};
  Count calls;  // from a whole request to its rendered answer
  Count connections;
  LargeWork large;
};

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_SHARED_H_
