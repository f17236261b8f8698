#include "src/feed/http.h"

#include <curl/curl.h>

#include <span>
#include <string_view>
#include <utility>

#include "src/base/file.h"

namespace kenal::feed {
namespace {

constexpr long kConnectSecondsMax = 30;
constexpr long kPageSecondsMax = 3600;
constexpr long kSlowBytesPerSecond = 64;
constexpr size_t kHeaderBytesMax = 64 * 1024;
// Of an answer that is an error so much is read, to keep the connection.
constexpr size_t kErrorBytesMax = 64 * 1024;
constexpr uint64_t kAuthoritiesBytesMax = 16 << 20;
constexpr long kOk = 200;

struct FreeEasy {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// What one transfer has come to, for the callbacks of libcurl.
struct Transfer {
  CURL* curl;
  Spool& body;
  uint64_t page_bytes_max;
  const std::stop_token& stop;
  size_t header_bytes = 0;
  bool headers_are_whole = false;
  size_t error_bytes = 0;
  std::optional<int64_t> server_unix_ms;
  Status failed;
};

size_t TakeBody(char* bytes, size_t one, size_t count, void* context) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  const size_t size = one * count;
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != kOk) {
    transfer.error_bytes += size;
    return transfer.error_bytes > kErrorBytesMax ? 0 : size;
  }
  if (transfer.body.size_bytes() + size > transfer.page_bytes_max) {
    transfer.failed = FailedPrecondition(
        "answers with more than " + std::to_string(transfer.page_bytes_max) +
        " bytes, which no page should have");
    return 0;
  }
  transfer.failed = transfer.body.Append({bytes, size});
  return transfer.failed.ok() ? size : 0;
}

size_t TakeHeader(char* bytes, size_t one, size_t count, void* context) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  const size_t size = one * count;
  transfer.header_bytes += size;
  if (transfer.header_bytes > kHeaderBytesMax) {
    transfer.failed = FailedPrecondition("answers with too many headers");
    return 0;
  }
  constexpr std::string_view kDate = "date:";
  const std::string line(bytes, size);
  transfer.headers_are_whole |= line == "\r\n" || line == "\n";
  if (size > kDate.size() &&
      curl_strnequal(line.c_str(), kDate.data(), kDate.size()) != 0) {
    const time_t seconds = curl_getdate(line.c_str() + kDate.size(), nullptr);
    if (seconds > 0) transfer.server_unix_ms = int64_t{seconds} * 1000;
  }
  return size;
}

int Watch(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(context)->stop.stop_requested() ? 1 : 0;
}

Status FailureOf(CURLcode code, const Transfer& transfer) {
  if (!transfer.failed.ok()) return transfer.failed;
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return absl::CancelledError("stopped");
    case CURLE_PEER_FAILED_VERIFICATION:
      return FailedPrecondition(
          "its certificate is not for that name, is out of date, or comes "
          "from nobody that this machine trusts; --ca FILE adds an authority");
    case CURLE_SSL_CACERT_BADFILE:
      return FailedPrecondition("the file of authorities cannot be used");
    case CURLE_FILESIZE_EXCEEDED:
      return FailedPrecondition("says that it answers with more than " +
                                std::to_string(transfer.page_bytes_max) +
                                " bytes, which no page should have");
    case CURLE_OPERATION_TIMEDOUT:
      return Unavailable("took too long to answer");
    case CURLE_PARTIAL_FILE:
      return Unavailable("broke its answer off");
    case CURLE_OUT_OF_MEMORY:
      return ResourceExhausted("no memory for a request");
    default:
      // The texts of libcurl for a code hold nothing of the request.
      return Unavailable(curl_easy_strerror(code));
  }
}

class Http : public Transport {
 public:
  Http(HttpOptions options, std::stop_token stop)
      : options_(std::move(options)), stop_(std::move(stop)) {}

  Status Begin();
  StatusOr<Response> Get(const Request& request, Spool& body) override;

 private:
  // False when libcurl refuses an option: then nothing may be sent.
  bool SetAlways();
  bool SetForRequest(const Request& request, Transfer& transfer,
                     const curl_slist* headers);
  template <typename Value>
  bool Set(CURLoption option, Value value) {
    return curl_easy_setopt(curl_.get(), option, value) == CURLE_OK;
  }

  const HttpOptions options_;
  const std::stop_token stop_;
  std::unique_ptr<CURL, FreeEasy> curl_;
};

