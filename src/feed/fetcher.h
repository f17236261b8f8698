// Fetcher: one page, tried again where that may help.
#ifndef KENAL_SRC_FEED_FETCHER_H_
#define KENAL_SRC_FEED_FETCHER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "kenal/status.h"
#include "src/feed/transport.h"

namespace kenal::feed {

inline constexpr int kAttemptsMax = 6;
// Who asks to be left alone for longer is left alone: we end.
inline constexpr int64_t kRetryAfterSecondsMax = 600;

// Waits; false: we were asked to stop.
using Waiter = std::function<bool(int64_t seconds)>;
// Gets what people may want to know meanwhile.
using Notice = std::function<void(const std::string&)>;

// Tries again after broken connections and answers 408, 429 and 5xx: as the
// answer asks, else after 1, 2, 4, 8 and 16 seconds. Not thread-safe.
class Fetcher {
 public:
  // `transport` outlives this.
  Fetcher(Transport& transport, Waiter waiter, Notice notice);

  // Fills `body` with what came with a status of 200.
  // Errors, none with an address or credentials:
  //   kUnavailable         not now
  //   kUnauthenticated     the credentials are not accepted
  //   kPermissionDenied    they may not read this
  //   kFailedPrecondition  any other status, and those of Transport
  //   kResourceExhausted, kCancelled  as Transport
  StatusOr<Response> Fetch(const Request& request, Spool& body);

 private:
  Transport& transport_;
  const Waiter waiter_;
  const Notice notice_;
};

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_FETCHER_H_
