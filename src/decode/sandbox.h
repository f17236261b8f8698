// The lock that a worker turns behind itself before its first byte of input.
//
// After Lock() the process can compute, use memory up to its limit, talk over
// the descriptors it has, start threads and end. It cannot open, create or
// connect anything, start a process or a program, or make memory executable.
// There is no way back.
//
// A forbidden call answers EPERM rather than ending the process: libraries
// ask for harmless things (the number of cores from a file, a locale) and
// carry on without, and a picture must not be lost to that. What an intruder
// could reach is the same either way.
#ifndef KENAL_SRC_DECODE_SANDBOX_H_
#define KENAL_SRC_DECODE_SANDBOX_H_

#include <string_view>

#include "src/decode/protocol.h"

namespace kenal::decode {

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

// Limits, privileges, filter, self-test, in that order. One thread only;
// before any codec has run. A failed step is named in the result, and the
// caller then ends the process.
Hello Lock();

// The self-test alone: what of the above still works in this process. Called
// by Lock(); harmless to call in an open process, where it names the first
// thing that works.
LockStep SelfTest();

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_SANDBOX_H_
