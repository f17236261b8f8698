// Why a connection cannot be made, for people.
#ifndef KENAL_SRC_CLIENT_DIAGNOSE_H_
#define KENAL_SRC_CLIENT_DIAGNOSE_H_

#include "kenal/status.h"
#include "src/client/connection.h"
#include "src/wire/address.h"

namespace kenal::client {

// Knocks once more by hand, because gRPC does not tell why it failed: at most
// a few seconds. Never OK.
// Errors: kUnavailable         nobody listens, or the reason is not found
//         kUnauthenticated     the ends do not trust each other, or one of
//                              them speaks no TLS; with what to do
//         kFailedPrecondition  it is a port for HTTP
//         kPermissionDenied    a socket of another user
Status WhyNotConnected(const wire::Address& address,
                       const ConnectOptions& options);

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_DIAGNOSE_H_
