#include "src/http/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "src/base/file.h"

namespace kenal::http {
namespace {

namespace ssl = boost::asio::ssl;

// This server speaks nothing else; a client that offers only others is told.
int SelectProtocol(SSL*, const unsigned char** chosen, unsigned char* size,
                   const unsigned char* offered, unsigned int offered_size,
                   void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, kOurs, sizeof kOurs - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Status CheckReadable(const std::string& path, std::string_view what) {
  if (path.empty()) {
    return InvalidArgument(
        "TLS needs a certificate, its key and an authority; "
        "there is no path of the " +
        std::string(what));
  }
  if (access(path.c_str(), R_OK) == 0) return OkStatus();
  const std::string message = base::WithErrno(path + ": cannot be read", errno);
  if (errno == ENOENT) return NotFound(message);
  return absl::PermissionDeniedError(message);
}

Status Refused(const std::string& path, std::string_view what) {
  char reason[160] = "";
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  ERR_clear_error();
  return InvalidArgument(path + ": " + std::string(what) + " (" + reason + ")");
}

StatusOr<TlsKeeper::Context> MakeContext(const identity::TlsFiles& files) {
  KENAL_TRY(CheckReadable(files.certificate, "certificate"));
  KENAL_TRY(CheckReadable(files.key, "key"));
  KENAL_TRY(CheckReadable(files.authority, "authority"));
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                  SSL_OP_NO_COMPRESSION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  SSL_CTX_set_verify_depth(native, 4);
  SSL_CTX_set_alpn_select_cb(native, SelectProtocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(native, files.certificate.c_str()) !=
      1) {
    return Refused(files.certificate, "is no PEM certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(native, files.key.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return Refused(files.key,
                   "is no PEM key, or not that of " + files.certificate);
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    return Refused(files.key, "is not the key of " + files.certificate);
  }
  if (SSL_CTX_load_verify_locations(native, files.authority.c_str(), nullptr) !=
      1) {
    return Refused(files.authority, "holds no PEM certificate");
  }
  STACK_OF(X509_NAME)* const names =
      SSL_load_client_CA_file(files.authority.c_str());
  if (names == nullptr) {
    return Refused(files.authority, "holds no PEM certificate");
  }
  SSL_CTX_set_client_CA_list(native, names);
  return context;
}

std::string NameText(const GENERAL_NAME& name) {
  if (name.type == GEN_IPADD) {
    char text[INET6_ADDRSTRLEN] = "";
    const int family = name.d.iPAddress->length == 4 ? AF_INET : AF_INET6;
    if (name.d.iPAddress->length != 4 && name.d.iPAddress->length != 16) {
      return "";
    }
    inet_ntop(family, name.d.iPAddress->data, text, sizeof text);
    return text;
  }
  if (name.type != GEN_URI && name.type != GEN_DNS && name.type != GEN_EMAIL) {
    return "";
  }
  const ASN1_IA5STRING& text = *name.d.ia5;
  const std::string value(reinterpret_cast<const char*>(text.data),
                          static_cast<size_t>(text.length));
  // A zero byte within would let one name pass for another.
  return value.find('\0') == value.npos ? value : "";
}

}  // namespace

StatusOr<std::unique_ptr<TlsKeeper>> TlsKeeper::Load(
    const identity::TlsFiles& files) {
  std::unique_ptr<TlsKeeper> keeper(new TlsKeeper(files));
  keeper->stamp_ = keeper->TakeStamp();
  KENAL_TRY_ASSIGN(keeper->context_, MakeContext(files));
  return keeper;
}

TlsKeeper::Context TlsKeeper::Current() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

StatusOr<bool> TlsKeeper::Reload() {
  const Stamp stamp = TakeStamp();
  if (stamp == stamp_) {
    told_ = OkStatus();
    return false;
  }
  StatusOr<Context> context = MakeContext(files_);
  if (!context.ok()) {
    if (context.status() == told_) return false;
    told_ = context.status();
    return told_;
  }
  stamp_ = stamp;
  told_ = OkStatus();
  const std::lock_guard lock(mutex_);
  context_ = *std::move(context);
  return true;
}

TlsKeeper::Stamp TlsKeeper::TakeStamp() const {
  Stamp stamp{};
  size_t at = 0;
  for (const std::string* path :
       {&files_.certificate, &files_.key, &files_.authority}) {
    struct stat info {};
    if (stat(path->c_str(), &info) != 0) info = {};
    stamp[at++] = info.st_mtim.tv_sec;
    stamp[at++] = info.st_mtim.tv_nsec;
    stamp[at++] = info.st_size;
    stamp[at++] = static_cast<int64_t>(info.st_ino);
  }
  return stamp;
}

Peer PeerOf(const SSL* connection) {
  Peer peer;
  X509* const certificate = SSL_get1_peer_certificate(connection);
  if (certificate == nullptr) return peer;
  std::tm until{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) == 1) {
    peer.not_after_unix_s = timegm(&until);
  }
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names);
  for (int i = 0; i < count; ++i) {
    std::string text = NameText(*sk_GENERAL_NAME_value(names, i));
    if (!text.empty()) peer.names.push_back(std::move(text));
  }
  GENERAL_NAMES_free(names);
  X509_free(certificate);
  return peer;
}

}  // namespace kenal::http
