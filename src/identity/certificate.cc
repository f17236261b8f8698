#include "src/identity/certificate.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "src/base/clock.h"

namespace kenal::identity {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kSkewSeconds = 3'600;
constexpr int kSerialBits = 128;

using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;

// What OpenSSL says of its last error, and forgets.
Status OpenSslError(std::string_view doing) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return Internal(std::string(doing) + ": " + text.data());
}

int NoPassword(char*, int, int, void*) { return 0; }

StatusOr<Bio> Reading(std::string_view text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio == nullptr) return OpenSslError("reading PEM");
  return bio;
}

Status AddExtension(X509& certificate, const X509* issuer, int nid,
                    const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  // An authority's own certificate is its issuer's.
  X509* const from =
      issuer != nullptr ? const_cast<X509*>(issuer) : &certificate;
  X509V3_set_ctx(&context, from, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (extension == nullptr ||
      X509_add_ext(&certificate, extension.get(), -1) != 1) {
    return OpenSslError("making a certificate's extensions");
  }
  return OkStatus();
}

Status AddExtensions(X509& certificate, const X509* issuer,
                     const CertificateOrder& order) {
  const bool authority = order.use == Use::kAuthority;
  const auto add = [&](int nid, const char* value) {
    return AddExtension(certificate, issuer, nid, value);
  };
  KENAL_TRY(add(NID_basic_constraints, authority ? "critical,CA:TRUE,pathlen:0"
                                                 : "critical,CA:FALSE"));
  KENAL_TRY(add(NID_key_usage, authority ? "critical,keyCertSign,cRLSign"
                                         : "critical,digitalSignature"));
  if (!authority) {
    KENAL_TRY(add(NID_ext_key_usage,
                  order.use == Use::kServer ? "serverAuth" : "clientAuth"));
  }
  KENAL_TRY(add(NID_subject_key_identifier, "hash"));
  KENAL_TRY(add(NID_authority_key_identifier, "keyid:always"));
  if (order.names != nullptr &&
      X509_add1_ext_i2d(&certificate, NID_subject_alt_name,
                        const_cast<GENERAL_NAMES*>(order.names), 0, 0) != 1) {
    return OpenSslError("making a certificate's names");
  }
  return OkStatus();
}

Status SetNameAndSerial(X509& certificate, const std::string& common_name) {
  const Number serial(BN_new());
  X509_NAME* const name = X509_get_subject_name(&certificate);
  const auto* const text =
      reinterpret_cast<const unsigned char*>(common_name.c_str());
  if (serial == nullptr ||
      BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) !=
          1 ||
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) ==
          nullptr ||
      X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, -1,
                                 -1, 0) != 1) {
    return OpenSslError("naming a certificate");
  }
  return OkStatus();
}

Status SetTimes(X509& certificate, int days) {
  const int64_t now_s = base::NowUnixMs() / 1000;
  const time_t from = now_s - kSkewSeconds;
  const time_t to = now_s + days * kSecondsPerDay;
  if (ASN1_TIME_set(X509_getm_notBefore(&certificate), from) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(&certificate), to) == nullptr) {
    return OpenSslError("dating a certificate");
  }
  return OkStatus();
}

bool IsHostName(std::string_view host) {
  if (host.starts_with("*.")) host.remove_prefix(2);
  if (host.empty() || host.size() > 253) return false;
  while (true) {
    const std::string_view label = host.substr(0, host.find('.'));
    const bool plain = std::all_of(label.begin(), label.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             (c >= '0' && c <= '9') || c == '-';
    });
    if (label.empty() || label.size() > 63 || !plain || label.front() == '-' ||
        label.back() == '-') {
      return false;
    }
    if (label.size() == host.size()) return true;
    host.remove_prefix(label.size() + 1);
  }
}

Status AddName(GENERAL_NAMES& names, int type, std::string_view bytes) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  ASN1_STRING* const value = ASN1_STRING_type_new(
      type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  if (name == nullptr || value == nullptr ||
      ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) !=
          1 ||
      sk_GENERAL_NAME_push(&names, name) == 0) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return OpenSslError("making a certificate's names");
  }
  GENERAL_NAME_set0_value(name, type, value);
  return OkStatus();
}

Status AddHost(GENERAL_NAMES& names, const std::string& host) {
  std::array<char, 16> address{};
  if (inet_pton(AF_INET, host.c_str(), address.data()) == 1) {
    return AddName(names, GEN_IPADD, {address.data(), 4});
  }
  if (inet_pton(AF_INET6, host.c_str(), address.data()) == 1) {
    return AddName(names, GEN_IPADD, {address.data(), address.size()});
  }
  if (!IsHostName(host)) {
    return InvalidArgument("\"" + host.substr(0, 64) +
                           "\" is neither a host name nor an IP address");
  }
  return AddName(names, GEN_DNS, host);
}

