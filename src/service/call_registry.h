// Call registry: the calls under way, so that a server that drains can take no
// new ones, ask streams to end, and wait for the rest.
#ifndef KENAL_SRC_SERVICE_CALL_REGISTRY_H_
#define KENAL_SRC_SERVICE_CALL_REGISTRY_H_

#include <chrono>
#include <condition_variable>
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
class CallRegistry {
 public:
  // Each Enter that is OK is followed by one Leave, when the call's last byte
  // was handed to the system. Errors: kUnavailable (draining).
  Status Enter();
  void Leave();

  // The same for a stream, which is asked to Drain. Errors: also
  // kResourceExhausted (kStreamsMax are open).
  Status EnterStream(Drainable* stream);
  void LeaveStream(Drainable* stream);

  // From now on nothing enters.
  void Drain();
  // False when calls are left at `deadline`.
  bool AwaitEmpty(std::chrono::steady_clock::time_point deadline);

 private:
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_set<Drainable*> streams_ KENAL_GUARDED_BY(mutex_);
  size_t count_ KENAL_GUARDED_BY(mutex_) = 0;
  bool draining_ KENAL_GUARDED_BY(mutex_) = false;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CALL_REGISTRY_H_
