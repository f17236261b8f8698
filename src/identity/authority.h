// Authority: a certificate authority for trying out and for small
// installations; what `kenal certs` does.
//
//   folder/ca.pem       its certificate: what servers and clients trust
//   folder/ca.key       its key (mode 0600): keep it off the server
//   folder/NAME.pem     a certificate and folder/NAME.key its key (mode 0600)
//   folder/clients.txt  the client table, a line a client
//
// Keys are ECDSA P-256. Files come whole or not at all, and none is replaced
// but by Renew.
#ifndef KENAL_SRC_IDENTITY_AUTHORITY_H_
#define KENAL_SRC_IDENTITY_AUTHORITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/identity/client_table.h"

namespace kenal::identity {

// PEM files of one end of a TLS connection.
struct TlsFiles {
  std::string certificate;  // with its chain
  std::string key;
  std::string authority;  // that the other end's certificate must come from
  bool empty() const {
    return certificate.empty() && key.empty() && authority.empty();
  }
  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// What one end presents is there, fits together and can be read.
// Errors: kInvalidArgument     a path is missing, or key and certificate do not
//                              fit
//         kNotFound, kPermissionDenied  name the file
//         kFailedPrecondition  expired
Status CheckTlsFiles(const TlsFiles& files);

struct CertificateInfo {
  std::string subject;
  std::string issuer;
  std::vector<std::string> sans;  // URI, DNS, IP and e-mail names, as text
  int64_t not_before_unix_s = 0;
  int64_t not_after_unix_s = 0;
  bool is_authority = false;
  std::string sha256;  // of the certificate, hex
};
// The first certificate of a PEM file.
StatusOr<CertificateInfo> ReadCertificate(const std::string& path);

// A new authority in `folder`, which is made when it is missing.
// Errors: kAlreadyExists  there is one
Status MakeAuthority(const std::string& folder, int days);

struct ServerRequest {
  std::string name = "server";      // of the files
  std::vector<std::string> hosts;   // DNS names and IP addresses; 1 or more
  int days = 397;
};
// Errors: kNotFound       no authority in `folder`
//         kAlreadyExists  a certificate of that name is there
Status IssueServer(const std::string& folder, const ServerRequest& request);

struct ClientRequest {
  std::string name;  // of the files, and in the SAN kenal://client/NAME
  Caller caller;     // roles and limits for clients.txt; its name is unused
  int days = 397;
};
// Also adds the client to clients.txt.
Status IssueClient(const std::string& folder, const ClientRequest& request);

// A new key and certificate for the same names, in place of the old.
Status Renew(const std::string& folder, const std::string& name, int days);

}  // namespace kenal::identity

#endif  // KENAL_SRC_IDENTITY_AUTHORITY_H_
