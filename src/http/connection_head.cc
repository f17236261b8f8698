// What the head of a request says, and whether it may go on.
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <charconv>
#include <ctime>

#include "src/http/connection.h"

namespace kenal::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::field;
using beast_http::verb;

constexpr int64_t kTimeoutMsMax = 3'600'000;

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Reply Bad(std::string_view message, int http_status = 400) {
  return ErrorReply(InvalidArgument(message), ErrorShape::kOurs, http_status);
}

// A name or an address and perhaps a port. Which one is not our business: the
// certificate says where the client wanted to go.
bool IsHost(std::string_view host) {
  if (host.empty() || host.size() > 260) return false;
  for (const char c : host) {
    const bool is_fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9') ||
        std::string_view(".-_:[]~%").find(c) != std::string_view::npos;
    if (!is_fine) return false;
  }
  return true;
}

bool IsRequestId(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace

void Connection::OnHeader() {
  is_head_ = parser_->get().method() == verb::head;
  keep_alive_ = parser_->keep_alive() && !shared_.draining;
  if (tls_.has_value()) {
    caller_ = shared_.dispatcher.Identify(peer_.names);
  } else {
    caller_ = shared_.dispatcher.Local();
  }
  if (std::optional<Reply> refusal = CheckHead()) {
    Turn(*std::move(refusal));
    return;
  }
  if (asked_.route->row == nullptr) {
    Send(Api::Page(*asked_.route, shared_.dispatcher.Serving()));
    return;
  }
  if (!MayCall()) {
    Refuse();
    return;
  }
  if (std::optional<Reply> refusal = CheckBodySize()) {
    Turn(*std::move(refusal));
    return;
  }
  if (parser_->is_done()) {
    OnBody();
    return;
  }
  parser_->body_limit(asked_.route->body_bytes_max);
  parser_->eager(true);
  Enter(State::kBody, shared_.limits.stall);
  if (parser_->get().count(field::expect) != 0 && buffer_.size() == 0) {
    Continue();
  } else {
    ParseBody();
  }
}

std::optional<Reply> Connection::CheckHead() {
  if (std::optional<Reply> refusal = CheckFraming()) {
    keep_alive_ = false;  // Where the next request starts is not known.
    return refusal;
  }
  if (tls_.has_value() && std::time(nullptr) > peer_.not_after_unix_s) {
    keep_alive_ = false;
    return ErrorReply(
        absl::UnauthenticatedError("the client's certificate has expired"));
  }
  if (std::optional<Reply> refusal = ReadFields()) return refusal;
  return CheckRoute();
}

std::optional<Reply> Connection::CheckFraming() {
  const auto& head = parser_->get();
  const size_t hosts = head.count(field::host);
  if (hosts > 1 || (hosts == 0 && head.version() >= 11)) {
    return Bad("Host: is needed once");
  }
  if (hosts == 1 && !IsHost(View(head[field::host]))) {
    return Bad("Host: is no name or address");
  }
  const size_t encodings = head.count(field::transfer_encoding);
  if (encodings > 0 &&
      (encodings > 1 || head.version() < 11 ||
       !boost::beast::iequals(head[field::transfer_encoding], "chunked") ||
       head.count(field::content_length) != 0)) {
    return Bad("Transfer-Encoding: is not plainly chunked");
  }
  if (head.count(field::content_length) > 1) {
    return Bad("Content-Length: is there twice");
  }
  return std::nullopt;
}

std::optional<Reply> Connection::ReadFields() {
  const auto& head = parser_->get();
  if (head.count(field::origin) != 0) {
    return ErrorReply(absl::PermissionDeniedError(
        "Origin: web pages may not call this server"));
  }
  if (head.count(field::expect) != 0 &&
      !boost::beast::iequals(head[field::expect], "100-continue")) {
    return Bad("Expect: only 100-continue is known", 417);
  }
  if (head.count(field::content_encoding) != 0) {
    return Bad("Content-Encoding: bodies are taken as they are", 415);
  }
  asked_.content_type = View(head[field::content_type]);
  const std::string_view id = View(head["X-Request-Id"]);
  if (IsRequestId(id)) asked_.request_id = id;
  const std::string_view timeout = View(head["Kenal-Timeout-Ms"]);
  if (!timeout.empty()) {
    int64_t ms = 0;
    const auto result =
        std::from_chars(timeout.data(), timeout.data() + timeout.size(), ms);
    if (result.ec != std::errc() ||
        result.ptr != timeout.data() + timeout.size() || ms < 1 ||
        ms > kTimeoutMsMax) {
      return Bad("Kenal-Timeout-Ms: is not 1 to 3600000");
    }
    call_deadline_ = accepted_ + std::chrono::milliseconds(ms);
  }
  return std::nullopt;
}

std::optional<Reply> Connection::CheckRoute() {
  const auto& head = parser_->get();
  const verb method = head.method();
  if (method == verb::options && head.target() == "*") {
    return Reply{.status = 204,
                 .headers = {{"Allow", "GET, HEAD, POST, OPTIONS"}}};
  }
  StatusOr<Target> target = ParseTarget(View(head.target()));
  if (!target.ok()) return ErrorReply(target.status());
  asked_.target = *std::move(target);
  asked_.route = shared_.api.Find(asked_.target.path);
  const bool is_health =
      asked_.route != nullptr && (asked_.route->kind == Route::Kind::kHealth ||
                                  asked_.route->kind == Route::Kind::kReady ||
                                  asked_.route->kind == Route::Kind::kStatus);
  const bool has_method =
      asked_.route != nullptr && asked_.route->row != nullptr;
  if (caller_ == nullptr && !is_health && !has_method) {
    return ErrorReply(absl::UnauthenticatedError(
        "none of the names in the client's certificate is in the table of "
        "clients"));
  }
  if (asked_.route == nullptr) {
    return ErrorReply(NotFound(Api::Hint(asked_.target.path)));
  }
  const Route& route = *asked_.route;
  if (method == verb::options) {
    return Reply{.status = 204, .headers = {{"Allow", route.Allow()}}};
  }
  asked_.is_get = method == verb::get || method == verb::head;
  if (!(asked_.is_get && route.takes_get) &&
      !(method == verb::post && route.takes_post)) {
    Reply reply =
        ErrorReply(InvalidArgument("this path takes " + route.Allow()),
                   route.error_shape(), 405);
    reply.headers.emplace_back("Allow", route.Allow());
    return reply;
  }
  if (!MayCall() && has_method && route.kind != Route::Kind::kStream) {
    return std::nullopt;  // Who may not call is told that first.
  }
  return Api::Check(asked_);
}

bool Connection::MayCall() const {
  const identity::MethodRow* const row = asked_.route->row;
  return row == nullptr ||
         (caller_ != nullptr && caller_->roles.Meets(row->allowed));
}

std::optional<Reply> Connection::CheckBodySize() {
  const size_t most = asked_.is_get ? 0 : asked_.route->body_bytes_max;
  // The parser has made sure that it is a number of 64 bits.
  const std::string_view length = View(parser_->get()[field::content_length]);
  body_bytes_ = 0;
  std::from_chars(length.data(), length.data() + length.size(), body_bytes_);
  if (body_bytes_ <= most && !(parser_->chunked() && asked_.is_get)) {
    return std::nullopt;
  }
  const std::string limit =
      most == 0 ? "this request takes none"
                : "at most " + std::to_string(most) + " bytes are accepted";
  return ErrorReply(ResourceExhausted("the body: is too large; " + limit),
                    asked_.route->error_shape(), 413);
}

}  // namespace kenal::http
