#include "tools/kenal/exit_code.h"

#include "src/client/connection.h"

namespace kenal::cli {

int ExitCodeOf(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return kExitDone;
    case StatusCode::kInvalidArgument:
    case StatusCode::kNotFound:
    case StatusCode::kOutOfRange:
      return kExitUsage;
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kAborted:
    case StatusCode::kCancelled:
      return kExitUnavailable;
    case StatusCode::kResourceExhausted:
      return client::RetryAfter(status) ? kExitUnavailable : kExitNoSpace;
    case StatusCode::kAlreadyExists:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kDataLoss:
    case StatusCode::kPermissionDenied:
    case StatusCode::kUnauthenticated:
    case StatusCode::kUnimplemented:
    case StatusCode::kInternal:
    case StatusCode::kUnknown:
    default:
      return kExitRefused;
  }
}

int ExitCodeOf(bool some_failed, bool fail_on_match_and_matched) {
  if (fail_on_match_and_matched) {
    return some_failed ? kExitMatchAndFailed : kExitMatch;
  }
  return some_failed ? kExitSomeFailed : kExitDone;
}

}  // namespace kenal::cli
