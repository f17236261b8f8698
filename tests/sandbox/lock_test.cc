// The lock itself: what a locked process cannot do, and that the self-test
// would see it if it could. Each case runs in a child of its own, since there
// is no way back from the lock.
#include "src/sandbox/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "src/decode/decoder_lock.h"
#include "src/sandbox/process.h"
#include "src/sandbox/sanitized.h"

namespace kenal::sandbox {
namespace {

// What `child` returns in a process that has a worker's descriptors; -1 when
// a signal ended it.
int InChild(const std::function<int()>& child) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    int theirs = fcntl(ends[1], F_DUPFD, 20);
    int input = fcntl(memfd_create("input", 0), F_DUPFD, 20);
    dup2(theirs, kWorkerSocket);
    dup2(input, decode::kWorkerInput);
    // The other end stays open, as that of a living parent.
    _exit(child());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  close(ends[0]);
  close(ends[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Keeps a copy of the parent's end out of the worker's descriptor numbers.
int InLockedChild(const LockPlan& plan, const std::function<int()>& child) {
  constexpr int kNotLocked = 99;
  return InChild(
      [&] { return Lock(plan).failed_step == 0 ? child() : kNotLocked; });
}

// All that the decoder has, and what a reader of containers has beside it.
constexpr LockPlan kDecoder = decode::kDecoderLock;
constexpr LockPlan kReader{.socket = kWorkerSocket,
                           .descriptor_end = 32,
                           .address_bytes_max = kDecoder.address_bytes_max,
                           .is_handed_descriptors = true};

struct Attempt {
  const char* name;
  std::function<long()> make;  // as a system call returns
};

long Raw(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
  return syscall(number, a, b, c, d, 0L, 0L);
}
long At(const void* pointer) { return reinterpret_cast<long>(pointer); }

// SCM_RIGHTS over the allowed socket would hand out descriptors.
long SendDescriptor() {
  msghdr message{};
  return sendmsg(kWorkerSocket, &message, 0);
}

long SendTo() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  return sendto(kWorkerSocket, "x", 1, 0, reinterpret_cast<sockaddr*>(&address),
                sizeof address);
}

long Fork() {
  long pid = fork();
  if (pid == 0) _exit(0);
  return pid;
}

long Exec() {
  char* const arguments[] = {nullptr};
  return execve("/bin/true", arguments, arguments);
}

long SetFileSizeLimit() {
  rlimit limit{1, 1};
  return setrlimit(RLIMIT_FSIZE, &limit);
}

long MapExecutable() {
  void* at = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? -1 : 0;
}

long MakeExecutable() {
  void* at = mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

long ReadParent() {
  char byte = 0;
  iovec here{&byte, 1};
  return process_vm_readv(1, &here, 1, &here, 1, 0);
}

const Attempt kAttempts[] = {
    {"open", [] { return open("/etc/passwd", O_RDONLY); }},
    {"open by the old call", [] { return Raw(SYS_open, At("/")); }},
    {"create", [] { return creat("/tmp/kenal-sandbox-test", 0600); }},
    {"temporary file", [] { return open("/tmp", O_TMPFILE | O_RDWR, 0600); }},
    {"memory file", [] { return memfd_create("x", 0); }},
    {"delete", [] { return unlink("/tmp/kenal-sandbox-test"); }},
    {"make a folder", [] { return mkdir("/tmp/kenal-sandbox-test", 0700); }},
    {"rename", [] { return rename("/tmp/a", "/tmp/b"); }},
    {"link", [] { return link("/etc/passwd", "/tmp/kenal-sandbox-test"); }},
    {"write to a descriptor", [] { return write(2, "x", 1); }},
    {"read from a descriptor",
     [] {
       char byte = 0;
       return read(decode::kWorkerInput, &byte, 1);
     }},
    {"copy a descriptor", [] { return dup(kWorkerSocket); }},
    {"internet socket", [] { return socket(AF_INET, SOCK_STREAM, 0); }},
    {"unix socket", [] { return socket(AF_UNIX, SOCK_STREAM, 0); }},
    {"netlink socket", [] { return socket(AF_NETLINK, SOCK_RAW, 0); }},
    {"connect", [] { return connect(kWorkerSocket, nullptr, 0); }},
    {"send to an address", SendTo},
    {"send a descriptor", SendDescriptor},
    {"fork", Fork},
    {"new namespace", [] { return unshare(CLONE_NEWUSER); }},
    {"run a program", Exec},
    {"signal the parent", [] { return kill(getppid(), 0); }},
    {"signal itself", [] { return kill(getpid(), 0); }},
    {"trace", [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
    {"read another's memory", ReadParent},
    {"change a limit", SetFileSizeLimit},
    {"be dumpable again", [] { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }},
    {"outlive the parent", [] { return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0); }},
    {"catch a signal",
     [] { return signal(SIGPROF, SIG_IGN) == SIG_ERR ? -1 : 0; }},
    {"map executable memory", MapExecutable},
    {"make memory executable", MakeExecutable},
    {"submission ring", [] { return Raw(SYS_io_uring_setup, 1, 0); }},
    {"kernel program", [] { return Raw(SYS_bpf); }},
    {"kernel key", [] { return Raw(SYS_keyctl); }},
    {"mount", [] { return Raw(SYS_mount); }},
    {"another user", [] { return Raw(SYS_setuid, 1); }},
    {"the machine's name", [] { return Raw(SYS_uname); }},
};

class SandboxAttempt : public testing::TestWithParam<std::tuple<size_t, bool>> {
};

TEST_P(SandboxAttempt, IsRefusedByTheFilter) {
  const Attempt& attempt = kAttempts[std::get<0>(GetParam())];
  const LockPlan& plan = std::get<1>(GetParam()) ? kReader : kDecoder;
  EXPECT_EQ(InLockedChild(plan,
                          [&attempt] {
                            errno = 0;
                            return attempt.make() < 0 && errno == EPERM ? 0 : 1;
                          }),
            0)
      << attempt.name;
}

INSTANTIATE_TEST_SUITE_P(All, SandboxAttempt,
                         testing::Combine(testing::Range(size_t{0},
                                                         std::size(kAttempts)),
                                          testing::Bool()));

// What only a worker that is handed descriptors may do.
const Attempt kReading[] = {
    {"be handed a descriptor",
     [] {
       msghdr message{};
       const long got = recvmsg(kWorkerSocket, &message, MSG_DONTWAIT);
       return got < 0 && errno == EAGAIN ? 0 : got;  // There is none.
     }},
    {"read at an offset",
     [] {
       char byte = 0;
       return pread(decode::kWorkerInput, &byte, 1, 0);
     }},
    {"close", [] { return close(decode::kWorkerInput); }},
};

TEST(Sandbox, LetsOnlyReadersOfContainersRead) {
  for (const Attempt& attempt : kReading) {
    EXPECT_EQ(
        InLockedChild(kReader, [&] { return attempt.make() == 0 ? 0 : 1; }), 0)
        << attempt.name;
    EXPECT_EQ(InLockedChild(kDecoder,
                            [&] {
                              errno = 0;
                              return attempt.make() < 0 && errno == EPERM ? 0
                                                                          : 1;
                            }),
              0)
        << attempt.name;
  }
}

TEST(Sandbox, TakesDescriptorsFromItsOwnSocketOnly) {
  EXPECT_EQ(InLockedChild(kReader,
                          [] {
                            msghdr message{};
                            errno = 0;
                            const long got = recvmsg(decode::kWorkerInput,
                                                     &message, MSG_DONTWAIT);
                            return got < 0 && errno == EPERM ? 0 : 1;
                          }),
            0);
}

void* SetTo42(void* number) {
  *static_cast<int*>(number) = 42;
  return nullptr;
}

TEST(Sandbox, LeavesRoomToComputeAndToStartThreads) {
  EXPECT_EQ(InLockedChild(kReader,
                          [] {
                            int number = 0;
                            pthread_t thread;
                            bool is_started =
                                pthread_create(&thread, nullptr, SetTo42,
                                               &number) == 0;
                            if (is_started) pthread_join(thread, nullptr);
                            std::vector<char> memory(64 << 20, 1);
                            return number == 42 && memory.back() == 1 ? 0 : 1;
                          }),
            0);
}

TEST(Sandbox, GivesNoMoreMemoryThanTheLimitUnlessSanitized) {
  EXPECT_EQ(InLockedChild(kReader,
                          [] {
                            void* at = mmap(nullptr, kDecoder.address_bytes_max,
                                            PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                            return (at == MAP_FAILED && errno == ENOMEM) !=
                                           kIsSanitized
                                       ? 0
                                       : 1;
                          }),
            0);
}

TEST(Sandbox, RefusesToLockAWorkerWhoseParentIsGone) {
  EXPECT_EQ(InChild([] {
              int ends[2];
              (void)!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
              dup2(ends[1], kWorkerSocket);
              close(ends[0]);
              close(ends[1]);
              return Lock(kDecoder).failed_step ==
                             static_cast<uint32_t>(LockStep::kParentGone)
                         ? 0
                         : 1;
            }),
            0);
}

struct Hole {
  LockStep step;  // what the self-test must say
  std::vector<int> calls;
};

// A filter that refuses everything that the self-test tries, but for `hole`.
bool RefuseAllBut(const Hole& hole) {
  const std::vector<int> tried = {
      SCMP_SYS(open),      SCMP_SYS(openat),       SCMP_SYS(openat2),
      SCMP_SYS(creat),     SCMP_SYS(memfd_create), SCMP_SYS(socket),
      SCMP_SYS(connect),   SCMP_SYS(clone),        SCMP_SYS(execve),
      SCMP_SYS(kill),      SCMP_SYS(ptrace),       SCMP_SYS(mmap),
      SCMP_SYS(prlimit64), SCMP_SYS(setrlimit)};
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  bool is_made = filter != nullptr;
  for (int call : tried) {
    bool is_hole = std::find(hole.calls.begin(), hole.calls.end(), call) !=
                   hole.calls.end();
    if (is_hole) continue;
    is_made = is_made &&
              seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0;
  }
  return is_made && seccomp_load(filter) == 0;
}

class SandboxHole : public testing::TestWithParam<Hole> {};

TEST_P(SandboxHole, IsFoundByTheSelfTest) {
  const Hole& hole = GetParam();
  EXPECT_EQ(InChild([&hole] {
              if (!RefuseAllBut(hole)) return 99;
              return static_cast<int>(SelfTest(kWorkerSocket));
            }),
            static_cast<int>(hole.step));
}

INSTANTIATE_TEST_SUITE_P(
    All, SandboxHole,
    testing::Values(Hole{LockStep::kNone, {}},
                    Hole{LockStep::kTestOpen, {SCMP_SYS(openat)}},
                    Hole{LockStep::kTestOpen, {SCMP_SYS(open)}},
                    Hole{LockStep::kTestOpen, {SCMP_SYS(openat2)}},
                    Hole{LockStep::kTestCreate, {SCMP_SYS(memfd_create)}},
                    Hole{LockStep::kTestCreate, {SCMP_SYS(creat)}},
                    Hole{LockStep::kTestSocket, {SCMP_SYS(socket)}},
                    Hole{LockStep::kTestConnect, {SCMP_SYS(connect)}},
                    Hole{LockStep::kTestFork, {SCMP_SYS(clone)}},
                    Hole{LockStep::kTestExec, {SCMP_SYS(execve)}},
                    Hole{LockStep::kTestSignal, {SCMP_SYS(kill)}},
                    Hole{LockStep::kTestTrace, {SCMP_SYS(ptrace)}},
                    Hole{LockStep::kTestExecutableMemory, {SCMP_SYS(mmap)}},
                    Hole{LockStep::kTestLimit,
                         {SCMP_SYS(prlimit64), SCMP_SYS(setrlimit)}}));

TEST(Sandbox, EveryStepHasAName) {
  for (uint32_t step = 0; step <= static_cast<uint32_t>(LockStep::kTestLimit);
       ++step) {
    EXPECT_NE(LockStepName(static_cast<LockStep>(step)), "an unknown step");
  }
}

}  // namespace
}  // namespace kenal::sandbox
