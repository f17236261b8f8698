// Limits of the server, each with its reason.
#ifndef KENAL_SRC_SERVICE_LIMITS_H_
#define KENAL_SRC_SERVICE_LIMITS_H_

#include <chrono>
#include <cstddef>

namespace kenal::service {

// Calls that wait for a worker, by class. At some thousand answers a second a
// full queue is emptied well within kQueueWaitMax.
inline constexpr size_t kMatchQueueMax = 4096;
inline constexpr size_t kPictureQueueMax = 512;
inline constexpr size_t kLookupQueueMax = 1024;
inline constexpr size_t kChangeQueueMax = 64;

// Bytes of requests that wait for a worker, by class: bounds what a burst of
// large requests holds in memory.
inline constexpr size_t kQueueBytesMax = size_t{256} << 20;

// A caller who gave no deadline is told after this long in a queue.
inline constexpr std::chrono::seconds kQueueWaitMax{10};

// Imports and verifications at once. Each holds a thread for minutes.
inline constexpr int kLongCallsMax = 4;

inline constexpr int kLookupWorkers = 2;
// Writers wait for each other anyhow; the second one decodes meanwhile.
inline constexpr int kChangeWorkers = 2;

// Open StreamMatch calls over all connections; each may hold
// kStreamBytesMax.
inline constexpr size_t kStreamsMax = 256;
// Items of one stream that are read and not yet written back.
inline constexpr size_t kStreamItemsMax = 1024;
// Reading from a stream stops while its items hold this much.
inline constexpr size_t kStreamBytesMax = size_t{16} << 20;
// Items matched in one step, before another caller gets its turn.
inline constexpr size_t kStreamStepMax = 256;

// Chunks of an import that are read ahead of the importing thread.
inline constexpr size_t kImportAheadMax = 2;
// An import whose client sends nothing for so long is ended: it holds a
// thread, and other writers may wait for it.
inline constexpr std::chrono::seconds kImportIdleMax{60};

// Addresses one server listens at.
inline constexpr size_t kAddressesMax = 8;

// HTTP/2: what one connection may do.
inline constexpr int kConnectionStreamsMax = 64;
inline constexpr int kMetadataBytesMax = 8 * 1024;
inline constexpr int kPingIntervalMinMs = 60'000;
inline constexpr int kPingStrikesMax = 2;
inline constexpr int kHandshakeMsMax = 5'000;
inline constexpr int kConnectionIdleMsMax = 10 * 60'000;
// Memory gRPC may take for what it is receiving, over all connections.
inline constexpr size_t kTransportBytesMax = size_t{1} << 30;
// Threads for the reflection service, the only one that holds threads.
inline constexpr int kReflectionThreadsMax = 8;

// From the last answer to closing connections. A client that is just writing
// when its connection closes drops what it has not read yet, so the answers
// get this long to be read.
inline constexpr std::chrono::milliseconds kLinger{100};

// How long Shutdown waits when the server is destroyed without it.
inline constexpr std::chrono::seconds kLastGrace{5};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_LIMITS_H_
