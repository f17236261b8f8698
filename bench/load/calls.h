// Calls under way, on one completion queue: started by the sending thread,
// finished on the receiving one.
#ifndef KENAL_BENCH_LOAD_CALLS_H_
#define KENAL_BENCH_LOAD_CALLS_H_

#include <grpc/grpc.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/channels.h"
#include "bench/load/phase.h"

namespace kenal::load {

// CLOCK_MONOTONIC.
int64_t NowNs();

// What a completion queue's tag points to.
class Event {
 public:
  virtual ~Event() = default;
  virtual void Happened(bool ok) = 0;
};

// How a call, or an item of a stream, ended. `response` lives during the call
// of Finish only; empty without one.
struct Ending {
  CallKind kind = CallKind::kUnary;
  uint32_t code = 0;
  bool hinted = false;
  std::string_view response;
  std::string_view details;  // of an error
};
// Called on the receiving thread; may start further calls.
using Finish = std::function<void(const Due&, const Ending&)>;

// The request's bytes live as long as the calls; they are never copied here.
class Calls {
 public:
  virtual ~Calls() = default;
  // Thread-safe.
  virtual void Start(const Due& due, CallKind kind,
                     const std::string& request) = 0;
  // What is under way ends with an error soon. Thread-safe.
  virtual void Cancel() = 0;
  // Nothing is under way and no event is to come. Streams are closed first.
  // Thread-safe.
  virtual bool Close() = 0;
};

// Calls with one request and one response, at most `slots` at a time; memory
// is kept from one to the next.
std::unique_ptr<Calls> MakeUnaryCalls(const Channels& channels,
                                      grpc_completion_queue* queue,
                                      size_t slots, int64_t deadline_ns,
                                      Finish finish);
// StreamMatch calls that stay open, `count` of them; an item goes to each in
// turn. One that ends is opened again for its next item.
std::unique_ptr<Calls> MakeStreamCalls(const Channels& channels,
                                       grpc_completion_queue* queue,
                                       size_t count, Finish finish);

// The bytes of a received message, joined into `spare` when they are in parts.
std::string_view BytesOf(grpc_byte_buffer* message, std::string& spare);
// A message of these bytes, which are not copied; the caller destroys it.
grpc_byte_buffer* MessageOf(const std::string& request);

}  // namespace kenal::load

#endif  // KENAL_BENCH_LOAD_CALLS_H_