std::string IpText(const unsigned char* bytes, size_t size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (size != 4 && size != 16) return "?";
  inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text.data(),
            static_cast<socklen_t>(text.size()));
  return text.data();
}

}  // namespace

StatusOr<Certificate> ParseCertificate(std::string_view pem) {
  KENAL_TRY_ASSIGN(const Bio bio, Reading(pem));
  Certificate certificate(
      PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) {
    return InvalidArgument("holds no certificate in PEM");
  }
  return certificate;
}

StatusOr<Key> ParseKey(std::string_view pem) {
  KENAL_TRY_ASSIGN(const Bio bio, Reading(pem));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return InvalidArgument(
        "holds no private key in PEM that can be read without a password");
  }
  return key;
}

StatusOr<Bio> WritePem(const EVP_PKEY& key) {
  Bio bio(BIO_new(BIO_s_secmem()));
  if (bio == nullptr ||
      PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr,
                               nullptr) != 1) {
    return OpenSslError("writing a key");
  }
  return bio;
}

StatusOr<Bio> WritePem(const X509& certificate) {
  Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), &certificate) != 1) {
    return OpenSslError("writing a certificate");
  }
  return bio;
}

std::string_view BytesOf(const Bio& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

int64_t UnixSeconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

StatusOr<int64_t> NotAfterOf(std::string_view pem) {
  KENAL_TRY_ASSIGN(const Certificate certificate, ParseCertificate(pem));
  return UnixSeconds(X509_get0_notAfter(certificate.get()));
}

Status CheckValidNow(const X509& certificate) {
  const int64_t now_s = base::NowUnixMs() / 1000;
  const int64_t from_s = UnixSeconds(X509_get0_notBefore(&certificate));
  const int64_t to_s = UnixSeconds(X509_get0_notAfter(&certificate));
  if (now_s > to_s) {
    return FailedPrecondition("the certificate expired at " +
                              base::FormatUtc(to_s * 1000) +
                              "; renew it, as with kenal certs renew");
  }
  if (now_s < from_s) {
    return FailedPrecondition("the certificate is not valid before " +
                              base::FormatUtc(from_s * 1000));
  }
  return OkStatus();
}

StatusOr<Key> MakeKey() {
  Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("making a key");
  return key;
}

StatusOr<Certificate> MakeCertificate(const CertificateOrder& order,
                                      const EVP_PKEY& key, const X509* issuer,
                                      const EVP_PKEY& issuer_key) {
  Certificate certificate(X509_new());
  if (certificate == nullptr ||
      X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(certificate.get(), const_cast<EVP_PKEY*>(&key)) != 1) {
    return OpenSslError("making a certificate");
  }
  KENAL_TRY(SetNameAndSerial(*certificate, order.common_name));
  KENAL_TRY(SetTimes(*certificate, order.days));
  const X509_NAME* const issuer_name =
      X509_get_subject_name(issuer != nullptr ? issuer : certificate.get());
  if (X509_set_issuer_name(certificate.get(), issuer_name) != 1) {
    return OpenSslError("making a certificate");
  }
  KENAL_TRY(AddExtensions(*certificate, issuer, order));
  if (X509_sign(certificate.get(), const_cast<EVP_PKEY*>(&issuer_key),
                EVP_sha256()) == 0) {
    return OpenSslError("signing a certificate");
  }
  return certificate;
}

StatusOr<Names> NamesOfHosts(const std::vector<std::string>& hosts) {
  if (hosts.empty()) {
    return InvalidArgument(
        "a server's certificate needs the host names or addresses that "
        "clients reach it by");
  }
  Names names(GENERAL_NAMES_new());
  if (names == nullptr) return OpenSslError("making a certificate's names");
  for (const std::string& host : hosts) KENAL_TRY(AddHost(*names, host));
  return names;
}

StatusOr<Names> NamesOfUri(const std::string& uri) {
  Names names(GENERAL_NAMES_new());
  if (names == nullptr) return OpenSslError("making a certificate's names");
  KENAL_TRY(AddName(*names, GEN_URI, uri));
  return names;
}

std::vector<std::string> TextOf(const GENERAL_NAMES& names) {
  std::vector<std::string> texts;
  for (int i = 0; i < sk_GENERAL_NAME_num(&names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(&names, i);
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(name, &type);
    if (type != GEN_IPADD && type != GEN_DNS && type != GEN_URI &&
        type != GEN_EMAIL) {
      continue;
    }
    const auto* const string = static_cast<const ASN1_STRING*>(value);
    const unsigned char* const bytes = ASN1_STRING_get0_data(string);
    const auto size = static_cast<size_t>(ASN1_STRING_length(string));
    std::string text = type == GEN_IPADD ? IpText(bytes, size)
                                         : std::string(bytes, bytes + size);
    for (char& c : text) {
      if (c < ' ' || c > '~') c = '?';
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

Names NamesOf(const X509& certificate) {
  return Names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
}

}  // namespace kenal::identity
