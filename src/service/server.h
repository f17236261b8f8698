// Server: one store, served over gRPC.
//
//   KENAL_TRY_ASSIGN(auto server,
//                    Server::Start(*engine, *engine, *hasher,
//                                  {.listen = {"unix:/run/kenal.sock"}}));
//   server->Wait();  // until another thread calls Shutdown
//
// Serves the services of proto/kenal/v1, the standard health service and
// reflection. Every request takes the way of dispatcher.h, also those that
// another transport brings to dispatcher().
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
#include "src/identity/authority.h"
#include "src/identity/role.h"
#include "src/operate/request_log.h"
#include "src/service/backup_keeper.h"
#include "src/service/dispatcher.h"
#include "src/service/tuning.h"

namespace kenal::service {

struct ServerOptions {
  // 1 to 8 of unix:PATH, HOST:PORT. Port 0 takes a free one. A Unix socket
  // gets mode 0600.
  std::vector<std::string> listen;
  // Of every TCP listener; clients need a certificate of its authority. Read
  // again when they change. Empty: TCP needs insecure_plaintext_tcp.
  identity::TlsFiles tls;
  // The client table; read again when it changes. Needed with tls.
  std::string clients;
  // Of callers of Unix sockets and of plaintext TCP.
  identity::RoleSet local_roles = identity::kLocalRoles;
  // Whoever can reach the port reads every request and has the local roles.
  bool insecure_plaintext_tcp = false;
  operate::RequestLogOptions log;
  Tuning tuning;
  // Without a folder no backups are made.
  BackupPlan backups;
  // Hashes the pictures of bulk work, with processes of low priority; outlives
  // the server. Null: the other hasher does.
  Hasher* bulk_hasher = nullptr;
};

class Server {
 public:
  // All arguments outlive the server.
  // Errors: kInvalidArgument     an address is malformed or not allowed, or
  //                              the certificates do not fit
  //         kUnavailable         somebody else listens there
  //         kFailedPrecondition  a socket cannot be made there, or a
  //                              certificate expired
  //         also those of reading the client table and opening the log
  static StatusOr<std::unique_ptr<Server>> Start(Matcher& matcher,
                                                 Curator& curator,
                                                 Hasher& hasher,
                                                 const ServerOptions& options);
  // Shuts down with a short grace if nobody did.
  virtual ~Server() = default;

  // Where it listens, in the order of options.listen, with the actual ports.
  virtual const std::vector<std::string>& addresses() const = 0;
  const std::string& address() const { return addresses().front(); }

  // For other transports; lives as long as the server.
  virtual Dispatcher& dispatcher() = 0;
  virtual operate::RequestLog& log() = 0;

  // Reads the client table again and reopens the log, now. Certificates are
  // looked at every second anyhow. Thread-safe. What fails is in the log, and
  // what was before stays.
  virtual void Reload() = 0;

  // Adds a backup soon, if the server was given a folder for them. Thread-safe.
  virtual void MakeBackupSoon() = 0;

  // Says NOT_SERVING, takes no new calls, answers those it has taken, and ends
  // the rest after `grace`. Returns when all is over. Thread-safe; later calls
  // wait for the first.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;

  // Returns when a Shutdown is over.
  virtual void Wait() = 0;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_SERVER_H_
