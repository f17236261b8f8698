#include "src/service/catalogue_calls.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "src/service/entry_name.h"
#include "src/wire/limits.h"
#include "src/wire/redact.h"

namespace kenal::service {
namespace {

using identity::Role;
using identity::RoleSet;

Status CheckCount(std::string_view field, int count) {
  if (count >= 1 && count <= wire::kItemsMax) return OkStatus();
  return InvalidArgument(std::string(field) + ": are " + std::to_string(count) +
                         "; send 1 to 10000");
}

// Runs `body` on `pool` when the caller's quota allows `items`.
template <typename Body>
void Run(Desk& desk, std::unique_ptr<Ticket> ticket, WorkPool& pool,
         uint64_t items, size_t size_bytes, Body body) {
  if (const auto refused = desk.Charge(*ticket, items, size_bytes)) {
    return ticket->Refuse(*refused);
  }
  desk.Queue(pool, std::move(ticket), {.size_bytes = size_bytes},
             std::move(body));
}

template <typename Request, typename Body>
void Lookup(Desk& desk, std::unique_ptr<Ticket> ticket, const Request& request,
            Body body) {
  Run(desk, std::move(ticket), desk.workers().lookups, 1,
      request.ByteSizeLong(), std::move(body));
}

template <typename Request, typename Body>
void Change(Desk& desk, std::unique_ptr<Ticket> ticket, const Request& request,
            Body body, uint64_t items = 1) {
  const size_t size_bytes = request.ByteSizeLong();
  Run(desk, std::move(ticket), desk.workers().ChangesOf(size_bytes), items,
      size_bytes, std::move(body));
}

template <typename Request>
StatusOr<std::vector<std::string>> ReadReferences(const Request& request) {
  KENAL_TRY(CheckName(request.list()));
  KENAL_TRY(CheckCount("references", request.references_size()));
  for (const std::string& reference : request.references()) {
    KENAL_TRY(CheckReference(reference));
  }
  return std::vector<std::string>(request.references().begin(),
                                  request.references().end());
}

Status Add(Desk& desk, Ticket& ticket, const v1::AddEntriesRequest& request,
           v1::AddEntriesResponse& response) {
  KENAL_TRY(CheckName(request.list()));
  KENAL_TRY(CheckCount("drafts", request.drafts_size()));
  KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request.by()));
  // A draft out of limits is refused alone. A draft without signals, which
  // every curator refuses, holds its place.
  std::vector<EntryDraft> drafts;
  std::vector<std::pair<size_t, std::string>> refused;
  for (const v1::EntryDraft& from : request.drafts()) {
    StatusOr<EntryDraft> draft = wire::FromWire(from);
    if (!draft.ok()) {
      refused.emplace_back(drafts.size(), draft.status().message());
    }
    drafts.push_back(draft.ok() ? *std::move(draft) : EntryDraft{});
  }
  KENAL_TRY_ASSIGN(EntriesReport report,
                   desk.curator().AddEntries(request.list(), drafts, by));
  for (auto& [position, why] : refused) {
    if (position < report.results.size()) {
      report.results[position].why = std::move(why);
    }
  }
  ticket.set_sequence(report.sequence.value);
  wire::ToWire(report, &response);
  return OkStatus();
}

// Whoever does more than ask may see sources and policies.
bool SeesOnlyWhatMatched(const identity::Caller& caller) {
  constexpr RoleSet kOthers{Role::kInvestigate, Role::kIngest, Role::kCurate,
                            Role::kExport,      Role::kAudit,  Role::kAdmin};
  return !caller.roles.Meets(kOthers);
}

}  // namespace

void CallCreateList(Desk& desk, std::unique_ptr<Ticket> ticket,
                    const v1::CreateListRequest& request,
                    v1::CreateListResponse& response) {
  Change(desk, std::move(ticket), request,
         [&desk, &request, &response](Ticket& held) -> Status {
           KENAL_TRY(CheckName(request.name()));
           KENAL_TRY_ASSIGN(const Purpose purpose,
                            wire::PurposeFromWire(request.purpose()));
           KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request.by()));
           ListPolicy policy = DefaultPolicy(purpose);
           if (request.has_policy()) {
             KENAL_TRY_ASSIGN(policy, wire::FromWire(request.policy()));
           }
           KENAL_TRY_ASSIGN(
               const ListInfo list,
               desk.curator().CreateList(request.name(), purpose, policy, by));
           held.set_sequence(list.version.value);
           wire::ToWire(list, response.mutable_list());
           return OkStatus();
         });
}

