// Channels: connections to the server under load, in gRPC's C core. The
// generator shares its processors with the server, so it leaves out what the
// layers above the core cost a call.
#ifndef KENAL_BENCH_LOAD_CHANNELS_H_
#define KENAL_BENCH_LOAD_CHANNELS_H_

#include <grpc/grpc.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/requests.h"
#include "kenal/status.h"

namespace kenal::load {

// Whom to call.
struct Target {
  std::string address;   // "unix:PATH" or "HOST:PORT"
  std::string tls;       // FOLDER/NAME; empty: plaintext
  std::string tls_name;  // expected in the server's certificate; may be empty
};

struct PemFiles {
  std::string authority, certificate, key;  // contents
};
// FOLDER/ca.pem, FOLDER/NAME.pem and FOLDER/NAME.key. Errors: kNotFound.
StatusOr<PemFiles> ReadPemFiles(const std::string& folder_and_name);

class Channels {
 public:
  // Each of `count` is a connection of its own. Waits until all are ready.
  // Errors: kNotFound     a TLS file
  //         kUnavailable  no connection within ten seconds
  static StatusOr<std::unique_ptr<Channels>> Open(const Target& target,
                                                  int count);
  ~Channels();
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  size_t size() const { return channels_.size(); }
  // A new call on connection `at` for the method of `kind`; the caller owns it.
  grpc_call* NewCall(size_t at, CallKind kind, grpc_completion_queue* queue,
                     gpr_timespec deadline) const;

 private:
  struct One {
    grpc_channel* channel = nullptr;
    std::array<void*, kCallKindCount> methods{};
  };
  Channels() = default;
  Status WaitUntilReady(const std::string& address) const;

  std::vector<One> channels_;
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_CHANNELS_H_
