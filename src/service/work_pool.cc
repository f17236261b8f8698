#include "src/service/work_pool.h"

#include <utility>

#include "src/base/check.h"

namespace kenal::service {

WorkPool::WorkPool(WorkPoolOptions options) : options_(std::move(options)) {
  KENAL_CHECK(options_.worker_count > 0);
  for (int i = 0; i < options_.worker_count; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

WorkPool::~WorkPool() {
  {
    base::MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkPool::Submit(size_t size_bytes, Task task) {
  {
    base::MutexLock lock(mutex_);
    const size_t workers = static_cast<size_t>(options_.worker_count);
    if (running_ + queue_.size() >= workers + options_.queue_max) return false;
    if (!queue_.empty() && queued_bytes_ + size_bytes > options_.bytes_max) {
      return false;
    }
    queued_bytes_ += size_bytes;
    queue_.push_back({std::move(task), size_bytes});
  }
  changed_.NotifyOne();
  return true;
}

void WorkPool::Requeue(Task task) {
  {
    base::MutexLock lock(mutex_);
    queue_.push_back({std::move(task), 0});
  }
  changed_.NotifyOne();
}

void WorkPool::Work() {
  while (true) {
    Waiting next;
    {
      base::MutexLock lock(mutex_);
      changed_.Wait(mutex_, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= next.size_bytes;
      ++running_;
    }
    next.task();
    base::MutexLock lock(mutex_);
    --running_;
  }
}

}  // namespace kenal::service
