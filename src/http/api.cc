#include "src/http/api.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/match_service.pb.h"
#include "kenal/v1/operations_service.pb.h"
#include "src/base/check.h"
#include "src/http/hma.h"
#include "src/http/json.h"
#include "src/http/pages.h"
#include "src/wire/limits.h"

namespace kenal::http {
namespace {

namespace pb = google::protobuf;
using identity::Method;
using identity::MethodRow;

// Of methods whose requests hold a name, a policy or a reason.
constexpr size_t kSmallBodyBytesMax = size_t{1} << 20;
// Texts that take a moment: JSON, and forms, where the end is searched for.
constexpr size_t kCheapJsonBytesMax = size_t{64} << 10;
constexpr size_t kCheapFormBytesMax = size_t{2} << 20;
// Where the beginning of JSON is looked for.
constexpr size_t kBlankBytesMax = 4096;

// "BatchMatch" -> "batch-match"
std::string Kebab(std::string_view name) {
  std::string kebab;
  for (const char letter : name) {
    const bool is_upper = letter >= 'A' && letter <= 'Z';
    if (is_upper && !kebab.empty()) kebab += '-';
    kebab += is_upper ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return kebab;
}

const pb::MethodDescriptor& MethodOf(const MethodRow& row) {
  // Named, so that the linker keeps all three files.
  v1::MatchRequest::descriptor();
  v1::GetStatsRequest::descriptor();
  v1::WhoAmIRequest::descriptor();
  const auto* const method =
      pb::DescriptorPool::generated_pool()->FindMethodByName(
          std::string(row.service) + "." + std::string(row.name));
  KENAL_CHECK(method != nullptr);
  return *method;
}

size_t BodyBytesMax(Method method) {
  switch (method) {
    case Method::kMatch:
    case Method::kBatchMatch:
    case Method::kExplain:
    case Method::kAddEntries:
    case Method::kSetEntryState:
    case Method::kSetNearActionLabel:
      return wire::kRequestBytesMax;
    default:
      return kSmallBodyBytesMax;
  }
}

enum class Body { kJson, kPicture, kEither, kForm, kNeither };

// What a body is by its type alone. curl says "form" of whatever it sends when
// it is not told; so does nobody else who sends JSON or a picture.
Body BodyOf(std::string_view content_type) {
  const std::string type = MediaType(content_type);
  if (type == kJsonType) return Body::kJson;
  if (type.starts_with("image/") || type == "application/octet-stream") {
    return Body::kPicture;
  }
  if (type.empty() || type == "application/x-www-form-urlencoded") {
    return Body::kEither;
  }
  return type == "multipart/form-data" ? Body::kForm : Body::kNeither;
}

bool TakesPicture(const Route& route) {
  return route.kind == Route::Kind::kMethod &&
         route.row->method == Method::kMatch;
}

bool LooksLikeJson(std::string_view body) {
  const std::string_view start = body.substr(0, kBlankBytesMax);
  const size_t first = start.find_first_not_of(" \t\r\n");
  return first == start.npos || start[first] == '{';
}

// Known when the body is there.
bool IsPicture(const Asked& asked) {
  const Body body = BodyOf(asked.content_type);
  return TakesPicture(*asked.route) &&
         (body == Body::kPicture ||
          (body == Body::kEither && !LooksLikeJson(asked.body)));
}

Status ReadPicture(Asked& asked, pb::Message& message) {
  auto& request = static_cast<v1::MatchRequest&>(message);
  for (const auto& [name, text] : asked.target.parameters) {
    const auto* const field =
        v1::MatchRequest::descriptor()->FindFieldByName(name);
    if (field == nullptr ||
        field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      return InvalidArgument(
          "the target: holds a parameter that is not known; known are: "
          "limit, effort, second_opinion, radius_bits, region, request_id, "
          "work_class");
    }
    KENAL_TRY(SetField(request, *field, text));
  }
  request.mutable_content()->set_picture(std::move(asked.body));
  return OkStatus();
}

// Requests that can carry an id get the header's, unless they have one.
void PutRequestId(const std::string& id, pb::Message& request) {
  const auto* const field =
      request.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || id.empty()) return;
  const pb::Reflection& reflection = *request.GetReflection();
  if (reflection.GetString(request, field).empty()) {
    reflection.SetString(&request, field, id);
  }
}

std::unique_ptr<pb::Message> Make(const pb::Descriptor& type) {
  return std::unique_ptr<pb::Message>(
      pb::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

Reply TextReply(std::string text, int status = 200) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(text)};
}

}  // namespace

std::string Route::Allow() const {
  std::string allow = takes_get ? "GET, HEAD, " : "";
  if (takes_post) allow += "POST, ";
  return allow + "OPTIONS";
}

ErrorShape Route::error_shape() const {
  return kind == Kind::kLookup || kind == Kind::kRawLookup ||
                 kind == Kind::kNoHashing
             ? ErrorShape::kHma
             : ErrorShape::kOurs;
}

Api::Api() {
  for (const MethodRow& row : identity::Methods()) AddMethod(row);
  using Kind = Route::Kind;
  const MethodRow* const match = &identity::RowOf(Method::kMatch);
  const MethodRow* const metrics = &identity::RowOf(Method::kGetMetrics);
  Add({.kind = Kind::kMetrics,
       .path = "/metrics",
       .takes_get = true,
       .row = metrics,
       .method = &MethodOf(*metrics)});
  Add({.kind = Kind::kLookup,
       .path = "/m/lookup",
       .takes_get = true,
       .takes_post = true,
       .row = match,
       .method = &MethodOf(*match),
       .body_bytes_max = wire::kRequestBytesMax});
  Add({.kind = Kind::kRawLookup,
       .path = "/m/raw_lookup",
       .takes_get = true,
       .row = match,
       .method = &MethodOf(*match)});
  Add({.kind = Kind::kNoHashing,
       .path = "/h/hash",
       .takes_get = true,
       .takes_post = true});
  Add({.kind = Kind::kHealth, .path = "/healthz", .takes_get = true});
  Add({.kind = Kind::kReady, .path = "/readyz", .takes_get = true});
  Add({.kind = Kind::kStatus, .path = "/status", .takes_get = true});
  Add({.kind = Kind::kOpenApi, .path = "/openapi.json", .takes_get = true});
  Add({.kind = Kind::kDocs, .path = "/docs", .takes_get = true});
}

void Api::Add(Route route) {
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  const Route* const added = routes_.back().get();
  KENAL_CHECK(by_path_.emplace(added->path, added).second);
}

void Api::AddMethod(const MethodRow& row) {
  const pb::MethodDescriptor& method = MethodOf(row);
  Route route{.takes_post = true, .row = &row, .method = &method};
  if (method.client_streaming() || method.server_streaming()) {
    route.kind = Route::Kind::kStream;
  } else {
    route.body_bytes_max = BodyBytesMax(row.method);
  }
  route.path = "/v1/" + Kebab(row.name);
  Add(route);
  route.path = "/" + std::string(row.service) + "/" + std::string(row.name);
  Add(route);
}

const Route* Api::Find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

std::string Api::Hint(std::string_view path) {
  if (path.starts_with("/m/") || path.starts_with("/c/")) {
    return "there is no such path; of the Hasher-Matcher-Actioner's there are "
           "GET and POST /m/lookup, GET /m/raw_lookup and GET /status";
  }
  return "there is no such path; GET /docs lists them, such as POST /v1/match";
}

std::optional<Reply> Api::Check(const Asked& asked) {
  const Route& route = *asked.route;
  if (route.kind == Route::Kind::kStream) {
    return ErrorReply(absl::UnimplementedError(
        std::string(route.row->name) +
        ": streams, and is offered over gRPC only; over HTTP use batch-match, "
        "add-entries or read-changes"));
  }
  if (route.kind == Route::Kind::kNoHashing) {
    return ErrorReply(absl::UnimplementedError(
                          "hashes are not given out; POST the picture to "
                          "/m/lookup, or hash it where it is with "
                          "`kenal hash`"),
                      route.error_shape());
  }
  if (asked.is_get || route.row == nullptr) return std::nullopt;
  const Body body = BodyOf(asked.content_type);
  bool fits = false;
  std::string expected = "application/json";
  if (route.kind == Route::Kind::kLookup) {
    fits = body == Body::kPicture || body == Body::kForm;
    expected = "image/*, application/octet-stream or multipart/form-data";
  } else {
    fits = body == Body::kJson || body == Body::kEither ||
           (body == Body::kPicture && TakesPicture(route));
    if (TakesPicture(route)) {
      expected += ", image/* or application/octet-stream";
    }
  }
  if (fits) return std::nullopt;
  return ErrorReply(InvalidArgument("Content-Type: is not one of " + expected),
                    route.error_shape(), 415);
}

Reply Api::Page(const Route& route, bool serving) {
  const int status = serving ? 200 : 503;
  switch (route.kind) {
    case Route::Kind::kHealth:
      return TextReply("ok\n");
    case Route::Kind::kReady:
      return TextReply(serving ? "ready\n" : "not serving\n", status);
    case Route::Kind::kStatus:
      return TextReply(serving ? "I-AM-ALIVE" : "INDEX-STALE", status);
    case Route::Kind::kOpenApi:
      return {.body = OpenApiText()};
    default:
      return {.content_type = "text/html; charset=utf-8",
              .body = DocsHtml(),
              .headers = {{"Content-Security-Policy",
                           "default-src 'none'; style-src 'unsafe-inline'"}}};
  }
}

Prepared Api::Empty(const Route& route) {
  return {.request = Make(*route.method->input_type()),
          .response = Make(*route.method->output_type())};
}

bool Api::IsCheap(const Asked& asked) {
  if (asked.route->kind != Route::Kind::kLookup) {
    return asked.body.size() <= kCheapJsonBytesMax || IsPicture(asked);
  }
  return asked.body.size() <= kCheapFormBytesMax ||
         BodyOf(asked.content_type) != Body::kForm;
}

StatusOr<Prepared> Api::Prepare(Asked& asked) {
  const Route& route = *asked.route;
  Prepared prepared = Empty(route);
  pb::Message& request = *prepared.request;
  switch (route.kind) {
    case Route::Kind::kLookup:
    case Route::Kind::kRawLookup:
      KENAL_TRY(ReadLookup(asked, static_cast<v1::MatchRequest&>(request)));
      break;
    case Route::Kind::kMethod: {
      if (IsPicture(asked)) {
        KENAL_TRY(ReadPicture(asked, request));
        break;
      }
      if (!asked.target.parameters.empty()) {
        return InvalidArgument(
            "the target: holds parameters; put them into the JSON body");
      }
      KENAL_TRY(ReadJson(std::move(asked.body), request));
      break;
    }
    default:
      break;
  }
  asked.body = std::string();
  PutRequestId(asked.request_id, request);
  return prepared;
}

Reply Api::Render(const Asked& asked, const service::CallOutcome& outcome,
                  const pb::Message& response) {
  const Route& route = *asked.route;
  if (!outcome.status.ok()) return ErrorReply(outcome, route.error_shape());
  switch (route.kind) {
    case Route::Kind::kMetrics:
      return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
              .body = static_cast<const v1::GetMetricsResponse&>(response)
                          .prometheus_text()};
    case Route::Kind::kLookup:
    case Route::Kind::kRawLookup:
      return WriteLookup(
          asked, static_cast<const v1::MatchResponse&>(response).answer(),
          outcome.request_id);
    default:
      return {.body = WriteJson(response)};
  }
}

}  // namespace kenal::http
