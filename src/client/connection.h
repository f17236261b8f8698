// Connection: a Matcher and a Curator that ask a running `kenal serve`.
//
//   KENAL_TRY_ASSIGN(auto server, client::Connection::Connect(
//                                     "unix:/run/kenal.sock"));
//   KENAL_TRY_ASSIGN(Answer answer, server->Match(signals));
//
// Gives what an Engine on the same store gives, with these differences:
//
//   - it may fail with kUnavailable, when the server is away, shutting down or
//     does not answer in time, with kResourceExhausted, when its queue is
//     full, and with kFailedPrecondition, when it is no Kenal server;
//   - one AddEntries is one message, which holds 65 MiB;
//   - text that is not UTF-8 is refused where it tells entries apart, and is
//     escaped (\xNN) in Provenance::reference.
#ifndef KENAL_SRC_CLIENT_CONNECTION_H_
#define KENAL_SRC_CLIENT_CONNECTION_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kenal/curator.h"
#include "kenal/matcher.h"
#include "kenal/status.h"

namespace kenal::client {

// Thread-safe; calls run side by side on one connection, which is made again
// when it breaks.
class Connection : public Matcher, public Curator {
 public:
  // How long Connect waits: enough for a server that is just starting.
  static constexpr std::chrono::seconds kConnectMax{3};
  // A question; a full batch on a large store takes seconds.
  static constexpr std::chrono::seconds kAnswerMax{120};
  // A change, which may wait for an import of somebody else.
  static constexpr std::chrono::seconds kChangeMax{600};

  // `address` as in src/wire/address.h. Proxies are not used.
  // Errors: kInvalidArgument  the address is malformed
  //         kUnavailable      nobody answers; the message says how to start
  //                           a server
  static StatusOr<std::unique_ptr<Connection>> Connect(
      const std::string& address);

  // Match for a picture file's bytes, hashed by the server: at most 64 MiB.
  // The same answer as Match of what Hasher makes of them with the views of
  // `options.effort`, and with a second opinion when it is asked for.
  virtual StatusOr<Answer> MatchPicture(std::span<const uint8_t> bytes,
                                        const MatchOptions& options = {},
                                        bool second_opinion = false) = 0;
};

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_CONNECTION_H_