Status Http::Begin() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Internal("libcurl cannot begin");
  }
  if (!options_.authorities.empty()) {
    KENAL_TRY_ASSIGN(const auto bytes, base::ReadFile(options_.authorities,
                                                      kAuthoritiesBytesMax));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                                bytes.size());
    if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) {
      return InvalidArgument(options_.authorities +
                             ": holds no certificate in PEM");
    }
  }
  curl_.reset(curl_easy_init());
  return curl_ == nullptr ? Internal("libcurl cannot begin") : OkStatus();
}

bool Http::SetAlways() {
  // libcurl adds its folder of the system's authorities to a file of ours.
  const std::string& ca = options_.authorities;
  return (ca.empty() || Set(CURLOPT_CAINFO, ca.c_str())) &&
         Set(CURLOPT_SSL_VERIFYPEER, 1L) && Set(CURLOPT_SSL_VERIFYHOST, 2L) &&
         Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
         Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
         Set(CURLOPT_HTTPGET, 1L) && Set(CURLOPT_FOLLOWLOCATION, 0L) &&
         Set(CURLOPT_HTTP09_ALLOWED, 0L) &&
         Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) &&
         Set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
         Set(CURLOPT_NOSIGNAL, 1L) && Set(CURLOPT_NOPROGRESS, 0L) &&
         Set(CURLOPT_CONNECTTIMEOUT, kConnectSecondsMax) &&
         Set(CURLOPT_TIMEOUT, kPageSecondsMax) &&
         Set(CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond) &&
         Set(CURLOPT_LOW_SPEED_TIME,
             static_cast<long>(options_.quiet_seconds_max)) &&
         Set(CURLOPT_MAXFILESIZE_LARGE,
             static_cast<curl_off_t>(options_.page_bytes_max)) &&
         Set(CURLOPT_USERAGENT, options_.user_agent.c_str());
}

bool Http::SetForRequest(const Request& request, Transfer& transfer,
                         const curl_slist* headers) {
  const bool tls = request.url.starts_with("https:");
  if (!request.user.empty()) {
    const bool known =
        Set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC)) &&
        Set(CURLOPT_USERNAME, request.user.c_str()) &&
        Set(CURLOPT_PASSWORD, request.password.c_str());
    if (!known) return false;
  }
  // What is in the clear goes to its host and through nobody.
  return (tls || Set(CURLOPT_NOPROXY, "*")) &&
         Set(CURLOPT_PROTOCOLS_STR, tls ? "https" : "http") &&
         Set(CURLOPT_URL, request.url.c_str()) &&
         Set(CURLOPT_HTTPHEADER, headers) &&
         Set(CURLOPT_WRITEFUNCTION, &TakeBody) &&
         Set(CURLOPT_WRITEDATA, &transfer) &&
         Set(CURLOPT_HEADERFUNCTION, &TakeHeader) &&
         Set(CURLOPT_HEADERDATA, &transfer) &&
         Set(CURLOPT_XFERINFOFUNCTION, &Watch) &&
         Set(CURLOPT_XFERINFODATA, &transfer);
}

StatusOr<Response> Http::Get(const Request& request, Spool& body) {
  KENAL_TRY(body.Clear());
  Transfer transfer{.curl = curl_.get(),
                    .body = body,
                    .page_bytes_max = options_.page_bytes_max,
                    .stop = stop_};
  const std::unique_ptr<curl_slist, FreeList> headers(
      curl_slist_append(nullptr, ("Accept: " + request.accept).c_str()));
  // The connection is kept, all options are not.
  curl_easy_reset(curl_.get());
  if (!SetAlways() || !SetForRequest(request, transfer, headers.get())) {
    return Internal("libcurl does not know an option that is needed");
  }
  const CURLcode code = curl_easy_perform(curl_.get());
  const bool long_error = transfer.error_bytes > kErrorBytesMax;
  if (code != CURLE_OK && !long_error) return FailureOf(code, transfer);
  // libcurl takes an answer without the end of its headers for an empty one.
  if (!transfer.headers_are_whole) return Unavailable("broke its answer off");
  Response response{.server_unix_ms = transfer.server_unix_ms};
  long status = 0;
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &retry_after_s);
  response.status = static_cast<int>(status);
  if (retry_after_s > 0) response.retry_after_s = retry_after_s;
  return response;
}

}  // namespace

StatusOr<std::unique_ptr<Transport>> MakeHttp(const HttpOptions& options,
                                              std::stop_token stop) {
  auto http = std::make_unique<Http>(options, std::move(stop));
  KENAL_TRY(http->Begin());
  return http;
}

}  // namespace kenal::feed
