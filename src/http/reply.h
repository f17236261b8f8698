// What goes back to a client, and how errors look.
//
//   {"error":{"code":"RESOURCE_EXHAUSTED","message":"...",
//             "retry_after_ms":250,"request_id":"..."}}
#ifndef KENAL_SRC_HTTP_REPLY_H_
#define KENAL_SRC_HTTP_REPLY_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/status.h"
#include "src/service/dispatcher.h"

namespace kenal::http {

inline constexpr char kJsonType[] = "application/json";

struct Reply {
  int status = 200;
  std::string content_type = kJsonType;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  service::CallOutcome outcome;  // that an ErrorReply tells of
};

// The Hasher-Matcher-Actioner's clients look for "message" beside "error".
enum class ErrorShape { kOurs, kHma };

// 400 INVALID_ARGUMENT, OUT_OF_RANGE; 401 UNAUTHENTICATED; 403
// PERMISSION_DENIED; 404 NOT_FOUND; 409 ALREADY_EXISTS, FAILED_PRECONDITION,
// ABORTED; 429 RESOURCE_EXHAUSTED; 499 CANCELLED; 501 UNIMPLEMENTED; 503
// UNAVAILABLE; 504 DEADLINE_EXCEEDED; 500 all others. 200 for OK.
int HttpStatusOf(StatusCode code);
// "OK", "Not Found", ...
std::string_view ReasonOf(int http_status);
// "INVALID_ARGUMENT", ...
std::string_view CodeName(StatusCode code);

// `outcome.status` is not OK. `http_status` 0: as HttpStatusOf has it.
Reply ErrorReply(const service::CallOutcome& outcome,
                 ErrorShape shape = ErrorShape::kOurs, int http_status = 0);
Reply ErrorReply(const Status& status, ErrorShape shape = ErrorShape::kOurs,
                 int http_status = 0);

// The whole head of an answer, with the blank line.
std::string Head(const Reply& reply, bool keep_alive, int64_t now_unix_s);

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_REPLY_H_
