#include "src/service/call_registry.h"

#include <string>

#include "src/service/limits.h"

namespace kenal::service {
namespace {

Status ShuttingDown() {
  return Unavailable("the server is shutting down; ask again later");
}

}  // namespace

Status CallRegistry::Enter() {
  base::MutexLock lock(mutex_);
  if (draining_) return ShuttingDown();
  ++count_;
  return OkStatus();
}

void CallRegistry::Leave() {
  // Notified under the lock: afterwards the registry may be gone.
  base::MutexLock lock(mutex_);
  --count_;
  changed_.notify_all();
}

Status CallRegistry::EnterStream(Drainable* stream) {
  base::MutexLock lock(mutex_);
  if (draining_) return ShuttingDown();
  if (streams_.size() >= kStreamsMax) {
    return ResourceExhausted("the server has " + std::to_string(kStreamsMax) +
                             " open streams; try again in a moment");
  }
  ++count_;
  streams_.insert(stream);
  return OkStatus();
}

void CallRegistry::LeaveStream(Drainable* stream) {
  base::MutexLock lock(mutex_);
  streams_.erase(stream);
  --count_;
  changed_.notify_all();
}

void CallRegistry::Drain() {
  base::MutexLock lock(mutex_);
  draining_ = true;
  for (Drainable* const stream : streams_) stream->Drain();
}

bool CallRegistry::AwaitEmpty(std::chrono::steady_clock::time_point deadline) {
  base::MutexLock lock(mutex_);
  return changed_.wait_until(mutex_, deadline, [this] { return count_ == 0; });
}

}  // namespace kenal::service
