#include "src/client/errors.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "absl/strings/cord.h"
#include "src/client/connection.h"
#include "src/wire/limits.h"

namespace kenal::client {
namespace {

// Trailing metadata by which gRPC servers say when to try again.
constexpr char kPushback[] = "grpc-retry-pushback-ms";
constexpr char kPayload[] = "kenal/retry-after-ms";

std::optional<int64_t> ParseMs(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

Status NoRoom(const std::string& message, const grpc::ClientContext& context) {
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto found = trailing.find(kPushback);
  if (found == trailing.end()) return ResourceExhausted(message);
  const std::string text(found->second.data(), found->second.size());
  if (!ParseMs(text)) return ResourceExhausted(message);
  Status status = ResourceExhausted(message + "; try again in " + text + " ms");
  status.SetPayload(kPayload, absl::Cord(text));
  return status;
}

}  // namespace

std::optional<std::chrono::milliseconds> RetryAfter(const Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload) return std::nullopt;
  const std::optional<int64_t> ms = ParseMs(std::string(*payload));
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds(*ms);
}

Status NobodyAnswers(const std::string& address) {
  return Unavailable(
      "no Kenal server answers at " + address +
      "; start one with `kenal --data DIR serve --listen " + address +
      (address.starts_with("unix:") ? "`" : " --tls FOLDER/NAME`"));
}

Status FromGrpc(const grpc::Status& status, const grpc::ClientContext& context,
                const std::string& address) {
  if (status.ok()) return OkStatus();
  const std::string& message = status.error_message();
  switch (status.error_code()) {
    // Nobody here cancels a call and asks how it ended: a server that ends did.
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNAVAILABLE:
      if (context.GetServerTrailingMetadata().count(wire::kErrorMark) > 0) {
        break;
      }
      return Unavailable("the Kenal server at " + address + " went away" +
                         (message.empty() ? "" : " (" + message + ")") +
                         "; try again");
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Unavailable("the Kenal server at " + address +
                         " did not answer in time (" + message +
                         "); try again, or ask for less at once");
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return NoRoom(message, context);
    case grpc::StatusCode::UNIMPLEMENTED:
      return FailedPrecondition("what answers at " + address +
                                " is no Kenal server of this version");
    default:
      break;
  }
  return Status(static_cast<StatusCode>(status.error_code()), message);
}

Status Misread(const Status& status, const std::string& address) {
  return Internal("the answer of the Kenal server at " + address +
                  " cannot be read: " + std::string(status.message()));
}

}  // namespace kenal::client
