// From gRPC's statuses to ours.
#ifndef KENAL_SRC_CLIENT_ERRORS_H_
#define KENAL_SRC_CLIENT_ERRORS_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "kenal/status.h"
#include "src/wire/limits.h"

namespace kenal::client {

inline Status NobodyAnswers(const std::string& address) {
  return Unavailable("no Kenal server answers at " + address +
                     "; start one with `kenal --data DIR serve --listen " +
                     address + "`");
}

// One to one, except where gRPC itself speaks and not the server.
inline Status FromGrpc(const grpc::Status& status,
                       const grpc::ClientContext& context,
                       const std::string& address) {
  if (status.ok()) return OkStatus();
  const std::string& message = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      if (context.GetServerTrailingMetadata().count(wire::kErrorMark) > 0) {
        break;
      }
      return Unavailable("the Kenal server at " + address + " went away (" +
                         message + "); try again");
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Unavailable("the Kenal server at " + address +
                         " did not answer in time (" + message +
                         "); try again, or ask for less at once");
    case grpc::StatusCode::UNIMPLEMENTED:
      return FailedPrecondition("what answers at " + address +
                                " is no Kenal server of this version");
    default:
      break;
  }
  return Status(static_cast<StatusCode>(status.error_code()), message);
}

// An answer that cannot be read is the server's bug, not the caller's.
inline Status Misread(const Status& status, const std::string& address) {
  return Internal("the answer of the Kenal server at " + address +
                  " cannot be read: " + std::string(status.message()));
}

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_ERRORS_H_
