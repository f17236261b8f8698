// The worker's side: what kenal-decoder does after main().
#ifndef KENAL_SRC_DECODE_WORKER_H_
#define KENAL_SRC_DECODE_WORKER_H_

namespace kenal::decode {

// Locks the process in, says so, and answers requests on kWorkerSocket until
// the other side goes away. Returns the process's exit code: 0 when the
// parent closed the socket, 2 when this process was not started by a pool,
// 3 when it could not lock itself in, 4 when a request made no sense.
int RunWorker();

}  // namespace kenal::decode

#endif  // KENAL_SRC_DECODE_WORKER_H_
