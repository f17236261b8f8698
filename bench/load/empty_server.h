// Empty server: answers every match at once with NO_KNOWN_MATCH and does
// nothing for it. What a generator reaches against it is the most that gRPC
// and the generator itself can do on this machine.
#ifndef KENAL_BENCH_LOAD_EMPTY_SERVER_H_
#define KENAL_BENCH_LOAD_EMPTY_SERVER_H_

#include <memory>
#include <string>

#include "bench/load/channels.h"
#include "kenal/status.h"

namespace kenal::load {

class EmptyServer {
 public:
  // With TLS clients need a certificate. A port of 0 takes a free one.
  // Errors: kNotFound     a TLS file
  //         kUnavailable  the address cannot be listened at
  static StatusOr<std::unique_ptr<EmptyServer>> Start(const Target& target);
  virtual ~EmptyServer() = default;

  virtual std::string address() const = 0;
};

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_EMPTY_SERVER_H_
