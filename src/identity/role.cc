#include "src/identity/role.h"

#include "src/base/check.h"

namespace kenal::identity {
namespace {

constexpr std::array<std::string_view, kRoleCount> kNames = {
    "query", "investigate", "ingest", "curate", "export", "audit", "admin"};

constexpr std::string_view kAccepted =
    "the roles are query, investigate, ingest, curate, export, audit and "
    "admin";

}  // namespace

std::string_view RoleName(Role role) {
  const auto number = static_cast<size_t>(role);
  KENAL_CHECK(number < kNames.size());
  return kNames[number];
}

StatusOr<Role> ParseRole(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Role>(i);
  }
  // A word that is longer than any role is not repeated.
  const std::string word =
      name.size() <= 16 ? "\"" + std::string(name) + "\"" : "a long word";
  return InvalidArgument(word + " is not a role; " + std::string(kAccepted));
}

std::string RoleSet::ToString() const {
  std::string text;
  for (size_t i = 0; i < kRoleCount; ++i) {
    if (!Contains(static_cast<Role>(i))) continue;
    if (!text.empty()) text += ',';
    text += kNames[i];
  }
  return text;
}

StatusOr<RoleSet> ParseRoles(std::string_view text) {
  RoleSet roles;
  while (true) {
    const size_t comma = text.find(',');
    KENAL_TRY_ASSIGN(const Role role, ParseRole(text.substr(0, comma)));
    if (roles.Contains(role)) {
      return InvalidArgument("the role " + std::string(RoleName(role)) +
                             " is named twice");
    }
    roles.Add(role);
    if (comma == std::string_view::npos) return roles;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace kenal::identity
