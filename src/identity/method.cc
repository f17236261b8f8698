#include "src/identity/method.h"

#include <array>

#include "src/base/check.h"

namespace kenal::identity {
namespace {

constexpr RoleSet kAsking{Role::kQuery, Role::kInvestigate};
constexpr RoleSet kCurating{Role::kCurate};
constexpr RoleSet kAdding{Role::kIngest, Role::kCurate};
constexpr RoleSet kSeeingLists{Role::kInvestigate, Role::kIngest, Role::kCurate,
                               Role::kExport,      Role::kAudit,  Role::kAdmin};
constexpr RoleSet kSeeingEntries{Role::kInvestigate, Role::kCurate,
                                 Role::kExport, Role::kAudit};
constexpr RoleSet kFollowing{Role::kQuery, Role::kInvestigate, Role::kCurate,
                             Role::kExport, Role::kAudit};
constexpr RoleSet kWatchingOver{Role::kAudit, Role::kAdmin};
constexpr RoleSet kEverybody{Role::kQuery,  Role::kInvestigate, Role::kIngest,
                             Role::kCurate, Role::kExport,      Role::kAudit,
                             Role::kAdmin};

constexpr std::string_view kMatching = "kenal.v1.MatchService";
constexpr std::string_view kKeeping = "kenal.v1.CatalogueService";
constexpr std::string_view kOperating = "kenal.v1.OperationsService";

constexpr WorkClass kLive = WorkClass::kLive;
constexpr WorkClass kBulk = WorkClass::kBulk;
constexpr WorkClass kMaintenance = WorkClass::kMaintenance;

constexpr std::array<MethodRow, kMethodCount> kRows = {{
    {Method::kMatch, kMatching, "Match", kAsking, kLive},
    {Method::kBatchMatch, kMatching, "BatchMatch", kAsking, kBulk},
    {Method::kStreamMatch, kMatching, "StreamMatch", kAsking, kLive},
    {Method::kExplain, kMatching, "Explain", {Role::kInvestigate}, kLive},
    {Method::kCreateList, kKeeping, "CreateList", kCurating, kMaintenance},
    {Method::kListLists, kKeeping, "ListLists", kSeeingLists, kLive},
    {Method::kGetList, kKeeping, "GetList", kSeeingLists, kLive},
    {Method::kSetListPolicy, kKeeping, "SetListPolicy", kCurating,
     kMaintenance},
    {Method::kAddEntries, kKeeping, "AddEntries", kAdding, kMaintenance},
    {Method::kImportEntries, kKeeping, "ImportEntries", kAdding, kMaintenance},
    {Method::kGetEntry, kKeeping, "GetEntry", kSeeingEntries, kLive},
    {Method::kReadEntries, kKeeping, "ReadEntries", kSeeingEntries,
     kMaintenance},
    {Method::kSetEntryState, kKeeping, "SetEntryState", kCurating,
     kMaintenance},
    {Method::kSetNearActionLabel, kKeeping, "SetNearActionLabel", kCurating,
     kMaintenance},
    {Method::kReadChanges, kKeeping, "ReadChanges", kFollowing, kLive},
    {Method::kWatchChanges, kKeeping, "WatchChanges", kFollowing, kMaintenance},
    {Method::kGetStats, kKeeping, "GetStats", kSeeingLists, kMaintenance},
    {Method::kVerify, kKeeping, "Verify", kWatchingOver, kMaintenance},
    {Method::kGetMetrics, kOperating, "GetMetrics", kWatchingOver, kLive},
    {Method::kWhoAmI, kOperating, "WhoAmI", kEverybody, kLive},
    {Method::kCreateBackup,
     kOperating,
     "CreateBackup",
     {Role::kAdmin},
     kMaintenance},
}};

constexpr bool RowsAreInOrder() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].method) != i) return false;
  }
  return true;
}
static_assert(RowsAreInOrder());

}  // namespace

std::string_view WorkClassName(WorkClass work) {
  switch (work) {
    case WorkClass::kLive:
      return "live";
    case WorkClass::kBulk:
      return "bulk";
    case WorkClass::kMaintenance:
      return "maintenance";
  }
  KENAL_CHECK(false);
}

std::span<const MethodRow> Methods() { return kRows; }

const MethodRow& RowOf(Method method) {
  const auto number = static_cast<size_t>(method);
  KENAL_CHECK(number < kRows.size());
  return kRows[number];
}

const MethodRow* FindMethod(std::string_view service, std::string_view name) {
  for (const MethodRow& row : kRows) {
    if (row.name == name && row.service == service) return &row;
  }
  return nullptr;
}

}  // namespace kenal::identity
