// From gRPC's statuses to ours.
#ifndef KENAL_SRC_CLIENT_ERRORS_H_
#define KENAL_SRC_CLIENT_ERRORS_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "kenal/status.h"

namespace kenal::client {

Status NobodyAnswers(const std::string& address);

// One to one, except where gRPC itself speaks and not the server. Says when to
// try again where the server did; see RetryAfter.
Status FromGrpc(const grpc::Status& status, const grpc::ClientContext& context,
                const std::string& address);

// An answer that cannot be read is the server's bug, not the caller's.
Status Misread(const Status& status, const std::string& address);

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_ERRORS_H_
