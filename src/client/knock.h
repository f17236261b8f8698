// What listens at an address, found out by hand where gRPC does not tell.
#ifndef KENAL_SRC_CLIENT_KNOCK_H_
#define KENAL_SRC_CLIENT_KNOCK_H_

#include <openssl/ssl.h>

#include <memory>

#include "src/wire/address.h"

namespace kenal::client {

// Another end of a connection. Each step, such as a read, takes a second or
// two at most. Not thread-safe.
class Socket {
 public:
  explicit Socket(const wire::Address& address);
  ~Socket() { Close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }  // -1: not connected
  // Why not, as errno has it; 0 when the host is not known.
  int error() const { return error_; }

 private:
  void Connect(int family, const void* address, size_t address_size);
  void ConnectToHost(const wire::Address& address);
  void Close();

  int descriptor_ = -1;
  int error_ = 0;
};

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;
using Tls = std::unique_ptr<SSL, FreeTls>;

// For gRPC over `descriptor`; null when there is no memory.
Tls MakeTls(SSL_CTX& context, int descriptor);

// Whether the last error of OpenSSL says that the other end has TLS, and no
// gRPC behind it. Of the calling thread.
bool RefusesGrpc();

enum class Speech {
  kNone,     // nothing that is known
  kHttp1,    // without TLS
  kHttp2,    // without TLS, as gRPC does
  kTls,      // TLS
  kTlsHttp1  // TLS, and no gRPC behind it
};

// Asks without TLS and then with it, without a certificate. Cost: a few
// seconds at most, of an end that says nothing.
Speech SpeechAt(const wire::Address& address);

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_KNOCK_H_
