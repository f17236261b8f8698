// Content: from what a caller sent to a signal set and options.
#ifndef KENAL_SRC_SERVICE_CONTENT_H_
#define KENAL_SRC_SERVICE_CONTENT_H_

#include <optional>
#include <string>

#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "kenal/status.h"
#include "kenal/v1/match_service.pb.h"
#include "src/identity/client_table.h"
#include "src/identity/method.h"
#include "src/service/desk.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"
#include "src/wire/redact.h"

namespace kenal::service {

// What a request asks of the hasher for its pictures.
template <typename Request>
HashWork WorkFor(const Request& request, Effort effort) {
  return {.views = QueryViews(effort),
          .second_opinion = request.second_opinion()};
}

// Reads signals, or hashes a picture: then it waits for the decoder.
inline StatusOr<SignalSet> ReadContent(const v1::Content& content,
                                       const HashWork& how, Desk& desk,
                                       identity::WorkClass work) {
  switch (content.kind_case()) {
    case v1::Content::kSignals:
      return wire::FromWire(content.signals());
    case v1::Content::kPicture: {
      const std::string& picture = content.picture();
      KENAL_TRY(
          wire::CheckSize("picture", picture.size(), wire::kPictureBytesMax));
      return desk.Hash(
          {reinterpret_cast<const uint8_t*>(picture.data()), picture.size()},
          how, work);
    }
    case v1::Content::KIND_NOT_SET:
      break;
  }
  return InvalidArgument("content: is not set; send signals or a picture");
}

// How a request is to be answered.
struct Asking {
  MatchOptions options;  // for the matcher
  int limit = 0;         // of matches told; options.limit may be larger
  bool redacted = true;  // what is told

  bool sets_radius() const { return options.radius.has_value(); }
  // Costs many times what a usual one does.
  bool is_wide() const {
    return sets_radius() && *options.radius > kDefaultRadius;
  }
};

// Errors: kInvalidArgument; kPermissionDenied (an outside caller set a
// radius).
template <typename Request>
StatusOr<Asking> ReadAsking(const Request& request, size_t queries,
                            const identity::Caller& caller) {
  if (request.has_radius_bits() && !caller.is_trusted()) {
    return absl::PermissionDeniedError(
        "radius_bits: needs the role investigate; leave it unset");
  }
  Asking asking;
  KENAL_TRY_ASSIGN(
      asking.options,
      wire::MatchOptionsFromWire(
          request.has_limit() ? std::optional(request.limit()) : std::nullopt,
          request.effort(),
          request.has_radius_bits() ? std::optional(request.radius_bits())
                                    : std::nullopt,
          request.region()));
  if (asking.options.region.empty()) asking.options.region = caller.region;
  asking.limit = asking.options.limit;
  asking.redacted = !caller.is_trusted();
  if (asking.redacted) {
    asking.options.limit = wire::OutsideLimit(asking.limit, queries);
  }
  return asking;
}

// The class that a request asks for, or else `usual`.
template <typename Request>
StatusOr<identity::WorkClass> ReadWork(const Request& request,
                                       identity::WorkClass usual) {
  KENAL_TRY_ASSIGN(const auto asked,
                   wire::WorkClassFromWire(request.work_class()));
  if (!asked) return usual;
  return *asked == wire::AskedWork::kLive ? identity::WorkClass::kLive
                                          : identity::WorkClass::kBulk;
}

// What the caller is told of an answer.
inline void Tell(Answer& answer, const Asking& asking, v1::Answer* to) {
  if (asking.redacted) wire::Redact(answer, asking.limit);
  wire::ToWire(answer, to);
}

template <typename Message>
Status CheckResponseSize(const Message& response) {
  if (response.ByteSizeLong() <= wire::kResponseBytesMax) return OkStatus();
  return ResourceExhausted(
      "the answer is larger than 1 GiB; lower the limit or ask for fewer at "
      "once");
}

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CONTENT_H_
