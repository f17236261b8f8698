#include "src/service/stream_registry.h"

#include "src/service/call.h"
#include "src/service/limits.h"

namespace kenal::service {

Status StreamRegistry::Add(Drainable* stream) {
  base::MutexLock lock(mutex_);
  if (draining_) return ShuttingDown();
  if (streams_.size() >= kStreamsMax) {
    return ResourceExhausted("the server has " + std::to_string(kStreamsMax) +
                             " open streams; try again in a moment");
  }
  streams_.insert(stream);
  return OkStatus();
}

void StreamRegistry::Remove(Drainable* stream) {
  base::MutexLock lock(mutex_);
  streams_.erase(stream);
}

void StreamRegistry::DrainAll() {
  base::MutexLock lock(mutex_);
  draining_ = true;
  for (Drainable* const stream : streams_) stream->Drain();
}

}  // namespace kenal::service
