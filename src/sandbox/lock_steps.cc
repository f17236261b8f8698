#include "src/sandbox/lock.h"

namespace kenal::sandbox {

std::string_view LockStepName(LockStep step) {
  switch (step) {
    case LockStep::kNone:
      return "locked in";
    case LockStep::kLimits:
      return "setting resource limits";
    case LockStep::kPrivileges:
      return "dropping privileges";
    case LockStep::kParentGone:
      return "following its parent";
    case LockStep::kFilter:
      return "loading the system call filter";
    case LockStep::kTestOpen:
      return "self-test: a file could be opened";
    case LockStep::kTestCreate:
      return "self-test: a file could be created";
    case LockStep::kTestSocket:
      return "self-test: a socket could be opened";
    case LockStep::kTestConnect:
      return "self-test: connect was let through";
    case LockStep::kTestFork:
      return "self-test: a process could be started";
    case LockStep::kTestExec:
      return "self-test: exec was let through";
    case LockStep::kTestSignal:
      return "self-test: a process could be signalled";
    case LockStep::kTestTrace:
      return "self-test: tracing was let through";
    case LockStep::kTestExecutableMemory:
      return "self-test: executable memory could be had";
    case LockStep::kTestLimit:
      return "self-test: a limit could be changed";
  }
  return "an unknown step";
}

}  // namespace kenal::sandbox
