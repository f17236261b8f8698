// Feed: which service a list follows, and how its pages are asked for.
#ifndef KENAL_SRC_FEED_FEED_H_
#define KENAL_SRC_FEED_FEED_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kenal/status.h"
#include "src/feed/address.h"
#include "src/feed/credentials.h"
#include "src/feed/transport.h"

namespace kenal::feed {

enum class FeedKind : uint8_t { kNcmec, kThreatExchange };
std::string_view FeedKindName(FeedKind kind);  // "ncmec", "threatexchange"
// Errors: kInvalidArgument     names those there are
//         kFailedPrecondition  StopNCII, whose purpose no list here has
StatusOr<FeedKind> ParseFeedKind(std::string_view name);

// Whole seconds; what changed in between, `to` itself perhaps not.
struct Range {
  int64_t from_unix_ms = 0;
  int64_t to_unix_ms = 0;
  friend bool operator==(const Range&, const Range&) = default;
};

class Feed {
 public:
  // ncmec: the address of an environment, such as
  // https://hashsharing.ncmec.org/npo. threatexchange: that of the updates of
  // a privacy group, with the parameters that are to go with each request.
  // Errors: kInvalidArgument
  static StatusOr<Feed> Make(FeedKind kind, const Address& address);

  FeedKind kind() const { return kind_; }
  // What it is called in messages and in the checkpoint: no secrets.
  std::string Name() const { return endpoint_.Whole(); }
  std::string Shown() const { return endpoint_.Shown(); }
  // How long it remembers what it took back; 0: for ever.
  int64_t tombstone_days() const;

  // Errors: kInvalidArgument  names the credentials that are missing
  Status Check(const Credentials& credentials) const;

  // The address, without secrets, of a range's first page.
  Address First(const Range& range) const;
  // Of the page that a page names as its next.
  // Errors: kFailedPrecondition  it leads elsewhere
  StatusOr<Address> Next(std::string_view next) const;
  // One of those, with the credentials.
  Request RequestFor(const Address& page, const Credentials& credentials) const;

 private:
  Feed(FeedKind kind, Address endpoint, std::string base)
      : kind_(kind), endpoint_(std::move(endpoint)), base_(std::move(base)) {}

  FeedKind kind_;
  Address endpoint_;
  std::string base_;  // ncmec: the path of the environment
};

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_FEED_H_
