// The unary methods of CatalogueService and OperationsService. Each takes the
// ticket of a caller who was let in and ends it; request and response live
// until then.
#ifndef KENAL_SRC_SERVICE_CATALOGUE_CALLS_H_
#define KENAL_SRC_SERVICE_CATALOGUE_CALLS_H_

#include <memory>

#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/operations_service.pb.h"
#include "src/service/desk.h"
#include "src/service/ticket.h"
#include "src/wire/convert.h"

namespace kenal::service {

void CallCreateList(Desk&, std::unique_ptr<Ticket>,
                    const v1::CreateListRequest&, v1::CreateListResponse&);
void CallListLists(Desk&, std::unique_ptr<Ticket>, const v1::ListListsRequest&,
                   v1::ListListsResponse&);
void CallGetList(Desk&, std::unique_ptr<Ticket>, const v1::GetListRequest&,
                 v1::GetListResponse&);
void CallSetListPolicy(Desk&, std::unique_ptr<Ticket>,
                       const v1::SetListPolicyRequest&,
                       v1::SetListPolicyResponse&);
void CallAddEntries(Desk&, std::unique_ptr<Ticket>,
                    const v1::AddEntriesRequest&, v1::AddEntriesResponse&);
void CallGetEntry(Desk&, std::unique_ptr<Ticket>, const v1::GetEntryRequest&,
                  v1::GetEntryResponse&);
void CallSetEntryState(Desk&, std::unique_ptr<Ticket>,
                       const v1::SetEntryStateRequest&,
                       v1::SetEntryStateResponse&);
void CallSetNearActionLabel(Desk&, std::unique_ptr<Ticket>,
                            const v1::SetNearActionLabelRequest&,
                            v1::SetNearActionLabelResponse&);
void CallReadEntries(Desk&, std::unique_ptr<Ticket>,
                     const v1::ReadEntriesRequest&, v1::ReadEntriesResponse&);
void CallReadChanges(Desk&, std::unique_ptr<Ticket>,
                     const v1::ReadChangesRequest&, v1::ReadChangesResponse&);
void CallGetStats(Desk&, std::unique_ptr<Ticket>, const v1::GetStatsRequest&,
                  v1::GetStatsResponse&);
void CallGetMetrics(Desk&, std::unique_ptr<Ticket>,
                    const v1::GetMetricsRequest&, v1::GetMetricsResponse&);
void CallWhoAmI(Desk&, std::unique_ptr<Ticket>, const v1::WhoAmIRequest&,
                v1::WhoAmIResponse&);

// Whether the caller may have what they ask for of the changes, and whether
// the cursor is of this store. Errors: kPermissionDenied, kOutOfRange.
Status CheckChangesAsked(Desk& desk, const identity::Caller& caller,
                         const wire::ChangesAsked& asked);
// One page, as this caller may see it.
StatusOr<wire::ChangesTold> ReadPage(Desk& desk, const identity::Caller& caller,
                                     const wire::ChangesAsked& asked);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CATALOGUE_CALLS_H_
