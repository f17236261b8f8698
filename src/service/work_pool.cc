#include "src/service/work_pool.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/base/scheduling.h"

namespace kenal::service {
namespace {

using std::chrono::milliseconds;

// A caller who was refused and comes straight back costs as much as an answer.
constexpr milliseconds kRetryMin{50};
constexpr milliseconds kRetryMax{10'000};
// Of the pace so far, in what the next work tells.
constexpr double kMemory = 0.875;

}  // namespace

WorkPool::WorkPool(WorkPoolOptions options) : options_(std::move(options)) {
  KENAL_CHECK(options_.worker_count > 0);
  KENAL_CHECK(options_.id < Share::kPoolsMax);
  const auto count = static_cast<size_t>(options_.worker_count);
  bells_.resize(count);
  idle_.reserve(count);
  for (int i = 0; i < options_.worker_count; ++i) {
    threads_.emplace_back([this, i] { RunThread(i); });
  }
}

WorkPool::~WorkPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (base::Bell* const bell : idle_) bell->Ring();
    idle_.clear();
  }
  for (std::thread& thread : threads_) thread.join();
}

std::chrono::nanoseconds WorkPool::Wait() const {
  return std::chrono::nanoseconds(static_cast<int64_t>(
      static_cast<double>(items_.load(std::memory_order_relaxed)) *
      nanoseconds_per_item_ / options_.worker_count));
}

bool WorkPool::HasRoom(const Work& work) const {
  const size_t workers = static_cast<size_t>(options_.worker_count);
  const size_t waiting = items_.load(std::memory_order_relaxed);
  if (running_ + queue_.size() < workers) return true;
  if (options_.queue_max == 0) return false;
  const Work::Cost& cost = work.cost();
  if (queue_.empty()) return true;
  // What idle workers are about to take does not count as waiting.
  const size_t room = options_.queue_max + workers - running_;
  if (waiting + cost.items > room) return false;
  if (bytes_ + cost.size_bytes > options_.bytes_max) return false;
  if (work.share() != nullptr) {
    const size_t held = work.share()->waiting[options_.id].load();
    if (held > 0 && held + cost.items > room - waiting) {
      return false;
    }
  }
  if (queue_.size() < 2 * workers) return true;  // too few for an estimate
  const std::chrono::nanoseconds wait = Wait();
  if (options_.wait_max.count() > 0 && wait > options_.wait_max) return false;
  return cost.deadline == Clock::time_point::max() ||
         Clock::now() + wait < cost.deadline;
}

void WorkPool::Push(std::unique_ptr<Work> work) {
  items_ += work->cost().items;
  bytes_ += work->cost().size_bytes;
  if (work->share() != nullptr) {
    work->share()->waiting[options_.id] += work->cost().items;
  }
  queue_.push_back(std::move(work));
}

std::unique_ptr<Work> WorkPool::Pop() {
  std::unique_ptr<Work> work = std::move(queue_.front());
  queue_.pop_front();
  items_ -= work->cost().items;
  bytes_ -= work->cost().size_bytes;
  if (work->share() != nullptr) {
    work->share()->waiting[options_.id] -= work->cost().items;
  }
  return work;
}

std::optional<WorkPool::Refused> WorkPool::Submit(std::unique_ptr<Work>& work) {
  std::unique_lock lock(mutex_);
  if (!HasRoom(*work)) {
    const auto wait = std::chrono::duration_cast<milliseconds>(2 * Wait());
    return Refused{std::clamp(wait, kRetryMin, kRetryMax)};
  }
  Push(std::move(work));
  CallOne(std::move(lock));
  return std::nullopt;
}

// The one that worked last: what it needs may still be in its caches.
void WorkPool::CallOne(std::unique_lock<std::mutex> lock) {
  if (idle_.empty()) return;
  base::Bell* const bell = idle_.back();
  idle_.pop_back();
  lock.unlock();
  bell->Ring();
}

bool WorkPool::Submit(const Work::Cost& cost, std::function<void()> run) {
  std::unique_ptr<Work> task =
      std::make_unique<Task>(cost, nullptr, std::move(run));
  return !Submit(task);
}

void WorkPool::Requeue(std::unique_ptr<Work> work) {
  std::unique_lock lock(mutex_);
  Push(std::move(work));
  CallOne(std::move(lock));
}

size_t WorkPool::JoinedMax() const {
  const double time =
      std::chrono::duration<double, std::nano>(options_.joined_time_max)
          .count();
  if (time == 0 || nanoseconds_per_item_ == 0) return kJoinedMax;
  return static_cast<size_t>(
      std::min<double>(kJoinedMax, time / nanoseconds_per_item_));
}

void WorkPool::Learn(size_t items, Clock::duration took) {
  const double each =
      static_cast<double>(std::chrono::nanoseconds(took).count()) /
      static_cast<double>(std::max<size_t>(items, 1));
  nanoseconds_per_item_ =
      nanoseconds_per_item_ == 0
          ? each
          : kMemory * nanoseconds_per_item_ + (1 - kMemory) * each;
}

void WorkPool::RunThread(int index) {
  if (options_.niceness != 0) base::LowerPriority(options_.niceness);
  if (options_.pinned) base::PinTo(index);
  std::vector<std::unique_ptr<Work>> joined;
  base::Bell& bell = bells_[static_cast<size_t>(index)];
  std::unique_lock lock(mutex_);
  while (true) {
    while (queue_.empty() && !ending_) {
      idle_.push_back(&bell);
      lock.unlock();
      bell.Wait();
      lock.lock();
    }
    if (queue_.empty()) return;
    std::unique_ptr<Work> first = Pop();
    size_t items = first->cost().items;
    const size_t joined_max = JoinedMax();
    while (!queue_.empty() && joined.size() < joined_max &&
           queue_.front()->Joins(*first, joined.size())) {
      joined.push_back(Pop());
      items += joined.back()->cost().items;
    }
    ++running_;
    lock.unlock();
    const Clock::time_point start = Clock::now();
    {
      const Rescheduler::Hold hold(options_.rescheduler);
      first->Run(joined);
    }
    const Clock::duration took = Clock::now() - start;
    first.reset();
    joined.clear();
    lock.lock();
    --running_;
    Learn(items, took);
  }
}

}  // namespace kenal::service
