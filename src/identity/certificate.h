// Certificates: OpenSSL's X.509 with owners, and the ones that this room makes.
#ifndef KENAL_SRC_IDENTITY_CERTIFICATE_H_
#define KENAL_SRC_IDENTITY_CERTIFICATE_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"

namespace kenal::identity {

template <auto kFree>
struct Freer {
  template <typename Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

// Reads PEM. Errors: kInvalidArgument, without the name of a file. An encrypted
// key is one: nobody is asked for a password.
StatusOr<Certificate> ParseCertificate(std::string_view pem);
StatusOr<Key> ParseKey(std::string_view pem);

// Bytes in memory that is cleared when it is given back.
StatusOr<Bio> WritePem(const EVP_PKEY& key);
StatusOr<Bio> WritePem(const X509& certificate);
std::string_view BytesOf(const Bio& bio);

int64_t UnixSeconds(const ASN1_TIME* time);

// When a certificate in PEM expires. Errors: those of ParseCertificate.
StatusOr<int64_t> NotAfterOf(std::string_view pem);

// kFailedPrecondition when it has expired or is not valid yet.
Status CheckValidNow(const X509& certificate);

StatusOr<Key> MakeKey();  // ECDSA P-256

enum class Use : uint8_t { kAuthority, kServer, kClient };

struct CertificateOrder {
  std::string common_name;
  Use use = Use::kClient;
  const GENERAL_NAMES* names = nullptr;  // of the one it is for; may be null
  int days = 0;
};
// Signed by the issuer, or by itself when `issuer` is null: `issuer_key` is
// then the key itself. Valid from an hour ago, since clocks differ.
StatusOr<Certificate> MakeCertificate(const CertificateOrder& order,
                                      const EVP_PKEY& key, const X509* issuer,
                                      const EVP_PKEY& issuer_key);

// DNS names and IP addresses. Errors: kInvalidArgument names the host.
StatusOr<Names> NamesOfHosts(const std::vector<std::string>& hosts);
StatusOr<Names> NamesOfUri(const std::string& uri);
// As text; unprintable bytes become "?".
std::vector<std::string> TextOf(const GENERAL_NAMES& names);
// Null when it has none.
Names NamesOf(const X509& certificate);

}  // namespace kenal::identity

#endif  // KENAL_SRC_IDENTITY_CERTIFICATE_H_
