// Connection: a Matcher and a Curator that ask a running `kenal serve`.
//
//   KENAL_TRY_ASSIGN(auto server, client::Connection::Connect(
//                                     "unix:/run/kenal.sock"));
//   KENAL_TRY_ASSIGN(Answer answer, server->Match(signals));
//
// or, beyond this machine, with a certificate of one's own:
//
//   client::ConnectOptions options;
//   options.tls = {"pki/uploads.pem", "pki/uploads.key", "pki/ca.pem"};
//   auto server = client::Connection::Connect("kenal.example:7443", options);
//
// Gives what an Engine on the same store gives, with these differences:
//
//   - it may fail with kUnavailable, when the server is away, shutting down or
//     does not answer in time, with kResourceExhausted, when its queue is
//     full or the caller's quota is used up (the message says when to try
//     again), with kPermissionDenied, when the caller's roles do not allow a
//     method, and with kFailedPrecondition, when it is no Kenal server;
//   - what the caller's roles do not show is left out: see Answer;
//   - one AddEntries is one message, which holds 65 MiB;
//   - text that is not UTF-8 is refused where it tells entries apart, and is
//     escaped (\xNN) in Provenance::reference.
#ifndef KENAL_SRC_CLIENT_CONNECTION_H_
#define KENAL_SRC_CLIENT_CONNECTION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "kenal/backup.h"
#include "kenal/curator.h"
#include "kenal/matcher.h"
#include "kenal/status.h"
#include "src/wire/convert.h"

namespace kenal::client {

// PEM files, read when connecting. All three or none.
struct TlsFiles {
  std::string certificate;  // of the client, with its chain
  std::string key;
  std::string authority;  // that the server's certificate must come from
  bool empty() const {
    return certificate.empty() && key.empty() && authority.empty();
  }
  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

struct ConnectOptions {
  // Empty: no encryption, which servers take on Unix sockets only, unless
  // they were told otherwise. For TCP only.
  TlsFiles tls;
  // Expected in the server's certificate; empty: the host of the address.
  std::string tls_name;
  // Whose turn questions are; unset: live where there is one in a call, and
  // of batches as the server has it.
  std::optional<wire::AskedWork> work;
};

// When a server that had no room asked to be tried again: of a
// kResourceExhausted that it gave.
std::optional<std::chrono::milliseconds> RetryAfter(const Status& status);

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
  // Errors: kInvalidArgument  the address is malformed, TLS files are missing,
  //                           do not fit together or are given for a socket
  //         kUnavailable      nobody answers; the message says how to start
  //                           a server
  //         kUnauthenticated, kFailedPrecondition, kPermissionDenied
  //                           the ends do not trust each other, no gRPC is
  //                           spoken there, or the socket is another user's;
  //                           the message says what is wrong and what to do
  static StatusOr<std::unique_ptr<Connection>> Connect(
      const std::string& address, const ConnectOptions& options = {});

  // Match for a picture file's bytes, hashed by the server: at most 64 MiB.
  // The same answer as Match of what Hasher makes of them with the views of
  // `options.effort`, and with a second opinion when it is asked for.
  virtual StatusOr<Answer> MatchPicture(std::span<const uint8_t> bytes,
                                        const MatchOptions& options = {},
                                        bool second_opinion = false) = 0;

  // Curator::ReadChanges with the store's id: a cursor of another store is
  // refused with kOutOfRange when the id is given.
  virtual StatusOr<wire::ChangesTold> ReadChangesOf(
      const wire::ChangesAsked& asked) = 0;

  // Gives `told` pages of changes as they come, on the calling thread: until
  // it returns false or `stop` is asked for (OkStatus), or the connection
  // breaks (an error; `told` had the cursor to go on from). A page without
  // changes says that nothing is left to tell for now.
  virtual Status WatchChanges(
      const wire::ChangesAsked& asked,
      const std::function<bool(const wire::ChangesTold&)>& told,
      std::stop_token stop) = 0;

  // Who the server takes this client for.
  virtual StatusOr<wire::CallerInfo> WhoAmI() = 0;

  // Adds a backup to the folder that the server was started with. Progress as
  // the server tells it.
  // Errors beyond those above: kFailedPrecondition  the server has no folder
  //                            kUnavailable         another one is being made
  //                            kResourceExhausted   no space there
  virtual StatusOr<BackupInfo> CreateBackup(const ByteWatcher& watcher) = 0;
  // What it counts and measures, in the text format of Prometheus.
  virtual StatusOr<std::string> Metrics() = 0;
};

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_CONNECTION_H_
