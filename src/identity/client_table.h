// Client table: from the names in a client's certificate to what it may do.
//
// A text file, one client a line, fields between blanks, "#" starts a comment:
//
//   # SAN of the certificate   roles        and, when wanted
//   kenal://client/uploads     query        rate=5000 in-flight=64 region=ID
//   lab.example.org            investigate
//
// rate       items (hashes or pictures) a second; a second's worth at once
// in-flight  items under way at once
// region     of the content that it asks about, where a request names none
//
// Whoever is not in the table is refused.
#ifndef KENAL_SRC_IDENTITY_CLIENT_TABLE_H_
#define KENAL_SRC_IDENTITY_CLIENT_TABLE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/identity/role.h"

namespace kenal::identity {

struct Quota {
  int items_per_second = 0;  // 0: no limit
  int in_flight_max = 0;     // 0: no limit
  friend bool operator==(const Quota&, const Quota&) = default;
};

struct Caller {
  std::string name;  // the SAN that was found, or "local"
  RoleSet roles;
  Quota quota;
  std::string region;

  // Sees distances, provenance and shadow matches, and may set a radius.
  bool is_trusted() const {
    return roles.Meets({Role::kInvestigate});
  }
  friend bool operator==(const Caller&, const Caller&) = default;
};

// Immutable, so that a new table replaces the old one whole. Thread-safe.
class ClientTable {
 public:
  static constexpr size_t kBytesMax = size_t{4} << 20;

  // Errors: kInvalidArgument names the line and the field; also for a SAN that
  //         is there twice.
  static StatusOr<std::shared_ptr<const ClientTable>> Parse(
      std::string_view text);
  // Errors: also those of reading; they name the file.
  static StatusOr<std::shared_ptr<const ClientTable>> Load(
      const std::string& path);

  // Of the first of `sans` that is in the table; null: none is.
  std::shared_ptr<const Caller> Find(std::span<const std::string> sans) const;

  size_t size() const { return callers_.size(); }

 private:
  std::vector<std::shared_ptr<const Caller>> callers_;  // by name
};

}  // namespace kenal::identity

#endif  // KENAL_SRC_IDENTITY_CLIENT_TABLE_H_
