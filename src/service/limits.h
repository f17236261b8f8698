// Limits of the server that nobody needs to set, each with its reason. What an
// operator may set is in tuning.h.
#ifndef KENAL_SRC_SERVICE_LIMITS_H_
#define KENAL_SRC_SERVICE_LIMITS_H_

#include <chrono>
#include <cstddef>

namespace kenal::service {

// Imports and verifications at once. Each holds a thread for minutes.
inline constexpr int kLongCallsMax = 4;
// Of one client, so that another finds a place.
inline constexpr int kClientLongCallsMax = kLongCallsMax - 1;
// One of them may be over after that.
inline constexpr std::chrono::seconds kLongRetry{5};

inline constexpr int kLookupWorkers = 2;
// Writers wait for each other anyhow; the second one decodes meanwhile.
inline constexpr int kChangeWorkers = 2;
// A change up to this size is made before those of many entries.
inline constexpr size_t kSmallChangeBytes = size_t{64} << 10;

// Requests of one hash or picture that are answered by one call to the
// matcher; also the most that a live batch may hold before it is bulk work.
inline constexpr size_t kTogetherMax = 64;

// Open StreamMatch and WatchChanges calls over all connections; each
// StreamMatch may hold kStreamBytesMax.
inline constexpr size_t kStreamsMax = 1024;
// Of one client, so that it cannot take them all.
inline constexpr int kClientStreamsMax = kStreamsMax / 4;
// Items of one stream that are read and not yet written back.
inline constexpr size_t kStreamItemsMax = 1024;
// Reading from a stream stops while its items hold this much.
inline constexpr size_t kStreamBytesMax = size_t{16} << 20;

// Pictures of one stream, by class, that wait for a decoder or have one.
inline constexpr int kStreamPicturesMax = 32;

// How often the head of the log is looked at while somebody watches it.
inline constexpr std::chrono::milliseconds kWatchInterval{20};

// Chunks of an import that are read ahead of the importing thread.
inline constexpr size_t kImportAheadMax = 2;
// An import whose client sends nothing for so long is ended: it holds a
// thread, and other writers may wait for it.
inline constexpr std::chrono::seconds kImportIdleMax{60};
// The same while the server drains, and how often that is looked at.
inline constexpr std::chrono::seconds kImportDrainIdleMax{2};
inline constexpr std::chrono::milliseconds kImportLook{250};

// Addresses one server listens at.
inline constexpr size_t kAddressesMax = 8;

// How often the client table and certificates are looked at.
inline constexpr int kRefreshSeconds = 1;

// Health says NOT_SERVING while answers lack what the log has held for longer.
inline constexpr std::chrono::seconds kLagMax{5};

// Certificates whose dates are remembered.
inline constexpr size_t kCertificatesMax = 1024;

// HTTP/2: what one connection may do.
inline constexpr int kConnectionStreamsMax = 64;
inline constexpr int kMetadataBytesMax = 8 * 1024;
inline constexpr int kPingIntervalMinMs = 60'000;
inline constexpr int kPingStrikesMax = 2;
inline constexpr int kHandshakeMsMax = 5'000;
inline constexpr int kConnectionIdleMsMax = 10 * 60'000;
// A connection is asked to leave after an hour, so that certificates are
// shown again and clients spread over servers; what it began may go on for as
// long again.
inline constexpr int kConnectionAgeMsMax = 60 * 60'000;
inline constexpr int kConnectionGraceMs = 60 * 60'000;
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
