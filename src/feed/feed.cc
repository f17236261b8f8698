#include "src/feed/feed.h"

#include <algorithm>
#include <utility>

#include "src/base/clock.h"

namespace kenal::feed {
namespace {

constexpr std::string_view kNcmecVersion = "/v2";
constexpr std::string_view kNcmecEntries = "/v2/entries";
constexpr std::string_view kToken = "access_token";
// Tombstones of updates go after 90 days; python-threatexchange leaves 5.
constexpr int64_t kThreatExchangeDays = 85;
constexpr std::string_view kThreatExchangeFields =
    "id,indicator,type,last_updated,should_delete,status,tags,"
    "descriptors{id,owner{id,name},status,tags,reactions,share_level}";
constexpr std::string_view kThreatExchangePageSize = "500";
constexpr int64_t kMsPerSecond = 1000;

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Seconds(int64_t unix_ms) {
  return std::to_string(unix_ms / kMsPerSecond);
}

}  // namespace

std::string_view FeedKindName(FeedKind kind) {
  return kind == FeedKind::kNcmec ? "ncmec" : "threatexchange";
}

StatusOr<FeedKind> ParseFeedKind(std::string_view name) {
  for (const FeedKind kind : {FeedKind::kNcmec, FeedKind::kThreatExchange}) {
    if (FeedKindName(kind) == name) return kind;
  }
  if (name == "stopncii") {
    return FailedPrecondition(
        "StopNCII's feed is kept by consent of the people shown, a purpose "
        "that no list here has (child-abuse, known-benign, own-decisions, "
        "test); kenal convert reads its pages, no list takes them");
  }
  return InvalidArgument("unknown feed; use one of: ncmec, threatexchange");
}

StatusOr<Feed> Feed::Make(FeedKind kind, const Address& address) {
  const std::vector<std::string> names = QueryNames(address.query);
  if (kind == FeedKind::kThreatExchange) {
    if (Has(names, kToken)) {
      return InvalidArgument(
          "an access_token is a secret; put it into the file of credentials");
    }
    if (Has(names, "start_time") || Has(names, "stop_time")) {
      return InvalidArgument("use --from and --to for times");
    }
    if (address.path.empty()) {
      return InvalidArgument(
          "the address of a privacy group's updates ends with "
          "/GROUP/threat_updates");
    }
    return Feed(kind, address, "");
  }
  if (!address.query.empty()) {
    return InvalidArgument("the address of an NCMEC environment has no ?");
  }
  Address endpoint = address;
  for (const std::string_view end : {kNcmecEntries, kNcmecVersion}) {
    if (!endpoint.path.ends_with(end)) continue;
    endpoint.path.resize(endpoint.path.size() - end.size());
    break;
  }
  std::string base = endpoint.path;
  endpoint.path += kNcmecEntries;
  return Feed(kind, std::move(endpoint), std::move(base));
}

int64_t Feed::tombstone_days() const {
  return kind_ == FeedKind::kThreatExchange ? kThreatExchangeDays : 0;
}

Status Feed::Check(const Credentials& credentials) const {
  if (kind_ == FeedKind::kThreatExchange) {
    return credentials.token.empty()
               ? InvalidArgument("the credentials need `token = ...`")
               : OkStatus();
  }
  if (credentials.user.empty() || credentials.password.empty()) {
    return InvalidArgument(
        "the credentials need `user = ...` and `password = ...`");
  }
  if (credentials.user.find(':') != std::string::npos) {
    return InvalidArgument("a user name has no colon");
  }
  return OkStatus();
}

Address Feed::First(const Range& range) const {
  Address page = endpoint_;
  if (kind_ == FeedKind::kNcmec) {
    page.query = Query({{"from", base::FormatUtc(range.from_unix_ms)},
                        {"to", base::FormatUtc(range.to_unix_ms)}});
    return page;
  }
  const std::vector<std::string> names = QueryNames(page.query);
  std::vector<std::pair<std::string, std::string>> more = {
      {"start_time", Seconds(range.from_unix_ms)},
      {"stop_time", Seconds(range.to_unix_ms)}};
  if (!Has(names, "fields")) more.emplace_back("fields", kThreatExchangeFields);
  if (!Has(names, "limit")) more.emplace_back("limit", kThreatExchangePageSize);
  page.query = JoinQueries(page.query, Query(more));
  return page;
}

StatusOr<Address> Feed::Next(std::string_view next) const {
  KENAL_TRY_ASSIGN(Address page, NextAddress(endpoint_, next, base_));
  if (kind_ == FeedKind::kThreatExchange) {
    page.query = WithoutParameter(page.query, kToken);
  }
  return page;
}

Request Feed::RequestFor(const Address& page,
                         const Credentials& credentials) const {
  if (kind_ == FeedKind::kNcmec) {
    return {.url = page.Whole(),
            .user = credentials.user,
            .password = credentials.password,
            .accept = "application/xml"};
  }
  Address with_token = page;
  with_token.query = JoinQueries(
      page.query, Query({{std::string(kToken), credentials.token}}));
  return {.url = with_token.Whole(), .accept = "application/json"};
}

}  // namespace kenal::feed
