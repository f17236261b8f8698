// Call registry: the calls under way, so that a server that drains can take no
// new ones, ask streams to end, and wait for the rest.
#ifndef KENAL_SRC_SERVICE_CALL_REGISTRY_H_
#define KENAL_SRC_SERVICE_CALL_REGISTRY_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
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

// Thread-safe. Entering and leaving is one atomic step until it drains.
class CallRegistry {
 public:
  // Each Enter that is OK is followed by one Leave. Errors: kUnavailable
  // (draining).
  Status Enter();
  // For a call that has entered and is not over when it leaves: its answer is
  // still to be handed to the system.
  void Hold();
  void Leave();

  // The same for a stream, which is asked to Drain. Errors: also
  // kResourceExhausted (kStreamsMax are open).
  Status EnterStream(Drainable* stream);
  void LeaveStream(Drainable* stream);
  size_t stream_count() const;

  // From now on nothing enters.
  void Drain();
  bool draining() const { return (state_.load() & kDraining) != 0; }
  // False when calls are left at `deadline`.
  bool AwaitEmpty(std::chrono::steady_clock::time_point deadline);

 private:
  static constexpr uint64_t kDraining = uint64_t{1} << 63;

  std::atomic<uint64_t> state_ = 0;  // calls, and kDraining
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_set<Drainable*> streams_ KENAL_GUARDED_BY(mutex_);
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CALL_REGISTRY_H_
