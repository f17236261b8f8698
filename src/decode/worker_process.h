// The parent's side of one worker: start it, give it a file, end it.
#ifndef KENAL_SRC_DECODE_WORKER_PROCESS_H_
#define KENAL_SRC_DECODE_WORKER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/decode/limits.h"
#include "src/decode/outcome.h"
#include "src/sandbox/process.h"

namespace kenal::decode {

// After which a busy worker is ended.
struct FileLimits {
  int64_t cpu_ms = kFileCpuMs;
  int64_t wall_ms = kFileWallMs;
};

// Not thread-safe; one caller at a time.
class WorkerProcess {
 public:
  // Starts the program and returns at once; AwaitHello() follows. The system
  // ends the worker when the *thread* that called Launch ends, so that thread
  // must outlive it.
  // Errors: kUnavailable, when the system has no process or memory to give.
  static StatusOr<std::unique_ptr<WorkerProcess>> Launch(
      const std::string& decoder_path);

  // Waits until the worker has locked itself in.
  // Errors: kFailedPrecondition  it could not, or speaks another version
  Status AwaitHello() { return process_->AwaitHello(); }

  // False when it is known to have ended since it was last used.
  bool IsAlive() const { return process_->IsQuiet(); }

  // What became of one file.
  struct Result {
    std::optional<Outcome> outcome;
    // Set without an outcome: "decoder_died" or "timed_out". The worker is
    // of no more use.
    std::optional<SignalFailure> failure;
    // The worker had ended before it saw the file; ask another.
    bool was_dead_before = false;
  };
  Result Decode(std::span<const uint8_t> bytes, const DecodeWork& work,
                const FileLimits& limits = {});

  int file_count() const { return file_count_; }
  pid_t pid() const { return process_->pid(); }

 private:
  WorkerProcess(std::unique_ptr<sandbox::Process> process,
                sandbox::Descriptor input)
      : process_(std::move(process)), input_(std::move(input)) {}

  bool WriteInput(std::span<const uint8_t> bytes);
  Result AwaitResponse(uint64_t id, const DecodeWork& work,
                       const FileLimits& limits);
  SignalFailure EndAndExplain();

  std::unique_ptr<sandbox::Process> process_;  // ended with its owner
  sandbox::Descriptor input_;
  uint64_t next_id_ = 1;
  int file_count_ = 0;
};

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_WORKER_PROCESS_H_
