// Addresses of feeds, and where their next pages may be.
//
// Credentials go with every request, so a page never decides where the next
// request goes: of the address that it gives only the query is taken, and only
// when host and path are those of the feed.
#ifndef KENAL_SRC_FEED_ADDRESS_H_
#define KENAL_SRC_FEED_ADDRESS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kenal/status.h"

namespace kenal::feed {

// "https://host:1234/path?query", in parts. No user, no fragment.
struct Address {
  std::string origin;  // "https://host:1234", in lower case
  std::string path;    // begins with "/" and does not end with one, or is empty
  std::string query;   // without "?"
  bool loopback = false;

  // With the query, which may hold secrets, or without it, for people.
  std::string Whole() const;
  std::string Shown() const { return origin + path; }
  friend bool operator==(const Address&, const Address&) = default;
};

inline constexpr size_t kAddressBytesMax = 8192;

// `allow_plain`: http to other hosts than this machine, which sends
// credentials and lists in the clear.
// Errors: kInvalidArgument says what is wrong and what would do.
StatusOr<Address> ParseAddress(std::string_view text, bool allow_plain);

// Where `next`, as a page gives it, leads. `relative_to`: the path of the feed
// below which a path without a host may begin too, as NCMEC's do.
// Errors: kFailedPrecondition  another host, port, scheme or path
StatusOr<Address> NextAddress(const Address& feed, std::string_view next,
                              std::string_view relative_to);

// "a=1&b=2", with what is not a letter, digit or one of - . _ ~ escaped.
std::string Query(
    const std::vector<std::pair<std::string, std::string>>& parameters);
// The names of a query's parameters, with their escapes undone.
std::vector<std::string> QueryNames(std::string_view query);
// The query without a parameter.
std::string WithoutParameter(std::string_view query, std::string_view name);
// Both, with "&" where it is needed.
std::string JoinQueries(std::string a, std::string_view b);

}  // namespace kenal::feed

#endif  // KENAL_SRC_FEED_ADDRESS_H_
