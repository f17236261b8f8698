#include "src/service/call_registry.h"

#include <string>

#include "src/service/limits.h"

namespace kenal::service {

Status CallRegistry::Enter() {
  if ((state_.fetch_add(1) & kDraining) == 0) return OkStatus();
  Leave();
  return Unavailable("the server is shutting down; ask again later");
}

void CallRegistry::Hold() { state_.fetch_add(1); }

void CallRegistry::Leave() {
  uint64_t seen = state_.load();
  while ((seen & kDraining) == 0) {
    if (state_.compare_exchange_weak(seen, seen - 1)) return;
  }
  // Notified under the lock: afterwards the registry may be gone.
  base::MutexLock lock(mutex_);
  state_.fetch_sub(1);
  changed_.notify_all();
}

Status CallRegistry::EnterStream(Drainable* stream) {
  base::MutexLock lock(mutex_);
  if (draining()) {
    return Unavailable("the server is shutting down; ask again later");
  }
  if (streams_.size() >= kStreamsMax) {
    return ResourceExhausted("the server has " + std::to_string(kStreamsMax) +
                             " open streams; try again in a moment");
  }
  state_.fetch_add(1);
  streams_.insert(stream);
  return OkStatus();
}

void CallRegistry::LeaveStream(Drainable* stream) {
  base::MutexLock lock(mutex_);
  streams_.erase(stream);
  state_.fetch_sub(1);
  changed_.notify_all();
}

size_t CallRegistry::stream_count() const {
  base::MutexLock lock(mutex_);
  return streams_.size();
}

void CallRegistry::Drain() {
  base::MutexLock lock(mutex_);
  state_.fetch_or(kDraining);
  for (Drainable* const stream : streams_) stream->Drain();
}

bool CallRegistry::AwaitEmpty(std::chrono::steady_clock::time_point deadline) {
  base::MutexLock lock(mutex_);
  return changed_.wait_until(mutex_, deadline,
                             [this] { return state_.load() == kDraining; });
}

}  // namespace kenal::service
