// Transport over HTTP/1.1 by libcurl: TLS 1.2 or later with certificates
// always checked, no redirects, no cookies, no compression, no other protocol.
// A proxy of the environment (https_proxy, no_proxy) is asked for https alone.
#ifndef KENAL_SRC_FEED_HTTP_H_
#define KENAL_SRC_FEED_HTTP_H_

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "src/feed/transport.h"

namespace kenal::feed {

// A page of a thousand entries has about a megabyte.
inline constexpr uint64_t kPageBytesMax = 256 << 20;
inline constexpr int kQuietSecondsMax = 60;

struct HttpOptions {
  // PEM, trusted beside the authorities of the system. Empty: those alone.
  std::string authorities;
  uint64_t page_bytes_max = kPageBytesMax;
  // An answer that brings less than 64 bytes a second for so long has failed.
  int quiet_seconds_max = kQuietSecondsMax;
  std::string user_agent = "kenal";
};

// Errors: kNotFound, kInvalidArgument  the file of authorities
StatusOr<std::unique_ptr<Transport>> MakeHttp(const HttpOptions& options,
                                              std::stop_token stop);

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_HTTP_H_
