#include "src/client/diagnose.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <string>

#include "src/client/errors.h"
#include "src/client/knock.h"

namespace kenal::client {
namespace {

// The DNS names and addresses in a certificate, for a message.
std::string NamesIn(const X509* certificate) {
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  constexpr int kNamesShown = 5;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && i < kNamesShown; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const auto* const bytes =
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    const auto size = static_cast<size_t>(ASN1_STRING_length(name->d.dNSName));
    text += (text.empty() ? "" : ", ") + std::string(bytes, size);
  }
  GENERAL_NAMES_free(names);
  return text;
}

bool IsAddress(const std::string& host) {
  ASN1_OCTET_STRING* const parsed = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(parsed);
  return parsed != nullptr;
}

void Expect(SSL& tls, const std::string& host) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(&tls);
  if (IsAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size());
    SSL_set_tlsext_host_name(&tls, host.c_str());
  }
}

// Keeps the names of a certificate that is refused: `tls` forgets it.
int KeepNames(int good, X509_STORE_CTX* chain) {
  const auto* const tls = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const X509* const leaf = X509_STORE_CTX_get0_cert(chain);
  if (good == 0 && tls != nullptr && leaf != nullptr) {
    *static_cast<std::string*>(SSL_get_app_data(tls)) = NamesIn(leaf);
  }
  return good;
}

Status OfServer(const SSL& tls, const std::string& address,
                const std::string& host, const ConnectOptions& options) {
  const std::string who = "the server at " + address;
  const auto why = static_cast<int>(SSL_get_verify_result(&tls));
  switch (why) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return absl::UnauthenticatedError(
          who +
          " shows a certificate that has expired; renew it there with "
          "`kenal certs renew`");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return absl::UnauthenticatedError(
          who +
          " shows a certificate that is not valid yet; compare the "
          "clocks of both machines");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      const auto& names = *static_cast<std::string*>(SSL_get_app_data(&tls));
      return absl::UnauthenticatedError(
          who + " shows a certificate that is not for " + host +
          (names.empty() ? "" : " but for " + names) +
          "; give its name with --tls-name, or issue one for this host");
    }
    default:
      return absl::UnauthenticatedError(
          who + " shows a certificate that is not from the authority in " +
          options.tls.authority + " (" + X509_verify_cert_error_string(why) +
          "); give the authority that issued it with --tls-ca");
  }
}

// Why a server hangs up on this client.
Status OfClient(const SSL& tls, const std::string& address,
                const ConnectOptions& options) {
  const X509* const mine = SSL_get_certificate(&tls);
  const bool expired =
      mine != nullptr && X509_cmp_current_time(X509_get0_notAfter(mine)) < 0;
  return absl::UnauthenticatedError(
      "the server at " + address + " refuses " + options.tls.certificate +
      (expired ? ": it has expired; renew it with `kenal certs renew`"
               : ": it is not from an authority that the server trusts; have "
                 "one issued there with `kenal certs client`"));
}

Status IsHttp(const std::string& address) {
  return FailedPrecondition(
      "what answers at " + address +
      " speaks HTTP and no gRPC: it may be what `kenal serve` was given as "
      "--http; give what it was given as --listen");
}

Status SpeaksNoTls(const wire::Address& address) {
  if (SpeechAt(address) == Speech::kHttp1) return IsHttp(address.ToString());
  return absl::UnauthenticatedError(
      "what answers at " + address.ToString() +
      " speaks no TLS; if it is meant to serve without, leave the "
      "certificates (--tls, KENAL_TLS) out");
}

// From the last error of the library; OK when it says nothing known.
Status OfError(const SSL& tls, const wire::Address& address,
               const ConnectOptions& options) {
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return OkStatus();
  switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return SpeaksNoTls(address);
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      return IsHttp(address.ToString());
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return OfClient(tls, address.ToString(), options);
    default:
      return OkStatus();
  }
}

Status OfFiles(const ConnectOptions& options) {
  return InvalidArgument(
      "the certificate " + options.tls.certificate + ", the key " +
      options.tls.key + " and the authority " + options.tls.authority +
      " do not fit together or cannot be read; `kenal certs show` tells more");
}

Status Unknown(const std::string& address) {
  return Unavailable("the connection to " + address +
                     " ends without a reason; look at the server's log, and "
                     "try again");
}

Status WithTls(const wire::Address& address, const ConnectOptions& options,
               int descriptor) {
  const std::string name = address.ToString();
  const std::string host =
      options.tls_name.empty() ? address.host : options.tls_name;
  ERR_clear_error();
  const TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Unknown(name);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, KeepNames);
  if (SSL_CTX_use_certificate_chain_file(
          context.get(), options.tls.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), options.tls.key.c_str(),
                                  SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_load_verify_file(context.get(), options.tls.authority.c_str()) !=
          1) {
    return OfFiles(options);
  }
  const Tls tls = MakeTls(*context, descriptor);
  if (!tls) return Unknown(name);
  std::string names;
  SSL_set_app_data(tls.get(), &names);
  Expect(*tls, host);
  const bool shaken = SSL_connect(tls.get()) == 1;
  if (!shaken && SSL_get_verify_result(tls.get()) != X509_V_OK) {
    return OfServer(*tls, name, host, options);
  }
  // In TLS 1.3 a server refuses a client only after the handshake, and gRPC
  // does so by hanging up. A server that takes a client speaks first.
  char byte = 0;
  const int heard = shaken ? SSL_read(tls.get(), &byte, 1) : 0;
  if (heard == 1) return Unknown(name);
  const bool waiting = SSL_get_error(tls.get(), heard) == SSL_ERROR_WANT_READ;
  const Status known = OfError(*tls, address, options);
  if (!known.ok()) return known;
  return shaken && !waiting ? OfClient(*tls, name, options) : Unknown(name);
}

Status WithoutTls(const wire::Address& address) {
  const std::string name = address.ToString();
  switch (SpeechAt(address)) {
    case Speech::kHttp1:
      return IsHttp(name);
    case Speech::kTlsHttp1:
      return FailedPrecondition(
          "what answers at " + name +
          " speaks HTTP with TLS and no gRPC: it may be what `kenal serve` "
          "was given as --http; give what it was given as --listen, and your "
          "certificates with --tls FOLDER/NAME");
    case Speech::kTls:
      return absl::UnauthenticatedError(
          "the server at " + name +
          " does not answer without TLS; give your certificates with --tls "
          "FOLDER/NAME");
    case Speech::kHttp2:
      return Unknown(name);
    case Speech::kNone:
    default:
      return Unavailable("something listens at " + name +
                         " and answers neither gRPC nor TLS; see that it is "
                         "`kenal serve`, and try again");
  }
}

Status NotReached(const wire::Address& address, int error) {
  const std::string name = address.ToString();
  if (error == 0) {
    return Unavailable("the host " + address.host +
                       " is not known; look at the address, or try again");
  }
  if (error != EACCES) return NobodyAnswers(name);
  return absl::PermissionDeniedError(
      name +
      " is not open to you: a Unix socket is for the user who started "
      "the server; ask as that user, or over TLS");
}

}  // namespace

Status WhyNotConnected(const wire::Address& address,
                       const ConnectOptions& options) {
  const Socket socket(address);
  if (socket.descriptor() < 0) return NotReached(address, socket.error());
  return options.tls.empty() ? WithoutTls(address)
                             : WithTls(address, options, socket.descriptor());
}

}  // namespace kenal::client
