// The target of a request: "/m/lookup?signal_type=pdq&signal=..".
#ifndef KENAL_SRC_HTTP_TARGET_H_
#define KENAL_SRC_HTTP_TARGET_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/status.h"

namespace kenal::http {

struct Target {
  std::string path;  // decoded; starts with "/"
  // Decoded, in the order of the target; no name comes twice.
  std::vector<std::pair<std::string, std::string>> parameters;

  const std::string* Find(std::string_view name) const;
  // "" when it is not there.
  std::string_view Get(std::string_view name) const;
};

// Errors: kInvalidArgument  not a path, a bad escape, a control character, or
//                           a parameter that is there twice
StatusOr<Target> ParseTarget(std::string_view text);

// A media type such as "multipart/form-data; boundary=x": lower-case, without
// parameters; and one parameter of it, "" when it is not there.
std::string MediaType(std::string_view content_type);
std::string MediaTypeParameter(std::string_view content_type,
                               std::string_view name);

// A part of a multipart/form-data body.
struct FormPart {
  std::string name;
  std::string_view content;  // within the body
};
// The only part of `body`.
// Errors: kInvalidArgument  no form, or not exactly one part
StatusOr<FormPart> OnlyFormPart(std::string_view body,
                                std::string_view boundary);

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_TARGET_H_
