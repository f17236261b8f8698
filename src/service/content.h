// Content: from what a caller sent to a signal set.
#ifndef KENAL_SRC_SERVICE_CONTENT_H_
#define KENAL_SRC_SERVICE_CONTENT_H_

#include <optional>
#include <string>

#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "kenal/status.h"
#include "kenal/v1/match_service.pb.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"

namespace kenal::service {

// What a request asks of the hasher for its pictures.
template <typename Request>
HashWork WorkFor(const Request& request, Effort effort) {
  return {.views = QueryViews(effort),
          .second_opinion = request.second_opinion()};
}

// Reads signals, or hashes a picture: then it waits for the decoder.
inline StatusOr<SignalSet> ReadContent(const v1::Content& content,
                                       const HashWork& work, Hasher& hasher) {
  switch (content.kind_case()) {
    case v1::Content::kSignals:
      return wire::FromWire(content.signals());
    case v1::Content::kPicture: {
      const std::string& picture = content.picture();
      KENAL_TRY(
          wire::CheckSize("picture", picture.size(), wire::kPictureBytesMax));
      return hasher.HashBytes(
          {reinterpret_cast<const uint8_t*>(picture.data()), picture.size()},
          work);
    }
    case v1::Content::KIND_NOT_SET:
      break;
  }
  return InvalidArgument("content: is not set; send signals or a picture");
}

// The limit and effort of a request for answers.
template <typename Request>
StatusOr<MatchOptions> ReadOptions(const Request& request) {
  return wire::MatchOptionsFromWire(
      request.has_limit() ? std::optional(request.limit()) : std::nullopt,
      request.effort());
}

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CONTENT_H_
