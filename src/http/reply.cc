#include "src/http/reply.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <ctime>

#include "src/wire/text.h"

namespace kenal::http {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void Put(Writer& writer, const char* key, std::string_view text) {
  writer.Key(key);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

}  // namespace

int HttpStatusOf(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kResourceExhausted:
      return 429;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string_view ReasonOf(int http_status) {
  switch (http_status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

std::string_view CodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
    case StatusCode::kCancelled:
      return "CANCELLED";
    case StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case StatusCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case StatusCode::kNotFound:
      return "NOT_FOUND";
    case StatusCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case StatusCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case StatusCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case StatusCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case StatusCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case StatusCode::kAborted:
      return "ABORTED";
    case StatusCode::kOutOfRange:
      return "OUT_OF_RANGE";
    case StatusCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case StatusCode::kInternal:
      return "INTERNAL";
    case StatusCode::kUnavailable:
      return "UNAVAILABLE";
    case StatusCode::kDataLoss:
      return "DATA_LOSS";
    default:
      return "UNKNOWN";
  }
}

Reply ErrorReply(const service::CallOutcome& outcome, ErrorShape shape,
                 int http_status) {
  const Status& status = outcome.status;
  const bool says_when = outcome.retry_after.count() > 0;
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  const std::string message =
      wire::CleanText({status.message().data(), status.message().size()});
  writer.StartObject();
  if (shape == ErrorShape::kHma) Put(writer, "message", message);
  writer.Key("error");
  writer.StartObject();
  Put(writer, "code", CodeName(status.code()));
  Put(writer, "message", message);
  if (says_when) {
    writer.Key("retry_after_ms");
    writer.Int64(outcome.retry_after.count());
  }
  if (!outcome.request_id.empty()) {
    Put(writer, "request_id", outcome.request_id);
  }
  writer.EndObject();
  writer.EndObject();
  Reply reply;
  reply.outcome = outcome;
  reply.status = http_status != 0 ? http_status : HttpStatusOf(status.code());
  reply.body.assign(buffer.GetString(), buffer.GetSize());
  if (says_when) {
    reply.headers.emplace_back(
        "Retry-After",
        std::to_string((outcome.retry_after.count() + 999) / 1000));
  }
  return reply;
}

Reply ErrorReply(const Status& status, ErrorShape shape, int http_status) {
  return ErrorReply(service::CallOutcome{.status = status}, shape, http_status);
}

std::string Head(const Reply& reply, bool keep_alive, int64_t now_unix_s) {
  const auto now = static_cast<std::time_t>(now_unix_s);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char date[40];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head += ReasonOf(reply.status);
  head += std::string("\r\nDate: ") + date;
  if (reply.status != 204) {
    head += "\r\nContent-Type: " + reply.content_type +
            "\r\nContent-Length: " + std::to_string(reply.body.size());
  }
  head += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff";
  for (const auto& [name, value] : reply.headers) {
    head += "\r\n" + name + ": " + value;
  }
  head += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  return head;
}

}  // namespace kenal::http
