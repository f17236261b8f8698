// The parent's side of one locked worker, whatever it does: start it, hear
// that it is locked in, watch its CPU time, end it.
#ifndef KENAL_SRC_SANDBOX_PROCESS_H_
#define KENAL_SRC_SANDBOX_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/base/descriptor.h"

namespace kenal::sandbox {

using base::Descriptor;

// The socket's number in every worker; what else it inherits follows. 0 to 2
// are /dev/null.
inline constexpr int kWorkerSocket = 3;

struct Program {
  std::string name;  // "kenal-decoder", for messages
  std::string path;
  uint64_t mark = 0;  // of its greeting
  std::vector<std::string> environment;
};

// Not thread-safe; one caller at a time.
class Process {
 public:
  // Starts the program with one end of a socket pair (SOCK_SEQPACKET) and
  // `inherited` (at most 4; they stay the caller's) as its descriptors, and
  // returns at once; AwaitHello() follows. The system ends the worker when
  // the *thread* that called Launch ends, so that thread must outlive it.
  // Errors: kUnavailable, when the system has no process or memory to give.
  static StatusOr<std::unique_ptr<Process>> Launch(
      const Program& program, std::span<const int> inherited);
  ~Process();  // ends the worker and leaves no zombie

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until the worker has locked itself in.
  // Errors: kFailedPrecondition  it could not, or speaks another version
  Status AwaitHello();

  // False when it is known to have ended. For a worker that owes no answer.
  bool IsQuiet() const;

  int64_t CpuMs() const;  // used so far
  int End();              // kills, reaps; the wait status; 0 the second time

  int socket() const { return socket_.number(); }
  pid_t pid() const { return pid_; }

 private:
  Process(Program program, pid_t pid, Descriptor socket)
      : program_(std::move(program)), pid_(pid), socket_(std::move(socket)) {}

  const Program program_;
  pid_t pid_;
  Descriptor socket_;
  bool is_reaped_ = false;
};

// "was ended by signal 9", "ended with exit code 4".
std::string EndInWords(int wait_status);

}  // namespace kenal::sandbox

#endif  // KENAL_SRC_SANDBOX_PROCESS_H_