void CallListLists(Desk& desk, std::unique_ptr<Ticket> ticket,
                   const v1::ListListsRequest& request,
                   v1::ListListsResponse& response) {
  Lookup(desk, std::move(ticket), request,
         [&desk, &response](Ticket&) -> Status {
           KENAL_TRY_ASSIGN(const std::vector<ListInfo> lists,
                            desk.curator().Lists());
           for (const ListInfo& list : lists) {
             wire::ToWire(list, response.add_lists());
           }
           return OkStatus();
         });
}

void CallGetList(Desk& desk, std::unique_ptr<Ticket> ticket,
                 const v1::GetListRequest& request,
                 v1::GetListResponse& response) {
  Lookup(desk, std::move(ticket), request,
         [&desk, &request, &response](Ticket&) -> Status {
           KENAL_TRY(CheckName(request.name()));
           KENAL_TRY_ASSIGN(const ListInfo list,
                            desk.curator().GetList(request.name()));
           wire::ToWire(list, response.mutable_list());
           return OkStatus();
         });
}

void CallSetListPolicy(Desk& desk, std::unique_ptr<Ticket> ticket,
                       const v1::SetListPolicyRequest& request,
                       v1::SetListPolicyResponse& response) {
  Change(desk, std::move(ticket), request,
         [&desk, &request, &response](Ticket& held) -> Status {
           KENAL_TRY(CheckName(request.name()));
           KENAL_TRY_ASSIGN(const ListPolicy policy,
                            wire::FromWire(request.policy()));
           KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request.by()));
           KENAL_TRY_ASSIGN(
               const ListInfo list,
               desk.curator().SetListPolicy(request.name(), policy, by));
           held.set_sequence(list.version.value);
           wire::ToWire(list, response.mutable_list());
           return OkStatus();
         });
}

void CallAddEntries(Desk& desk, std::unique_ptr<Ticket> ticket,
                    const v1::AddEntriesRequest& request,
                    v1::AddEntriesResponse& response) {
  const auto drafts = static_cast<uint64_t>(request.drafts_size());
  Change(
      desk, std::move(ticket), request,
      [&desk, &request, &response](Ticket& held) {
        return Add(desk, held, request, response);
      },
      std::max<uint64_t>(1, drafts));
}

void CallGetEntry(Desk& desk, std::unique_ptr<Ticket> ticket,
                  const v1::GetEntryRequest& request,
                  v1::GetEntryResponse& response) {
  Lookup(desk, std::move(ticket), request,
         [&desk, &request, &response](Ticket&) -> Status {
           KENAL_TRY(CheckName(request.list()));
           KENAL_TRY(CheckReference(request.reference()));
           KENAL_TRY_ASSIGN(
               const EntrySummary entry,
               desk.curator().GetEntry(request.list(), request.reference()));
           wire::ToWire(entry, response.mutable_entry());
           return OkStatus();
         });
}

void CallSetEntryState(Desk& desk, std::unique_ptr<Ticket> ticket,
                       const v1::SetEntryStateRequest& request,
                       v1::SetEntryStateResponse& response) {
  Change(desk, std::move(ticket), request,
         [&desk, &request, &response](Ticket& held) -> Status {
           KENAL_TRY_ASSIGN(const std::vector<std::string> references,
                            ReadReferences(request));
           KENAL_TRY_ASSIGN(const EntryState state,
                            wire::EntryStateFromWire(request.state()));
           KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request.by()));
           KENAL_TRY_ASSIGN(const EntriesReport report,
                            desk.curator().SetEntryState(
                                request.list(), references, state, by));
           held.set_sequence(report.sequence.value);
           wire::ToWire(report, &response);
           return OkStatus();
         });
}

void CallSetNearActionLabel(Desk& desk, std::unique_ptr<Ticket> ticket,
                            const v1::SetNearActionLabelRequest& request,
                            v1::SetNearActionLabelResponse& response) {
  Change(desk, std::move(ticket), request,
         [&desk, &request, &response](Ticket& held) -> Status {
           KENAL_TRY_ASSIGN(const std::vector<std::string> references,
                            ReadReferences(request));
           KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request.by()));
           KENAL_TRY(wire::CheckSize("label", request.label().size(),
                                     wire::kWordBytesMax));
           KENAL_TRY_ASSIGN(
               const EntriesReport report,
               desk.curator().SetNearActionLabel(request.list(), references,
                                                 request.label(), by));
           held.set_sequence(report.sequence.value);
           wire::ToWire(report, &response);
           return OkStatus();
         });
}

