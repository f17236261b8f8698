// The pages that the build makes from the contract.
#ifndef KENAL_SRC_HTTP_PAGES_H_
#define KENAL_SRC_HTTP_PAGES_H_

#include <string>

namespace kenal::http {

// OpenAPI 3.0, the same as docs/openapi.json.
std::string OpenApiText();
// A readable page of it that asks for nothing else.
std::string DocsHtml();

}  // namespace kenal::http

#endif  // KENAL_SRC_HTTP_PAGES_H_
