// Transport: one request and its answer, the seam between the logic of feeds
// and the network.
#ifndef KENAL_SRC_FEED_TRANSPORT_H_
#define KENAL_SRC_FEED_TRANSPORT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "kenal/status.h"
#include "src/feed/spool.h"

namespace kenal::feed {

struct Request {
  std::string url;   // may hold a token: in no message
  std::string user;  // basic authentication, unless empty
  std::string password;
  std::string accept;  // media type
};

struct Response {
  int status = 0;  // of HTTP
  std::optional<int64_t> retry_after_s;
  std::optional<int64_t> server_unix_ms;  // what its clock says
};

class Transport {
 public:
  virtual ~Transport() = default;

  // `body` is emptied, and holds the body of an answer of status 200; of
  // others nothing is kept.
  // Errors, without address and credentials:
  //   kUnavailable         the connection failed, broke or took too long: may
  //                        work later
  //   kFailedPrecondition  the other end is not who it should be, or its
  //                        answer is larger than allowed
  //   kResourceExhausted   no space for the body
  //   kCancelled           we were asked to stop
  virtual StatusOr<Response> Get(const Request& request, Spool& body) = 0;
};

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_TRANSPORT_H_
