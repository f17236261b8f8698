#include "src/service/rescheduler.h"

#include <sched.h>

#include "src/base/scheduling.h"

namespace kenal::service {
namespace {

// Those that this process may run on.
std::vector<int> Processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<int> processors;
  for (size_t i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &allowed)) processors.push_back(static_cast<int>(i));
  }
  return processors;
}

}  // namespace

Rescheduler::Rescheduler(std::chrono::microseconds period,
                         std::chrono::milliseconds afterwards)
    : period_(period), afterwards_(afterwards) {
  if (period.count() == 0) return;
  const std::vector<int> processors = Processors();
  if (processors.size() > kProcessorsMax) return;
  for (const int processor : processors) {
    threads_.emplace_back([this, processor] { Run(processor); });
  }
}

Rescheduler::~Rescheduler() {
  {
    base::MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

bool Rescheduler::Wanted() const { return holds_ > 0 || Clock::now() < until_; }

void Rescheduler::Run(int processor) {
  base::AskForShortTurns();
  base::PinTo(processor);
  base::MutexLock lock(mutex_);
  while (!ending_) {
    if (!Wanted()) {
      changed_.Wait(mutex_, [this] { return ending_ || Wanted(); });
      continue;
    }
    mutex_.Unlock();
    std::this_thread::sleep_for(period_);
    looks_.fetch_add(1, std::memory_order_relaxed);
    mutex_.Lock();
  }
}

Rescheduler::Hold::Hold(Rescheduler* rescheduler) : rescheduler_(rescheduler) {
  if (rescheduler_ == nullptr || rescheduler_->threads_.empty()) return;
  bool first = false;
  {
    base::MutexLock lock(rescheduler_->mutex_);
    first = rescheduler_->holds_++ == 0;
  }
  if (first) rescheduler_->changed_.NotifyAll();
}

Rescheduler::Hold::~Hold() {
  if (rescheduler_ == nullptr || rescheduler_->threads_.empty()) return;
  base::MutexLock lock(rescheduler_->mutex_);
  if (--rescheduler_->holds_ == 0) {
    rescheduler_->until_ = Clock::now() + rescheduler_->afterwards_;
  }
}

}  // namespace kenal::service
