// Transport security: mutual TLS for gRPC.
#ifndef KENAL_SRC_SERVICE_TRANSPORT_SECURITY_H_
#define KENAL_SRC_SERVICE_TRANSPORT_SECURITY_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "src/identity/authority.h"

namespace kenal::service {

// TLS 1.2 or later; a client needs a certificate that `files.authority`
// vouches for. The files are looked at every second, and connections made
// afterwards use what is there then; those that are open stay. A certificate
// and key that do not fit are refused and looked at again.
std::shared_ptr<grpc::ServerCredentials> MutualTls(
    const identity::TlsFiles& files);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_TRANSPORT_SECURITY_H_
