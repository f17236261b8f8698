// Workers of one kind, started before they are needed.
#ifndef KENAL_SRC_SANDBOX_READY_POOL_H_
#define KENAL_SRC_SANDBOX_READY_POOL_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kenal/status.h"
#include "src/base/mutex.h"
#include "src/sandbox/process.h"

namespace kenal::sandbox {

// NotFound unless `path` is an executable regular file.
Status CheckProgram(const std::string& path);

// Thread-safe. A thread of its own starts the workers: the system ends a
// worker together with the thread that started it. So the pool must outlive
// every worker that was taken from it.
class ReadyPool {
 public:
  // Keeps `ready_count` (1 or more) workers locked in and waiting.
  ReadyPool(Program program, int ready_count);
  ~ReadyPool();
  ReadyPool(const ReadyPool&) = delete;
  ReadyPool& operator=(const ReadyPool&) = delete;

  // Waits until the first worker is ready, or could not be started.
  Status AwaitStart();

  // A worker that waits for its first order, or for another one. Waits for a
  // start when none is ready; does not wait for workers that are in use.
  // Errors: those of Process::Launch and Process::AwaitHello
  StatusOr<std::unique_ptr<Process>> Take();

  // Takes back one that owes no answer, to be taken again; ends it when more
  // than a few are ready beyond those that always are.
  void GiveBack(std::unique_ptr<Process> process);

 private:
  void KeepReady();
  StatusOr<std::unique_ptr<Process>> StartOne();

  const Program program_;
  const int ready_count_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<std::unique_ptr<Process>> ready_ KENAL_GUARDED_BY(mutex_);
  int waiting_ KENAL_GUARDED_BY(mutex_) = 0;
  bool is_ending_ KENAL_GUARDED_BY(mutex_) = false;
  // Of the newest start. Plain values: a Status that threads share counts
  // its references inside a library that ThreadSanitizer cannot see into.
  StatusCode code_ KENAL_GUARDED_BY(mutex_) = StatusCode::kOk;
  std::string message_ KENAL_GUARDED_BY(mutex_);
  std::thread starter_;  // the last member: it uses the others
};

}  // namespace kenal::sandbox

#endif  // KENAL_SRC_SANDBOX_READY_POOL_H_
