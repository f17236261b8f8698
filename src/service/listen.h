// Listening places: what may be listened at, and Unix sockets that only their
// owner may use.
#ifndef KENAL_SRC_SERVICE_LISTEN_H_
#define KENAL_SRC_SERVICE_LISTEN_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "kenal/status.h"
#include "src/wire/address.h"

namespace kenal::service {

// TCP needs TLS, on loopback too, unless plaintext is asked for by its name.
// Errors: kInvalidArgument names the flags.
Status CheckMayListen(const wire::Address& address, bool tls,
                      bool insecure_plaintext_tcp);

// Tries whether a TCP port of this machine is free, for a clear message.
// Errors: kUnavailable with the reason.
Status CheckPortFree(const wire::Address& address);

// A Unix socket on its way to its path. The server binds it in a folder that
// only its owner may enter; then it gets mode 0600 and its real name in one
// step, so that nobody else can ever connect.
class SocketFile {
 public:
  // Errors: kUnavailable         a server answers there already
  //         kFailedPrecondition  something that is no socket is there, or the
  //                              folder cannot be written
  //         kInvalidArgument     the folder's name is too long
  static StatusOr<std::unique_ptr<SocketFile>> Prepare(const std::string& path);
  // Removes the socket, if it is still this one.
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  const std::string& binding_path() const { return binding_path_; }
  // After binding_path() was bound.
  Status Publish();

 private:
  SocketFile() = default;

  std::string path_;
  std::string folder_;  // temporary, mode 0700
  std::string binding_path_;
  bool published_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_LISTEN_H_
