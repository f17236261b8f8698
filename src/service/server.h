// Server: one store, served over gRPC.
//
//   KENAL_TRY_ASSIGN(auto server,
//                    Server::Start(*engine, *engine, *hasher,
//                                  {.listen = {"unix:/run/kenal.sock"}}));
//   server->Wait();  // until another thread calls Shutdown
//
// Serves MatchService and CatalogueService of proto/kenal/v1, the standard
// health service and reflection. Requests wait in bounded queues, by class; a
// full queue is told at once. See limits.h.
#ifndef KENAL_SRC_SERVICE_SERVER_H_
#define KENAL_SRC_SERVICE_SERVER_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kenal/curator.h"
#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "kenal/status.h"

namespace kenal::service {

struct ServerOptions {
  // 1 to 8 of unix:PATH, 127.0.0.1:PORT, [::1]:PORT, localhost:PORT. Port 0
  // takes a free one. A Unix socket gets mode 0600.
  std::vector<std::string> listen;
  // Allows other addresses. Whoever can reach them reads every request and
  // may change every list.
  bool plaintext_beyond_loopback = false;
  // Threads that match. 0: one a core.
  int match_worker_count = 0;
};

class Server {
 public:
  // All arguments outlive the server.
  // Errors: kInvalidArgument     an address is malformed or not allowed
  //         kUnavailable         somebody else listens there
  //         kFailedPrecondition  a socket cannot be made there
  static StatusOr<std::unique_ptr<Server>> Start(Matcher& matcher,
                                                 Curator& curator,
                                                 Hasher& hasher,
                                                 const ServerOptions& options);
  // Shuts down with a short grace if nobody did.
  virtual ~Server() = default;

  // Where it listens, in the order of options.listen, with the actual ports.
  virtual const std::vector<std::string>& addresses() const = 0;
  const std::string& address() const { return addresses().front(); }

  // Says NOT_SERVING, takes no new calls, answers those it has taken, and ends
  // the rest after `grace`. Returns when all is over. Thread-safe; later calls
  // wait for the first.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;

  // Returns when a Shutdown is over.
  virtual void Wait() = 0;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_SERVER_H_
