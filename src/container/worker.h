// The program kenal-opener: locks itself in, then opens what it is handed.
#ifndef KENAL_SRC_CONTAINER_WORKER_H_
#define KENAL_SRC_CONTAINER_WORKER_H_

#include "src/container/limits.h"
#include "src/container/protocol.h"
#include "src/sandbox/lock.h"
#include "src/sandbox/process.h"

namespace kenal::container {

inline constexpr sandbox::LockPlan kOpenerLock{
    .socket = sandbox::kWorkerSocket,
    // A copy of each on its way in.
    .descriptor_end = sandbox::kWorkerSocket + 1 + int{kSegmentsMax},
    .address_bytes_max = kOpenerBytesMax,
    .is_handed_descriptors = true};

// Returns the exit code of the process.
int RunOpener();

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_WORKER_H_
