// Roles and the method table. That each method has a row is checked by
// check_methods.cc while building.
#include "src/identity/method.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace kenal::identity {
namespace {

using ::testing::HasSubstr;

Role RoleAt(size_t number) { return static_cast<Role>(number); }

TEST(Roles, EveryNameIsReadBack) {
  for (size_t i = 0; i < kRoleCount; ++i) {
    const auto role = ParseRole(RoleName(RoleAt(i)));
    ASSERT_TRUE(role.ok()) << role.status();
    EXPECT_EQ(*role, RoleAt(i));
  }
}

TEST(Roles, EverySetIsReadBack) {
  for (unsigned bits = 1; bits < 1u << kRoleCount; ++bits) {
    RoleSet set;
    for (size_t i = 0; i < kRoleCount; ++i) {
      if ((bits >> i & 1) != 0) set.Add(RoleAt(i));
    }
    const auto read = ParseRoles(set.ToString());
    ASSERT_TRUE(read.ok()) << set.ToString() << ": " << read.status();
    EXPECT_EQ(*read, set);
  }
}

TEST(Roles, WhatIsNoRoleIsRefused) {
  for (const char* text : {"", "root", "query,", ",query", "query,,audit",
                           "Query", "query audit", "query,query", " query"}) {
    EXPECT_FALSE(ParseRoles(text).ok()) << text;
  }
}

TEST(Roles, ALongWordIsNotRepeated) {
  const std::string word(64, 'a');
  const Status status = ParseRole(word).status();
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(word)));
}

TEST(Methods, EveryRowIsFoundByItsNameAndItsNumber) {
  ASSERT_EQ(Methods().size(), kMethodCount);
  for (const MethodRow& row : Methods()) {
    EXPECT_EQ(FindMethod(row.service, row.name), &row);
    EXPECT_EQ(&RowOf(row.method), &row);
  }
}

TEST(Methods, WhatIsNoMethodIsNotFound) {
  EXPECT_EQ(FindMethod("kenal.v1.MatchService", ""), nullptr);
  EXPECT_EQ(FindMethod("", "Match"), nullptr);
  EXPECT_EQ(FindMethod("kenal.v1.CatalogueService", "Match"), nullptr);
}

TEST(Methods, EachOneThatChangesSomethingIsForThoseWhoKeepLists) {
  const RoleSet keepers{Role::kIngest, Role::kCurate};
  for (const Method method :
       {Method::kCreateList, Method::kSetListPolicy, Method::kAddEntries,
        Method::kImportEntries, Method::kSetEntryState,
        Method::kSetNearActionLabel}) {
    for (size_t i = 0; i < kRoleCount; ++i) {
      if (keepers.Contains(RoleAt(i))) continue;
      EXPECT_FALSE(RowOf(method).allowed.Contains(RoleAt(i)))
          << RowOf(method).name << " for " << RoleName(RoleAt(i));
    }
  }
}

TEST(Methods, EverybodyKnownMayAskWhoTheyAre) {
  for (size_t i = 0; i < kRoleCount; ++i) {
    EXPECT_TRUE(RowOf(Method::kWhoAmI).allowed.Contains(RoleAt(i)));
  }
}

TEST(Methods, LocalCallersAreGivenNoStoredHashes) {
  EXPECT_FALSE(kLocalRoles.Contains(Role::kExport));
}

}  // namespace
}  // namespace kenal::identity
