// The lock that a worker turns behind itself before its first byte of input.
//
// After Lock() the process can compute, use memory up to its limit, talk over
// its socket, start threads and end. It cannot open, create or connect
// anything, start a process or a program, or make memory executable. Where the
// plan says so it can also be handed descriptors, read from them and close
// them. There is no way back.
//
// A forbidden call answers EPERM rather than ending the process: libraries
// ask for harmless things (the number of cores from a file, a locale) and
// carry on without, and a picture must not be lost to that. What an intruder
// could reach is the same either way.
#ifndef KENAL_SRC_SANDBOX_LOCK_H_
#define KENAL_SRC_SANDBOX_LOCK_H_

#include <cstdint>
#include <string_view>

#include "src/sandbox/hello.h"

namespace kenal::sandbox {

// What can fail on the way in. Sent in Hello::failed_step.
enum class LockStep : uint32_t {
  kNone = 0,
  kLimits,
  kPrivileges,
  kParentGone,
  kFilter,
  // Self-test: the named thing worked although it must not.
  kTestOpen,
  kTestCreate,
  kTestSocket,
  kTestConnect,
  kTestFork,
  kTestExec,
  kTestSignal,
  kTestTrace,
  kTestExecutableMemory,
  kTestLimit,
};
std::string_view LockStepName(LockStep step);

// What a kind of worker needs beyond what all have.
struct LockPlan {
  int socket = 3;  // to the parent
  // Every descriptor of the process is below this number, for good.
  int descriptor_end = 4;
  uint64_t address_bytes_max = 0;  // RLIMIT_AS; not in sanitizer builds
  // May take descriptors that come over the socket (recvmsg), read from any
  // descriptor at an offset (pread64), and close it.
  bool is_handed_descriptors = false;
};

// Limits, privileges, filter, self-test, in that order. One thread only;
// before any reader of hostile bytes has run. A failed step is named in the
// result, and the caller then ends the process.
Hello Lock(const LockPlan& plan);

// The self-test alone: what of the above still works in this process. Called
// by Lock(); harmless to call in an open process, where it names the first
// thing that works.
LockStep SelfTest(int socket);

}  // namespace kenal::sandbox

#endif  // KENAL_SRC_SANDBOX_LOCK_H_
