// Roles: what a caller is for. Each method names the roles that may call it;
// see method.h.
#ifndef KENAL_SRC_IDENTITY_ROLE_H_
#define KENAL_SRC_IDENTITY_ROLE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "kenal/status.h"

namespace kenal::identity {

enum class Role : uint8_t {
  kQuery = 0,        // asks about content; is told tiers and labels alone
  kInvestigate = 1,  // asks, and is told everything but stored hashes
  kIngest = 2,       // adds entries
  kCurate = 3,       // keeps lists, policies and entry states
  kExport = 4,       // the only role that is given stored hashes
  kAudit = 5,        // reads and verifies everything but hashes
  kAdmin = 6,        // watches over the server
};
inline constexpr size_t kRoleCount = 7;

std::string_view RoleName(Role role);  // "query", "investigate", ...
// kInvalidArgument names the accepted words.
StatusOr<Role> ParseRole(std::string_view name);

class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) Add(role);
  }
  constexpr void Add(Role role) { bits_ |= Bit(role); }
  constexpr bool Contains(Role role) const { return (bits_ & Bit(role)) != 0; }
  constexpr bool Meets(RoleSet other) const {
    return (bits_ & other.bits_) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(RoleSet, RoleSet) = default;

  // "query,ingest" in the order of Role; "" for none.
  std::string ToString() const;

 private:
  static constexpr uint8_t Bit(Role role) {
    return static_cast<uint8_t>(1u << static_cast<uint8_t>(role));
  }
  uint8_t bits_ = 0;
};

// "ROLE[,ROLE]...". Errors: kInvalidArgument names the word.
StatusOr<RoleSet> ParseRoles(std::string_view text);

// Who may use a Unix socket may open the store: everything but stored hashes.
inline constexpr RoleSet kLocalRoles{Role::kInvestigate, Role::kIngest,
                                     Role::kCurate, Role::kAudit,
                                     Role::kAdmin};

}  // namespace kenal::identity

#endif  // KENAL_SRC_IDENTITY_ROLE_H_
