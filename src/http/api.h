// Api: what each path means. Knows nothing of sockets and never blocks.
//
//   POST /v1/match                       every unary method: /v1/ and its name
//   POST /kenal.v1.MatchService/Match    the same, by its full name
//   GET  /metrics /healthz /readyz /openapi.json /docs
//   GET  /m/lookup /m/raw_lookup /status, POST /m/lookup   see hma.h
#ifndef KENAL_SRC_HTTP_API_H_
#define KENAL_SRC_HTTP_API_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/http/reply.h"
#include "src/http/target.h"
#include "src/identity/method.h"
#include "src/service/dispatcher.h"

namespace google::protobuf {
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace kenal::http {

struct Route {
  enum class Kind {
    kMethod,     // a method, JSON in and out; /v1/match takes pictures too
    kStream,     // a method that streams: not offered here
    kMetrics,    // GetMetrics as Prometheus reads it
    kLookup,     // hma.h
    kRawLookup,  // hma.h
    kNoHashing,  // hma.h
    kHealth,     // these answer every verified client
    kReady,
    kStatus,
    kOpenApi,  // these answer everybody we know
    kDocs,
  };

  Kind kind = Kind::kMethod;
  std::string path;
  bool takes_get = false;  // and HEAD
  bool takes_post = false;
  const identity::MethodRow* row = nullptr;  // null: no method stands behind it
  const google::protobuf::MethodDescriptor* method = nullptr;
  size_t body_bytes_max = 0;

  std::string Allow() const;  // "GET, HEAD, OPTIONS"
  ErrorShape error_shape() const;
};

// A request that has a route. `body` is empty until it was read.
struct Asked {
  const Route* route = nullptr;
  bool is_get = false;
  Target target;
  std::string content_type;  // as it came
  std::string request_id;    // of the X-Request-Id header
  std::string body;
};

// What to hand to the dispatcher.
struct Prepared {
  std::unique_ptr<google::protobuf::Message> request;
  std::unique_ptr<google::protobuf::Message> response;
};

// Immutable and thread-safe.
class Api {
 public:
  Api();

  // null: there is none.
  const Route* Find(std::string_view path) const;
  // For people who asked for a path that is not there.
  static std::string Hint(std::string_view path);
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

  // What is wrong with a request before its body was read; empty: nothing.
  static std::optional<Reply> Check(const Asked& asked);
  // The answer of a page, a route without a method.
  static Reply Page(const Route& route, bool serving);

  // Messages of the route's method, empty.
  static Prepared Empty(const Route& route);
  // Whether to prepare it costs little more than to have read it.
  static bool IsCheap(const Asked& asked);
  // Uses the body up. Errors: kInvalidArgument
  static StatusOr<Prepared> Prepare(Asked& asked);
  // The answer to a call that has ended, whatever its outcome.
  static Reply Render(const Asked& asked, const service::CallOutcome& outcome,
                      const google::protobuf::Message& response);

 private:
  void Add(Route route);
  void AddMethod(const identity::MethodRow& row);

  std::vector<std::unique_ptr<Route>> routes_;
  std::map<std::string, const Route*, std::less<>> by_path_;
};

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_API_H_
