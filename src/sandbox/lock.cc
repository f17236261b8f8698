#include "src/sandbox/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>

#include "src/sandbox/sanitized.h"

namespace kenal::sandbox {
namespace {

Hello Failed(LockStep step) {
  return {static_cast<uint32_t>(step), static_cast<uint32_t>(errno)};
}

bool Limit(int resource, rlim_t value) {
  rlimit limit{value, value};
  return setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0;
}

bool SetLimits(const LockPlan& plan) {
  bool is_set =
      Limit(RLIMIT_FSIZE, 0) && Limit(RLIMIT_CORE, 0) &&
      Limit(RLIMIT_NOFILE, static_cast<rlim_t>(plan.descriptor_end)) &&
      Limit(RLIMIT_MEMLOCK, 0) && Limit(RLIMIT_MSGQUEUE, 0);
  if (!kIsSanitized)
    is_set = is_set && Limit(RLIMIT_AS, plan.address_bytes_max);
  return is_set;
}

bool DropPrivileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return syscall(SYS_capset, &header, none) == 0;
}

// The end of the parent ends the worker, also when it came before this call.
bool FollowParent(int socket) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
  char byte = 0;
  ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && errno == EAGAIN;
}

struct FilterFreer {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterFreer>;

template <typename... Conditions>
bool Allow(const Filter& filter, int call, Conditions... conditions) {
  return seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call,
                          sizeof...(conditions), conditions...) == 0;
}

// Calls that compute, wait or end; none names anything outside the process.
constexpr int kPlainCalls[] = {
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(setitimer),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_getaffinity),
};

// What a worker that is handed descriptors may do with them.
bool AllowReading(const Filter& filter, scmp_datum_t socket) {
  return Allow(filter, SCMP_SYS(recvmsg), SCMP_A0(SCMP_CMP_EQ, socket)) &&
         Allow(filter, SCMP_SYS(pread64)) && Allow(filter, SCMP_SYS(close));
}

bool AllowCalls(const Filter& filter, const LockPlan& plan) {
  for (int call : kPlainCalls) {
    if (!Allow(filter, call)) return false;
  }
  // Sanitizers ask where the stack is whenever a function does not return.
  if (kIsSanitized && !Allow(filter, SCMP_SYS(sigaltstack))) return false;
  constexpr scmp_datum_t kThread =
      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
  const scmp_datum_t self = static_cast<scmp_datum_t>(getpid());
  const scmp_datum_t socket = static_cast<scmp_datum_t>(plan.socket);
  if (plan.is_handed_descriptors && !AllowReading(filter, socket)) return false;
  return Allow(filter, SCMP_SYS(recvfrom), SCMP_A0(SCMP_CMP_EQ, socket)) &&
         Allow(filter, SCMP_SYS(sendto), SCMP_A0(SCMP_CMP_EQ, socket),
               SCMP_A4(SCMP_CMP_EQ, 0)) &&  // No address.
         Allow(filter, SCMP_SYS(mmap),
               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
         Allow(filter, SCMP_SYS(mprotect),
               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
         Allow(filter, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, self)) &&
         Allow(filter, SCMP_SYS(clone),
               SCMP_A0(SCMP_CMP_MASKED_EQ, kThread, kThread)) &&
         // Its flags are in memory, out of a filter's sight; the C library
         // falls back to clone.
         seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS),
                          SCMP_SYS(clone3), 0) == 0;
}

bool LoadFilter(const LockPlan& plan) {
  Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr || !AllowCalls(filter, plan)) return false;
  int result = seccomp_load(filter.get());
  if (result != 0) errno = -result;
  return result == 0;
}

// Only the filter's own answer counts: a call that fails for another reason
// today may work tomorrow.
bool Refused(long result) { return result < 0 && errno == EPERM; }

bool CanOpen() {
  // As the C library does it, and the two other ways.
  return !Refused(open("/dev/null", O_RDONLY)) ||
         !Refused(syscall(SYS_open, "/", O_RDONLY | O_DIRECTORY)) ||
         !Refused(syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0));
}

bool CanCreate() {
  return !Refused(syscall(SYS_memfd_create, "kenal", 0)) ||
         !Refused(syscall(SYS_creat, "/nonexistent/kenal", 0600));
}

bool CanOpenSocket() {
  return !Refused(socket(AF_INET, SOCK_STREAM, 0)) ||
         !Refused(socket(AF_UNIX, SOCK_STREAM, 0));
}

bool CanConnect(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  return !Refused(
      connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address));
}

bool CanFork() {
  long result = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (result == 0) _exit(0);
  return !Refused(result);
}

bool CanExec() {
  char* const nothing[] = {nullptr};
  return !Refused(execve("/nonexistent/kenal", nothing, nothing));
}

bool CanSignal() { return !Refused(kill(getpid(), 0)); }

bool CanTrace() {
  return !Refused(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
}

bool CanMapExecutable() {
  void* at = mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return !Refused(at == MAP_FAILED ? -1 : 0);
}

bool CanChangeLimit() {
  rlimit limit{0, 0};
  return !Refused(setrlimit(RLIMIT_FSIZE, &limit));
}

}  // namespace

LockStep SelfTest(int socket) {
  if (CanOpen()) return LockStep::kTestOpen;
  if (CanCreate()) return LockStep::kTestCreate;
  if (CanOpenSocket()) return LockStep::kTestSocket;
  if (CanConnect(socket)) return LockStep::kTestConnect;
  if (CanFork()) return LockStep::kTestFork;
  if (CanExec()) return LockStep::kTestExec;
  if (CanSignal()) return LockStep::kTestSignal;
  if (CanTrace()) return LockStep::kTestTrace;
  if (CanMapExecutable()) return LockStep::kTestExecutableMemory;
  if (CanChangeLimit()) return LockStep::kTestLimit;
  return LockStep::kNone;
}

Hello Lock(const LockPlan& plan) {
  errno = 0;
  if (!SetLimits(plan)) return Failed(LockStep::kLimits);
  if (!DropPrivileges()) return Failed(LockStep::kPrivileges);
  if (!FollowParent(plan.socket)) return Failed(LockStep::kParentGone);
  if (!LoadFilter(plan)) return Failed(LockStep::kFilter);
  if (LockStep step = SelfTest(plan.socket); step != LockStep::kNone) {
    errno = 0;
    return Failed(step);
  }
  return {};
}

}  // namespace kenal::sandbox
