// Request log: one JSON object a line, for people and log collectors. Says
// who asked for what and how it ended; never a hash, a picture or a path that
// a caller sent.
#ifndef KENAL_SRC_OPERATE_REQUEST_LOG_H_
#define KENAL_SRC_OPERATE_REQUEST_LOG_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kenal/status.h"
#include "kenal/verdict.h"
#include "src/identity/method.h"

namespace kenal::operate {

// What is written at each level; a level writes what those below it write too.
//
//   error    requests that failed by our fault (INTERNAL, DATA_LOSS, UNKNOWN)
//   warning  nothing more of requests
//   info     requests that changed something; that met something (hits); and
//            that failed in any other way, refusals among them. Of hits at
//            most kHitLinesPerSecond, of failures kFailureLinesPerSecond: the
//            rest is counted, and an event "lines_left_out" says how many
//   debug    every request, without leaving any out
//
// So a server that answers 20,000 requests a second with nothing known among
// them writes nothing at info. Events are written by their own level.
enum class LogLevel : uint8_t {
  kDebug = 0,
  kInfo = 1,
  kWarning = 2,
  kError = 3,
};
// "debug", "info", "warning", "error".
std::string_view LogLevelName(LogLevel level);
StatusOr<LogLevel> ParseLogLevel(std::string_view name);

struct RequestLine {
  std::string_view request_id;
  std::string_view caller;                 // "" when unknown
  std::string_view transport;              // "grpc" or "http"
  std::optional<identity::Method> method;  // unset: none was known so far
  identity::WorkClass work = identity::WorkClass::kLive;
  Status status;
  uint64_t items = 1;
  uint64_t hits = 0;  // matches, shadow ones too
  uint64_t shadow_hits = 0;
  std::optional<Verdict> verdict;  // of one item; of several the gravest
  uint64_t sequence = 0;           // served from, or made
  std::chrono::nanoseconds queued{0};
  std::chrono::nanoseconds took{0};
};

struct RequestLogOptions {
  std::string path;  // empty: standard error
  LogLevel level = LogLevel::kInfo;
};

// Texts are cut to a few hundred bytes, and what looks like a hash in a
// status message is left out. Times in lines are in microseconds.
//
// Thread-safe. Lines are written by a thread of the log's own: when it falls
// behind by kLinesMax the oldest are dropped and counted, so a full disk or a
// slow terminal never holds a request up.
class RequestLog {
 public:
  static constexpr size_t kLinesMax = 8192;
  static constexpr uint64_t kHitLinesPerSecond = 1000;
  static constexpr uint64_t kFailureLinesPerSecond = 100;

  // Errors: those of opening the file, which is appended to.
  static StatusOr<std::unique_ptr<RequestLog>> Open(
      const RequestLogOptions& options);
  // Writes what was logged; gives up on a reader that takes nothing for
  // seconds.
  virtual ~RequestLog() = default;

  virtual void Request(const RequestLine& line) = 0;
  // Such as Event(kWarning, "flood", {{"list", "a"}, {"entry", "17"}}).
  using Field = std::pair<std::string_view, std::string_view>;
  virtual void Event(LogLevel level, std::string_view name,
                     std::span<const Field> fields) = 0;
  // Opens the file anew, after it was moved away.
  virtual Status Reopen() = 0;
  virtual uint64_t dropped() const = 0;
};

// A fresh id: 16 hex digits.
std::string MakeRequestId();
// 1 to 64 printable ASCII characters without blanks.
bool IsRequestId(std::string_view text);

}  // namespace kenal::operate

#endif  // KENAL_SRC_OPERATE_REQUEST_LOG_H_