void CallReadEntries(Desk& desk, std::unique_ptr<Ticket> ticket,
                     const v1::ReadEntriesRequest& request,
                     v1::ReadEntriesResponse& response) {
  Run(desk, std::move(ticket), desk.workers().followers, 1,
      request.ByteSizeLong(),
      [&desk, &request, &response](Ticket& held) -> Status {
        KENAL_TRY(CheckName(request.list()));
        KENAL_TRY_ASSIGN(const wire::EntriesAsked asked,
                         wire::FromWire(request));
        if (asked.with_secrets &&
            !held.caller().roles.Contains(Role::kExport)) {
          return absl::PermissionDeniedError(
              "with_secrets: needs the role export; leave it unset");
        }
        KENAL_TRY_ASSIGN(
            const EntryPage page,
            desk.curator().ReadEntries(asked.list, asked.after_serial,
                                       asked.entries_max, asked.with_secrets));
        held.set_sequence(page.sequence.value);
        wire::ToWire(page, &response);
        return OkStatus();
      });
}

Status CheckChangesAsked(Desk& desk, const identity::Caller& caller,
                         const wire::ChangesAsked& asked) {
  if (asked.with_signals && !caller.roles.Contains(Role::kExport)) {
    return absl::PermissionDeniedError(
        "with_signals: needs the role export; leave it unset");
  }
  if (asked.store_id.empty()) return OkStatus();
  KENAL_TRY_ASSIGN(const std::string store_id, desk.changes().StoreId());
  if (asked.store_id == store_id) return OkStatus();
  return absl::OutOfRangeError(
      "after: is a cursor of another store; start again without one");
}

StatusOr<wire::ChangesTold> ReadPage(Desk& desk, const identity::Caller& caller,
                                     const wire::ChangesAsked& asked) {
  wire::ChangesTold told;
  KENAL_TRY_ASSIGN(told.store_id, desk.changes().StoreId());
  KENAL_TRY_ASSIGN(told.page,
                   desk.curator().ReadChanges(asked.after, asked.entries_max,
                                              asked.with_signals));
  if (SeesOnlyWhatMatched(caller)) wire::Redact(told.page);
  return told;
}

void CallReadChanges(Desk& desk, std::unique_ptr<Ticket> ticket,
                     const v1::ReadChangesRequest& request,
                     v1::ReadChangesResponse& response) {
  Run(desk, std::move(ticket), desk.workers().followers, 1,
      request.ByteSizeLong(),
      [&desk, &request, &response](Ticket& held) -> Status {
        KENAL_TRY_ASSIGN(const wire::ChangesAsked asked,
                         wire::FromWire(request));
        KENAL_TRY(CheckChangesAsked(desk, held.caller(), asked));
        KENAL_TRY_ASSIGN(const wire::ChangesTold told,
                         ReadPage(desk, held.caller(), asked));
        held.set_sequence(told.page.head.value);
        wire::ToWire(told, &response);
        return OkStatus();
      });
}

void CallGetStats(Desk& desk, std::unique_ptr<Ticket> ticket,
                  const v1::GetStatsRequest& request,
                  v1::GetStatsResponse& response) {
  Lookup(desk, std::move(ticket), request,
         [&desk, &response](Ticket&) -> Status {
           KENAL_TRY_ASSIGN(const StoreStats stats, desk.curator().Stats());
           wire::ToWire(stats, &response);
           return OkStatus();
         });
}

void CallGetMetrics(Desk& desk, std::unique_ptr<Ticket> ticket,
                    const v1::GetMetricsRequest& request,
                    v1::GetMetricsResponse& response) {
  Lookup(desk, std::move(ticket), request, [&desk, &response](Ticket&) {
    response.set_prometheus_text(desk.metrics().Text());
    return OkStatus();
  });
}

void CallWhoAmI(Desk& desk, std::unique_ptr<Ticket> ticket,
                const v1::WhoAmIRequest& request,
                v1::WhoAmIResponse& response) {
  Lookup(desk, std::move(ticket), request, [&response](Ticket& held) {
    const identity::Caller& caller = held.caller();
    wire::CallerInfo info{.name = caller.name};
    for (size_t i = 0; i < identity::kRoleCount; ++i) {
      const auto role = static_cast<Role>(i);
      if (!caller.roles.Contains(role)) continue;
      info.roles.emplace_back(identity::RoleName(role));
    }
    for (const identity::MethodRow& row : identity::Methods()) {
      if (!caller.roles.Meets(row.allowed)) continue;
      info.methods_allowed.push_back(std::string(row.service) + "." +
                                     std::string(row.name));
    }
    wire::ToWire(info, &response);
    return OkStatus();
  });
}

}  // namespace kenal::service
