// HttpServer: the unary methods of proto/kenal/v1 as JSON over HTTP/1.1.
//
//   KENAL_TRY_ASSIGN(auto server,
//                    HttpServer::Start(dispatcher,
//                                      {.listen = {"127.0.0.1:7118"},
//                                       .tls = files}));
//   ...
//   server->Shutdown(std::chrono::seconds(10));
//
// Requests take the same way as those over gRPC: the dispatcher says who may
// do what, and when. docs/http.md has the paths; every bound on what a client
// may hold is in HttpLimits.
#ifndef KENAL_SRC_HTTP_HTTP_SERVER_H_
#define KENAL_SRC_HTTP_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/identity/authority.h"
#include "src/service/dispatcher.h"

namespace kenal::http {

struct HttpLimits {
  // Open connections. Beyond it a connection that does nothing makes room for
  // the newcomer, or else the newcomer is closed.
  size_t connections_max = 4096;
  // Bodies and answers in memory, all connections together. A request beyond
  // it is told to come again.
  size_t bytes_in_flight_max = size_t{512} << 20;
  // An answer that would be larger is an error that says so.
  size_t answer_bytes_max = size_t{256} << 20;
  std::chrono::milliseconds handshake{5'000};
  // From the first byte of a request to the end of its headers.
  std::chrono::milliseconds header{10'000};
  // Between requests.
  std::chrono::milliseconds idle{60'000};
  // A body or an answer may stand still for so long,
  std::chrono::milliseconds stall{10'000};
  // and after that time comes, or is taken, at least this fast.
  size_t bytes_per_second_min = size_t{16} << 10;
  // What is still read of a request that was refused, so that the client sees
  // why.
  std::chrono::milliseconds linger{2'000};
};

struct HttpOptions {
  // 1 to 8 of unix:PATH, HOST:PORT, [IPV6]:PORT. Port 0 takes a free one. A
  // Unix socket gets mode 0600.
  std::vector<std::string> listen;
  // For TCP; clients must present a certificate of tls.authority. The files
  // are read again when they change; a set that does not fit together changes
  // nothing.
  identity::TlsFiles tls;
  // Allows TCP without TLS, whose callers are dispatcher.Local().
  bool insecure_plaintext_tcp = false;
  int threads = 2;
  HttpLimits limits;
  // Told of the outcome of each reading of changed certificate files, on a
  // thread of the server's. May be empty.
  std::function<void(const Status&)> on_reload;
};

class HttpServer {
 public:
  // `dispatcher` outlives the server.
  // Errors: kInvalidArgument     an address is malformed, or not allowed
  //                              without TLS; the certificate files do not fit
  //         kNotFound, kPermissionDenied  name the certificate file
  //         kUnavailable         somebody else listens there
  //         kFailedPrecondition  a socket cannot be made there
  static StatusOr<std::unique_ptr<HttpServer>> Start(
      service::Dispatcher& dispatcher, const HttpOptions& options);
  // Shuts down with a short grace if nobody did.
  virtual ~HttpServer() = default;

  // Where it listens, in the order of options.listen, with the actual ports.
  virtual const std::vector<std::string>& addresses() const = 0;
  // Open at this moment.
  virtual size_t connection_count() const = 0;

  // Takes no new connections and closes the idle ones; answers the requests
  // that came whole, or whose body is still coming, for up to `grace`. Returns
  // when the dispatcher has ended every call; those that are left after
  // `grace` are told that their caller has gone. Thread-safe; later calls wait
  // for the first.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;
};

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_HTTP_SERVER_H_
