#include "src/feed/fetcher.h"

#include <algorithm>
#include <utility>

namespace kenal::feed {
namespace {

constexpr int kStatusOk = 200;

// OK for 200; kUnavailable for what may pass.
Status OfStatus(int status) {
  const std::string number = std::to_string(status);
  if (status == kStatusOk) return OkStatus();
  if (status == 401) {
    return absl::UnauthenticatedError(
        "does not accept the credentials (answers 401)");
  }
  if (status == 403) {
    return absl::PermissionDeniedError(
        "does not let these credentials read it (answers 403)");
  }
  if (status == 408 || status == 429 || status >= 500) {
    return Unavailable("answers " + number);
  }
  if (status >= 300 && status < 400) {
    return FailedPrecondition("answers " + number +
                              ": redirects are not followed, since "
                              "credentials go with each request; give the "
                              "address that it leads to");
  }
  if (status == 404 || status == 410) {
    return FailedPrecondition("answers " + number +
                              ": nothing is there; check the address. That of "
                              "a next page lives for hours only: run it "
                              "again");
  }
  return FailedPrecondition("answers " + number + " instead of a page");
}

}  // namespace

Fetcher::Fetcher(Transport& transport, Waiter waiter, Notice notice)
    : transport_(transport),
      waiter_(std::move(waiter)),
      notice_(std::move(notice)) {}

StatusOr<Response> Fetcher::Fetch(const Request& request, Spool& body) {
  int64_t wait_s = 1;
  for (int attempt = 1;; ++attempt, wait_s *= 2) {
    const StatusOr<Response> response = transport_.Get(request, body);
    const Status status =
        response.ok() ? OfStatus(response->status) : response.status();
    if (status.ok()) return response;
    if (status.code() != StatusCode::kUnavailable) return status;
    const std::string why(status.message());
    int64_t wait = wait_s;
    if (response.ok() && response->retry_after_s) {
      wait = std::max<int64_t>(*response->retry_after_s, 1);
    }
    if (wait > kRetryAfterSecondsMax) {
      return Unavailable(why + " and asks to be left alone for " +
                         std::to_string(wait) + " s; run it again then");
    }
    if (attempt == kAttemptsMax) {
      return Unavailable(why + ", " + std::to_string(attempt) +
                         " times; run it again later");
    }
    notice_(why + "; trying again in " + std::to_string(wait) + " s");
    if (!waiter_(wait)) return absl::CancelledError("stopped");
  }
}

}  // namespace kenal::feed
