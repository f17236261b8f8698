#include "src/decode/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "src/base/file.h"
#include "src/decode/protocol.h"
#include "src/decode/sandbox.h"

namespace kenal::decode {
namespace {

// How often the CPU time of a busy worker is looked at.
constexpr int kLookMs = 100;

// Above every descriptor number that the worker is to have, so that putting
// one in its place cannot overwrite the other.
constexpr int kOutOfTheWay = 10;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Status FromErrno(const char* what) {
  return Unavailable(base::WithErrno(what, errno));
}

Descriptor MoveOutOfTheWay(Descriptor descriptor) {
  return Descriptor(fcntl(descriptor.number(), F_DUPFD_CLOEXEC, kOutOfTheWay));
}

// posix_spawn's two attribute objects, freed together.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  // 0 or an error number.
  int Prepare(int socket, int input) {
    for (int standard = 0; standard <= 2; ++standard) {
      int error = posix_spawn_file_actions_addopen(&actions_, standard,
                                                   "/dev/null", O_RDWR, 0);
      if (error != 0) return error;
    }
    int error =
        posix_spawn_file_actions_adddup2(&actions_, socket, kWorkerSocket);
    if (error == 0) {
      error = posix_spawn_file_actions_adddup2(&actions_, input, kWorkerInput);
    }
    if (error == 0) {
      error =
          posix_spawn_file_actions_addclosefrom_np(&actions_, kWorkerInput + 1);
    }
    if (error == 0)
      error = posix_spawn_file_actions_addchdir_np(&actions_, "/");
    if (error != 0) return error;
    // No blocked or ignored signals, and no group: a terminal's interrupt
    // goes to the parent, which ends its workers.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    return posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETPGROUP);
  }
  int Spawn(pid_t* pid, const std::string& path) {
    std::string name = path;
    char* const arguments[] = {name.data(), nullptr};
    // OpenCV brings OpenBLAS, which would start a thread a core, each with
    // tens of megabytes of address space, for algebra that nobody asks for.
    char threads[] = "OPENBLAS_NUM_THREADS=1";
    char* const environment[] = {threads, nullptr};
    return posix_spawn(pid, path.c_str(), &actions_, &attributes_, arguments,
                       environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string Seconds(int64_t milliseconds) {
  return absl::StrCat((milliseconds + 500) / 1000, " s");
}

SignalFailure CpuTimedOut() {
  return {"timed_out", absl::StrCat("decoding took more than ",
                                    Seconds(kFileCpuMs), " of CPU time")};
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Launch(
    const std::string& decoder_path) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return FromErrno("decoder: no socket pair");
  }
  Descriptor ours(ends[0]);
  Descriptor theirs = MoveOutOfTheWay(Descriptor(ends[1]));
  Descriptor input =
      MoveOutOfTheWay(Descriptor(memfd_create("kenal-picture", MFD_CLOEXEC)));
  if (!theirs.is_open() || !input.is_open()) {
    return FromErrno("decoder: no memory file");
  }
  SpawnPlan plan;
  pid_t pid = -1;
  int error = plan.Prepare(theirs.number(), input.number());
  if (error == 0) error = plan.Spawn(&pid, decoder_path);
  if (error != 0) {
    return Unavailable(
        base::WithErrno("decoder: cannot start " + decoder_path, error));
  }
  return std::unique_ptr<WorkerProcess>(
      new WorkerProcess(pid, std::move(ours), std::move(input)));
}

WorkerProcess::~WorkerProcess() { End(); }

int WorkerProcess::End() {
  if (is_reaped_) return 0;
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  is_reaped_ = true;
  return status;
}

Status WorkerProcess::AwaitHello() {
  pollfd ready{socket_.number(), POLLIN, 0};
  int64_t deadline = NowMs() + kHelloWallMs;
  int count = 0;
  do {
    count = poll(&ready, 1,
                 static_cast<int>(std::max<int64_t>(deadline - NowMs(), 0)));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    return FailedPrecondition("kenal-decoder did not report in time");
  }
  HelloMessage message;
  ssize_t got =
      recv(socket_.number(), message.data(), message.size(), MSG_TRUNC);
  if (got != static_cast<ssize_t>(message.size())) {
    return FailedPrecondition(
        "kenal-decoder ended before it was locked in; see whether it starts "
        "and finds its libraries");
  }
  StatusOr<Hello> hello = ParseHello(message);
  if (!hello.ok())
    return FailedPrecondition(std::string(hello.status().message()));
  if (hello->failed_step == 0) return OkStatus();
  std::string_view step =
      LockStepName(static_cast<LockStep>(hello->failed_step));
  return FailedPrecondition(base::WithErrno(
      absl::StrCat("kenal-decoder could not lock itself in (",
                   absl::string_view(step.data(), step.size()),
                   "); it needs a Linux kernel with seccomp filters"),
      static_cast<int>(hello->error_number)));
}

bool WorkerProcess::IsAlive() const {
  // An idle worker says nothing, so anything to read is its end.
  pollfd state{socket_.number(), POLLIN, 0};
  return !is_reaped_ && poll(&state, 1, 0) == 0;
}

bool WorkerProcess::WriteInput(std::span<const uint8_t> bytes) {
  if (ftruncate(input_.number(), 0) != 0) return false;
  while (!bytes.empty()) {
    ssize_t put = write(input_.number(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return true;
}

WorkerProcess::Result WorkerProcess::Decode(std::span<const uint8_t> bytes,
                                            const DecodeWork& work,
                                            const FileLimits& limits) {
  Result result;
  if (!IsAlive()) {
    result.was_dead_before = true;
    return result;
  }
  uint64_t id = next_id_++;
  ++file_count_;
  if (lseek(input_.number(), 0, SEEK_SET) != 0 || !WriteInput(bytes)) {
    result.failure = SignalFailure{
        "decoder_died", base::WithErrno("no memory to pass the file", errno)};
    End();
    return result;
  }
  RequestMessage request =
      Encode(Request{.id = id, .size_bytes = bytes.size(), .work = work});
  if (send(socket_.number(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    result.was_dead_before = true;
    End();
    return result;
  }
  result = AwaitResponse(id, work, limits);
  if (ftruncate(input_.number(), 0) != 0) End();  // The file is let go.
  return result;
}

int64_t WorkerProcess::CpuMs() const {
  clockid_t clock;
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0) return 0;
  if (clock_gettime(clock, &used) != 0) return 0;
  return int64_t{used.tv_sec} * 1000 + used.tv_nsec / 1'000'000;
}

WorkerProcess::Result WorkerProcess::AwaitResponse(uint64_t id,
                                                   const DecodeWork& work,
                                                   const FileLimits& limits) {
  Result result;
  int64_t cpu_end_ms = CpuMs() + limits.cpu_ms;
  int64_t wall_end_ms = NowMs() + limits.wall_ms;
  for (;;) {
    pollfd ready{socket_.number(), POLLIN, 0};
    int count = poll(&ready, 1, kLookMs);
    if (count > 0) break;
    if (CpuMs() > cpu_end_ms) {
      End();
      result.failure = CpuTimedOut();
      return result;
    }
    if (NowMs() > wall_end_ms) {
      End();
      result.failure = SignalFailure{
          "timed_out",
          absl::StrCat("decoding took longer than ", Seconds(limits.wall_ms))};
      return result;
    }
  }
  ResponseMessage message;
  ssize_t got = recv(socket_.number(), message.data(), message.size(),
                     MSG_TRUNC | MSG_DONTWAIT);
  if (got <= 0) {
    result.failure = EndAndExplain();
    return result;
  }
  size_t size = std::min(static_cast<size_t>(got), message.size());
  StatusOr<Outcome> outcome =
      got > static_cast<ssize_t>(message.size())
          ? InvalidArgument("decoder's answer is too long")
          : ParseResponse({message.data(), size}, id, work);
  if (outcome.ok()) {
    result.outcome = *std::move(outcome);
  } else {
    End();
    result.failure =
        SignalFailure{"decoder_died", std::string(outcome.status().message())};
  }
  return result;
}

SignalFailure WorkerProcess::EndAndExplain() {
  int status = End();
  if (WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    if (number == SIGPROF || number == SIGXCPU) return CpuTimedOut();
    return {"decoder_died",
            absl::StrCat("the decoder was ended by signal ", number)};
  }
  return {"decoder_died", absl::StrCat("the decoder ended with exit code ",
                                       WEXITSTATUS(status))};
}

}  // namespace kenal::decode
