#include "src/client/tls.h"

#include <string>
#include <string_view>
#include <vector>

#include "src/base/file.h"

namespace kenal::client {
namespace {

// A chain of many certificates takes some tens of KiB.
constexpr size_t kPemBytesMax = size_t{1} << 20;

StatusOr<std::string> ReadPem(std::string_view option,
                              const std::string& path) {
  const StatusOr<std::vector<uint8_t>> bytes =
      base::ReadFile(path, kPemBytesMax);
  if (!bytes.ok()) {
    return Status(
        bytes.status().code(),
        std::string(option) + ": " + std::string(bytes.status().message()));
  }
  std::string text(bytes->begin(), bytes->end());
  if (text.find("-----BEGIN ") == std::string::npos) {
    return InvalidArgument(std::string(option) + ": " + path +
                           " is no PEM file; `kenal certs` makes them");
  }
  return text;
}

}  // namespace

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(
    const wire::Address& address, const ConnectOptions& options) {
  const TlsFiles& files = options.tls;
  if (files.empty()) {
    if (!options.tls_name.empty()) {
      return InvalidArgument(
          "a name is expected in the server's certificate, but no "
          "certificates are given; use --tls FOLDER/NAME");
    }
    return grpc::InsecureChannelCredentials();
  }
  if (address.is_unix()) {
    return InvalidArgument(
        "a Unix socket takes no certificates: leave --tls "
        "out, or name HOST:PORT");
  }
  if (files.certificate.empty() || files.key.empty() ||
      files.authority.empty()) {
    return InvalidArgument(
        "TLS needs a certificate, its key and the authority; use --tls "
        "FOLDER/NAME, or all of --tls-cert, --tls-key and --tls-ca");
  }
  grpc::SslCredentialsOptions ssl;
  KENAL_TRY_ASSIGN(ssl.pem_cert_chain,
                   ReadPem("--tls-cert", files.certificate));
  KENAL_TRY_ASSIGN(ssl.pem_private_key, ReadPem("--tls-key", files.key));
  KENAL_TRY_ASSIGN(ssl.pem_root_certs, ReadPem("--tls-ca", files.authority));
  return grpc::SslCredentials(ssl);
}

}  // namespace kenal::client
