// Errors, everywhere in Kenal: absl::Status and absl::StatusOr.
//
//   StatusOr<Sequence> Append(const Change& change) {
//     KENAL_TRY(Check(change));
//     KENAL_TRY_ASSIGN(std::string record, Encode(change));
//     ...
//   }
//
// Codes are gRPC's, so the service maps them one to one:
//
//   kInvalidArgument     bytes or arguments from outside are wrong
//   kNotFound            the named list, entry or file does not exist
//   kAlreadyExists       a thing of that name is there already
//   kDataLoss            stored bytes are wrong
//   kFailedPrecondition  too new a format, or the wrong state for the call
//   kResourceExhausted   queue, quota or disk full
//   kUnavailable         may work if retried (store locked, server away)
//   kInternal            a library reported something it should not have
//
// A message names the thing and the next step. It never holds hash bits,
// picture bytes or keys. Every status is read.
#ifndef KENAL_STATUS_H_
#define KENAL_STATUS_H_

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kenal {

using absl::OkStatus;
using absl::Status;
using absl::StatusCode;
template <typename T>
using StatusOr = absl::StatusOr<T>;

inline Status InvalidArgument(std::string_view message) {
  return absl::InvalidArgumentError({message.data(), message.size()});
}
inline Status NotFound(std::string_view message) {
  return absl::NotFoundError({message.data(), message.size()});
}
inline Status AlreadyExists(std::string_view message) {
  return absl::AlreadyExistsError({message.data(), message.size()});
}
inline Status DataLoss(std::string_view message) {
  return absl::DataLossError({message.data(), message.size()});
}
inline Status FailedPrecondition(std::string_view message) {
  return absl::FailedPreconditionError({message.data(), message.size()});
}
inline Status ResourceExhausted(std::string_view message) {
  return absl::ResourceExhaustedError({message.data(), message.size()});
}
inline Status Unavailable(std::string_view message) {
  return absl::UnavailableError({message.data(), message.size()});
}
inline Status Internal(std::string_view message) {
  return absl::InternalError({message.data(), message.size()});
}

}  // namespace kenal

#define KENAL_STATUS_JOIN_(a, b) a##b
#define KENAL_STATUS_NAME_(a, b) KENAL_STATUS_JOIN_(a, b)

// Returns from the enclosing function when `expression` is not OK.
#define KENAL_TRY(expression)                                              \
  do {                                                                     \
    if (::kenal::Status kenal_status = (expression); !kenal_status.ok()) { \
      return kenal_status;                                                 \
    }                                                                      \
  } while (false)

// Declares or assigns `target` from a StatusOr, or returns its error.
#define KENAL_TRY_ASSIGN(target, expression) \
  KENAL_TRY_ASSIGN_(KENAL_STATUS_NAME_(kenal_or_, __LINE__), target, expression)
#define KENAL_TRY_ASSIGN_(temporary, target, expression)     \
  auto temporary = (expression);                             \
  if (!temporary.ok()) return std::move(temporary).status(); \
  target = *std::move(temporary)

#endif  // KENAL_STATUS_H_
