// Methods: the one table of what there is to call, who may call it, and whose
// turn it is. Building fails when a method of proto/kenal/v1 has no row here.
#ifndef KENAL_SRC_IDENTITY_METHOD_H_
#define KENAL_SRC_IDENTITY_METHOD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "src/identity/role.h"

namespace kenal::identity {

// Which queue a call waits in.
enum class WorkClass : uint8_t {
  kLive = 0,         // somebody waits: an upload
  kBulk = 1,         // scans and backfills; never in the way of live work
  kMaintenance = 2,  // changes, imports, verification
};
inline constexpr size_t kWorkClassCount = 3;
std::string_view WorkClassName(WorkClass work);  // "live", "bulk", ...

enum class Method : uint8_t {
  kMatch,
  kBatchMatch,
  kStreamMatch,
  kExplain,
  kCreateList,
  kListLists,
  kGetList,
  kSetListPolicy,
  kAddEntries,
  kImportEntries,
  kGetEntry,
  kReadEntries,
  kSetEntryState,
  kSetNearActionLabel,
  kReadChanges,
  kWatchChanges,
  kGetStats,
  kVerify,
  kGetMetrics,
  kWhoAmI,
  kCreateBackup,
};
inline constexpr size_t kMethodCount = 21;

struct MethodRow {
  Method method;
  std::string_view service;  // "kenal.v1.MatchService"
  std::string_view name;     // "Match"
  RoleSet allowed;
  WorkClass work;  // unless the request asks for another
};

// In the order of Method.
std::span<const MethodRow> Methods();
const MethodRow& RowOf(Method method);
// `service` and `name` as in MethodRow; null: there is none.
const MethodRow* FindMethod(std::string_view service, std::string_view name);

}  // namespace kenal::identity

#endif  // KENAL_SRC_IDENTITY_METHOD_H_
