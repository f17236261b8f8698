// TLS of this room: a context that follows its files, and who came.
#ifndef KENAL_SRC_HTTP_TLS_H_
#define KENAL_SRC_HTTP_TLS_H_

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/identity/authority.h"

namespace kenal::http {

// TLS 1.2 and up; a client has to present a certificate of the authority. No
// session is resumed, so that each connection is verified whole.
class TlsKeeper {
 public:
  using Context = std::shared_ptr<boost::asio::ssl::context>;

  // Errors: kNotFound, kPermissionDenied, kInvalidArgument name the file
  static StatusOr<std::unique_ptr<TlsKeeper>> Load(
      const identity::TlsFiles& files);

  // For the next connection. Thread-safe.
  Context Current() const;

  // Reads the files again if one of them changed since they were last read
  // whole. False: none did, or what is wrong was told before. After an error
  // the last good context stays, and the next call tries again. Not
  // thread-safe.
  StatusOr<bool> Reload();

 private:
  // Time of change, size and number of each file.
  using Stamp = std::array<int64_t, 12>;

  explicit TlsKeeper(identity::TlsFiles files) : files_(std::move(files)) {}
  Stamp TakeStamp() const;

  const identity::TlsFiles files_;
  Stamp stamp_{};  // of what context_ was made from
  Status told_;    // what Reload last found wrong
  mutable std::mutex mutex_;
  Context context_;
};

struct Peer {
  std::vector<std::string> names;  // URI, DNS, IP and e-mail, as text
  int64_t not_after_unix_s = 0;
};
// Of the verified certificate of the other end.
Peer PeerOf(const SSL* connection);

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_TLS_H_
