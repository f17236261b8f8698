// Reading the PEM files that Authority writes, or another authority.
#ifndef KENAL_SRC_IDENTITY_TLS_FILES_H_
#define KENAL_SRC_IDENTITY_TLS_FILES_H_

#include <string>

#include "kenal/status.h"
#include "src/identity/certificate.h"

namespace kenal::identity {

// The first certificate or key of a file of at most 1 MiB. Errors name the
// file: kNotFound, kPermissionDenied, kInvalidArgument, kUnavailable.
StatusOr<Certificate> ReadCertificateFile(const std::string& path);
StatusOr<Key> ReadKeyFile(const std::string& path);

}  // namespace kenal::identity

#endif  // KENAL_SRC_IDENTITY_TLS_FILES_H_
