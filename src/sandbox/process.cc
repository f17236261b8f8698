#include "src/sandbox/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "src/base/file.h"
#include "src/sandbox/hello.h"
#include "src/sandbox/lock.h"

namespace kenal::sandbox {
namespace {

// Above every descriptor number that the worker is to have, so that putting
// one in its place cannot overwrite the other.
constexpr int kOutOfTheWay = 10;

// Wall-clock time for a new worker to lock itself in and say so. It takes
// about 20 ms; the rest is for a machine that is busy or reads from a slow
// disk.
constexpr int64_t kHelloWallMs = 15'000;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Descriptor CopyOutOfTheWay(int descriptor) {
  return Descriptor(fcntl(descriptor, F_DUPFD_CLOEXEC, kOutOfTheWay));
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

  // `descriptors` become kWorkerSocket and those after it. 0 or an error
  // number.
  int Prepare(std::span<const Descriptor> descriptors) {
    int error = 0;
    for (int standard = 0; standard <= 2 && error == 0; ++standard) {
      error = posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null",
                                               O_RDWR, 0);
    }
    int place = kWorkerSocket;
    for (const Descriptor& descriptor : descriptors) {
      if (error != 0) return error;
      error = posix_spawn_file_actions_adddup2(&actions_, descriptor.number(),
                                               place++);
    }
    if (error == 0) {
      error = posix_spawn_file_actions_addclosefrom_np(&actions_, place);
    }
    if (error == 0) {
      error = posix_spawn_file_actions_addchdir_np(&actions_, "/");
    }
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
  int Spawn(pid_t* pid, const Program& program) {
    std::string name = program.path;
    char* const arguments[] = {name.data(), nullptr};
    std::vector<std::string> words = program.environment;
    std::vector<char*> environment;
    for (std::string& word : words) environment.push_back(word.data());
    environment.push_back(nullptr);
    return posix_spawn(pid, program.path.c_str(), &actions_, &attributes_,
                       arguments, environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

StatusOr<std::unique_ptr<Process>> Process::Launch(
    const Program& program, std::span<const int> inherited) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return Unavailable(
        base::WithErrno(program.name + ": no socket pair", errno));
  }
  Descriptor ours(ends[0]);
  const Descriptor near(ends[1]);
  std::vector<Descriptor> theirs;
  theirs.push_back(CopyOutOfTheWay(near.number()));
  for (int descriptor : inherited) {
    theirs.push_back(CopyOutOfTheWay(descriptor));
  }
  if (!std::ranges::all_of(theirs, &Descriptor::is_open)) {
    return Unavailable(
        base::WithErrno(program.name + ": no descriptor", errno));
  }
  SpawnPlan plan;
  pid_t pid = -1;
  int error = plan.Prepare(theirs);
  if (error == 0) error = plan.Spawn(&pid, program);
  if (error != 0) {
    return Unavailable(base::WithErrno(
        absl::StrCat(program.name, ": cannot start ", program.path), error));
  }
  return std::unique_ptr<Process>(new Process(program, pid, std::move(ours)));
}

Process::~Process() { End(); }

int Process::End() {
  if (is_reaped_) return 0;
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  is_reaped_ = true;
  return status;
}

Status Process::AwaitHello() {
  pollfd ready{socket_.number(), POLLIN, 0};
  int64_t deadline = NowMs() + kHelloWallMs;
  int count = 0;
  do {
    count = poll(&ready, 1,
                 static_cast<int>(std::max<int64_t>(deadline - NowMs(), 0)));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    return FailedPrecondition(program_.name + " did not report in time");
  }
  HelloMessage message;
  ssize_t got =
      recv(socket_.number(), message.data(), message.size(), MSG_TRUNC);
  if (got != static_cast<ssize_t>(message.size())) {
    return FailedPrecondition(
        program_.name +
        " ended before it was locked in; see whether it starts and finds its "
        "libraries");
  }
  StatusOr<Hello> hello = ParseHello(message, program_.mark, program_.name);
  if (!hello.ok())
    return FailedPrecondition(std::string(hello.status().message()));
  if (hello->failed_step == 0) return OkStatus();
  std::string_view step =
      LockStepName(static_cast<LockStep>(hello->failed_step));
  return FailedPrecondition(base::WithErrno(
      absl::StrCat(program_.name, " could not lock itself in (",
                   absl::string_view(step.data(), step.size()),
                   "); it needs a Linux kernel with seccomp filters"),
      static_cast<int>(hello->error_number)));
}

bool Process::IsQuiet() const {
  // An idle worker says nothing, so anything to read is its end.
  pollfd state{socket_.number(), POLLIN, 0};
  return !is_reaped_ && poll(&state, 1, 0) == 0;
}

int64_t Process::CpuMs() const {
  clockid_t clock;
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0) return 0;
  if (clock_gettime(clock, &used) != 0) return 0;
  return int64_t{used.tv_sec} * 1000 + used.tv_nsec / 1'000'000;
}

std::string EndInWords(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return absl::StrCat("was ended by signal ", WTERMSIG(wait_status));
  }
  return absl::StrCat("ended with exit code ", WEXITSTATUS(wait_status));
}

}  // namespace kenal::sandbox
