#include "src/client/knock.h"

#include <netdb.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

namespace kenal::client {
namespace {

// For each step: connecting, reading, writing.
constexpr int kStepMs = 1'500;

Speech SpeechInPlain(const wire::Address& address) {
  const Socket socket(address);
  // How HTTP/2 begins, with empty settings. HTTP/1 refuses it in words.
  constexpr std::string_view kHello(
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  if (send(socket.descriptor(), kHello.data(), kHello.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kHello.size())) {
    return Speech::kNone;
  }
  char heard[9] = {};
  const ssize_t size =
      recv(socket.descriptor(), heard, sizeof heard, MSG_WAITALL);
  if (size != static_cast<ssize_t>(sizeof heard)) return Speech::kNone;
  const std::string_view text(heard, sizeof heard);
  if (text.starts_with("HTTP/1.")) return Speech::kHttp1;
  // A frame of settings: length, type 4, flags, stream 0.
  const bool settings = text.substr(3) == std::string_view("\4\0\0\0\0\0", 6);
  return settings ? Speech::kHttp2 : Speech::kNone;
}

Speech SpeechInTls(const wire::Address& address) {
  const Socket socket(address);
  const TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (socket.descriptor() < 0 || !context) return Speech::kNone;
  // Nothing is told to it, so it need not be trusted.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  const Tls tls = MakeTls(*context, socket.descriptor());
  if (!tls) return Speech::kNone;
  ERR_clear_error();
  const bool shaken = SSL_connect(tls.get()) == 1;
  if (!shaken && RefusesGrpc()) return Speech::kTlsHttp1;
  // TLS 1.2 asks for our certificate within the handshake.
  return SSL_get0_peer_certificate(tls.get()) != nullptr ? Speech::kTls
                                                         : Speech::kNone;
}

}  // namespace

Socket::Socket(const wire::Address& address) {
  if (!address.is_unix()) {
    ConnectToHost(address);
    return;
  }
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  std::ranges::copy(address.path.substr(0, sizeof path.sun_path - 1),
                    path.sun_path);
  Connect(AF_UNIX, &path, sizeof path);
}

void Socket::ConnectToHost(const wire::Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                  &hints, &found) != 0) {
    return;
  }
  for (const addrinfo* at = found; at != nullptr && descriptor_ < 0;
       at = at->ai_next) {
    Connect(at->ai_family, at->ai_addr, at->ai_addrlen);
  }
  freeaddrinfo(found);
}

void Socket::Connect(int family, const void* address, size_t address_size) {
  descriptor_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) {
    error_ = errno;
    return;
  }
  const timeval limit{.tv_sec = kStepMs / 1000,
                      .tv_usec = kStepMs % 1000 * 1000};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(descriptor_, static_cast<const sockaddr*>(address),
              static_cast<socklen_t>(address_size)) != 0) {
    error_ = errno;
    Close();
  }
}

void Socket::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

Tls MakeTls(SSL_CTX& context, int descriptor) {
  Tls tls(SSL_new(&context));
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  if (!tls || SSL_set_fd(tls.get(), descriptor) != 1 ||
      SSL_set_alpn_protos(tls.get(), kHttp2, sizeof kHttp2) != 0) {
    return nullptr;
  }
  return tls;
}

bool RefusesGrpc() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_SSL &&
         ERR_GET_REASON(error) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL;
}

Speech SpeechAt(const wire::Address& address) {
  const Speech plain = SpeechInPlain(address);
  return plain == Speech::kNone ? SpeechInTls(address) : plain;
}

}  // namespace kenal::client
