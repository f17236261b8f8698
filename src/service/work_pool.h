// Work pool: a few threads of our own and a bounded queue before them.
//
// gRPC's threads only read, write and hand over; everything that takes time
// happens here. A full queue is said at once, so that the caller can be told.
#ifndef KENAL_SRC_SERVICE_WORK_POOL_H_
#define KENAL_SRC_SERVICE_WORK_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "src/base/mutex.h"

namespace kenal::service {

struct WorkPoolOptions {
  std::string name;      // what it works on, for people: "matches"
  int worker_count = 1;  // 1 or more
  size_t queue_max = 0;  // tasks waiting; 0: a task needs an idle worker
  size_t bytes_max = 0;  // sum of the costs of tasks waiting
};

// Thread-safe.
class WorkPool {
 public:
  using Task = std::function<void()>;

  explicit WorkPool(WorkPoolOptions options);
  // Runs every accepted task, then ends the threads.
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // False, and `task` is dropped, when the queue is full by count or by bytes.
  // One task is accepted by an empty queue whatever its size.
  [[nodiscard]] bool Submit(size_t size_bytes, Task task);

  // For a running task that still has work and gives others their turn first:
  // to the end of the queue, whatever its length.
  void Requeue(Task task);

  const std::string& name() const { return options_.name; }

 private:
  struct Waiting {
    Task task;
    size_t size_bytes;
  };

  void Work();

  const WorkPoolOptions options_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<Waiting> queue_ KENAL_GUARDED_BY(mutex_);
  size_t queued_bytes_ KENAL_GUARDED_BY(mutex_) = 0;
  size_t running_ KENAL_GUARDED_BY(mutex_) = 0;
  bool ending_ KENAL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_WORK_POOL_H_
