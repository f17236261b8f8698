// Where a server listens and a client connects:
//
//   unix:/run/kenal.sock    a Unix socket
//   127.0.0.1:7000          loopback TCP; also [::1]:7000, localhost:7000
//   host:7000               TCP beyond this machine
#ifndef KENAL_SRC_WIRE_ADDRESS_H_
#define KENAL_SRC_WIRE_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::wire {

// What sockaddr_un holds, less its closing zero.
inline constexpr size_t kSocketPathBytesMax = 107;

struct Address {
  std::string path;  // not empty: a Unix socket, and the rest is unused
  std::string host;  // without brackets
  uint16_t port = 0;

  bool is_unix() const { return !path.empty(); }
  // 127.0.0.0/8, ::1 and localhost.
  bool is_loopback() const;
  // As it is written above; what ParseAddress takes.
  std::string ToString() const;
  // As gRPC wants it: a path is percent-encoded.
  std::string GrpcTarget() const;
  friend bool operator==(const Address&, const Address&) = default;
};

// Errors: kInvalidArgument, with the accepted forms.
StatusOr<Address> ParseAddress(std::string_view text);

}  // namespace kenal::wire

#endif  // KENAL_SRC_WIRE_ADDRESS_H_
