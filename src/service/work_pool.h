// Work pool: a few threads of our own and a bounded queue before them.
//
// gRPC's threads only read, write and hand over; everything that takes time
// happens here. What cannot be done soon enough is refused at once, so that
// the caller can be told while there is time to ask elsewhere.
#ifndef KENAL_SRC_SERVICE_WORK_POOL_H_
#define KENAL_SRC_SERVICE_WORK_POOL_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "src/base/bell.h"
#include "src/service/rescheduler.h"

namespace kenal::service {

// What one client has waiting in each pool, so that it cannot fill a queue.
struct Share {
  static constexpr size_t kPoolsMax = 11;
  std::array<std::atomic<size_t>, kPoolsMax> waiting{};
};

// What waits in a queue. Owned by the pool once it was taken.
class Work {
 public:
  struct Cost {
    size_t items = 1;
    size_t size_bytes = 0;
    // Max: whenever.
    std::chrono::steady_clock::time_point deadline =
        std::chrono::steady_clock::time_point::max();
  };

  explicit Work(const Cost& cost, std::shared_ptr<Share> share = nullptr)
      : cost_(cost), share_(std::move(share)) {}
  virtual ~Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  // On a worker, once, with what joined it.
  virtual void Run(std::span<const std::unique_ptr<Work>> joined) = 0;
  // Whether this, waiting right behind, may be run with `first`, which `count`
  // others joined already. Called under the pool's lock.
  virtual bool Joins(const Work& /*first*/, size_t /*count*/) const {
    return false;
  }

  const Cost& cost() const { return cost_; }
  Share* share() const { return share_.get(); }

 private:
  const Cost cost_;
  const std::shared_ptr<Share> share_;
};

// Work that is a function.
class Task final : public Work {
 public:
  Task(const Cost& cost, std::shared_ptr<Share> share,
       std::function<void()> run)
      : Work(cost, std::move(share)), run_(std::move(run)) {}
  void Run(std::span<const std::unique_ptr<Work>> /*joined*/) override {
    run_();
  }

 private:
  std::function<void()> run_;
};

struct WorkPoolOptions {
  std::string name;      // what it works on, for people: "searches"
  size_t id = 0;         // of its place in Share, below kPoolsMax
  int worker_count = 1;  // 1 or more
  int niceness = 0;      // of the threads, and of those that they start
  bool pinned = false;   // thread i stays on processor i
  Rescheduler* rescheduler = nullptr;  // held by work; outlives the pool
  size_t queue_max = 0;  // items waiting; 0: work needs an idle worker
  size_t bytes_max = 0;  // sum of the sizes of what waits
  // Work that would wait longer by the pace of the moment is refused. 0: none
  // is for that.
  std::chrono::nanoseconds wait_max{0};
  // Work is joined only while all of it takes no longer than this by the pace
  // of the moment, since it ends together. 0: whatever it takes.
  std::chrono::nanoseconds joined_time_max{0};
};

// Thread-safe.
class WorkPool {
 public:
  static constexpr size_t kJoinedMax = 63;

  // Try again after this.
  struct Refused {
    std::chrono::milliseconds retry_after;
  };

  explicit WorkPool(WorkPoolOptions options);
  // Runs all that was taken, then ends the threads.
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // Takes `work`, or leaves it and says when to try again. Refused when the
  // queue is full by items or bytes; when the work's client already has as
  // many items waiting as there is room left, so that a flood leaves room for
  // others; and when the work would wait past its deadline or `wait_max`. An
  // idle worker takes whatever it is given.
  [[nodiscard]] std::optional<Refused> Submit(std::unique_ptr<Work>& work);
  // The same for a task.
  [[nodiscard]] bool Submit(const Work::Cost& cost, std::function<void()> run);

  // For work under way that goes on later and gives others their turn first:
  // to the end of the queue, whatever its length.
  void Requeue(std::unique_ptr<Work> work);

  size_t waiting_items() const {
    return items_.load(std::memory_order_relaxed);
  }
  const std::string& name() const { return options_.name; }

 private:
  using Clock = std::chrono::steady_clock;

  void RunThread(int index);
  void CallOne(std::unique_lock<std::mutex> lock);
  bool HasRoom(const Work& work) const;       // under mutex_
  std::chrono::nanoseconds Wait() const;      // under mutex_; estimated
  size_t JoinedMax() const;                   // under mutex_; estimated
  void Push(std::unique_ptr<Work> work);      // under mutex_
  std::unique_ptr<Work> Pop();                // under mutex_
  void Learn(size_t items, Clock::duration);  // under mutex_

  const WorkPoolOptions options_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Work>> queue_;
  std::atomic<size_t> items_ = 0;  // changed under mutex_
  size_t bytes_ = 0;
  size_t running_ = 0;
  std::vector<base::Bell*> idle_;  // of workers not called yet
  double nanoseconds_per_item_ = 0;
  bool ending_ = false;
  std::deque<base::Bell> bells_;  // by worker
  std::vector<std::thread> threads_;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_WORK_POOL_H_
