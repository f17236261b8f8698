// TLS, from the client's side.
#ifndef KENAL_SRC_CLIENT_TLS_H_
#define KENAL_SRC_CLIENT_TLS_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "kenal/status.h"
#include "src/client/connection.h"
#include "src/wire/address.h"

namespace kenal::client {

// Without encryption when no files are given.
// Errors: kInvalidArgument  files for a Unix socket, not all three, one that is
//                           no PEM file or too large
//         kNotFound, kPermissionDenied  name the file
StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(
    const wire::Address& address, const ConnectOptions& options);

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_TLS_H_
