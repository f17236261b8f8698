// Stream registry: the open streams, bounded, so that a server that drains can
// ask each to end.
#ifndef KENAL_SRC_SERVICE_STREAM_REGISTRY_H_
#define KENAL_SRC_SERVICE_STREAM_REGISTRY_H_

#include <unordered_set>

#include "kenal/status.h"
#include "src/base/mutex.h"

namespace kenal::service {

class Drainable {
 public:
  // Take nothing new, answer what was taken, then end. Must not block.
  virtual void Drain() = 0;

 protected:
  ~Drainable() = default;
};

// Thread-safe.
class StreamRegistry {
 public:
  // `stream` stays until Remove. Errors: kResourceExhausted (kStreamsMax are
  // open), kUnavailable (DrainAll was called).
  Status Add(Drainable* stream);
  void Remove(Drainable* stream);
  void DrainAll();

 private:
  base::Mutex mutex_;
  std::unordered_set<Drainable*> streams_ KENAL_GUARDED_BY(mutex_);
  bool draining_ KENAL_GUARDED_BY(mutex_) = false;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_STREAM_REGISTRY_H_
