// CatalogueService of proto/kenal/v1/catalogue_service.proto.
#include "kenal/v1/catalogue_service.grpc.pb.h"
#include "src/service/grpc_door.h"

namespace kenal::service {
namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;
using identity::Method;

// CatalogueService::CallbackService, but that imports come as bytes.
using Catalogue = v1::CatalogueService;
using Lists = Catalogue::WithCallbackMethod_CreateList<
    Catalogue::WithCallbackMethod_ListLists<
        Catalogue::WithCallbackMethod_GetList<
            Catalogue::WithCallbackMethod_SetListPolicy<Catalogue::Service>>>>;
using Entries = Catalogue::WithCallbackMethod_AddEntries<
    Catalogue::WithCallbackMethod_GetEntry<
        Catalogue::WithCallbackMethod_SetEntryState<
            Catalogue::WithCallbackMethod_SetNearActionLabel<Lists>>>>;
using Changes = Catalogue::WithCallbackMethod_ReadChanges<
    Catalogue::WithCallbackMethod_WatchChanges<
        Catalogue::WithCallbackMethod_GetStats<
            Catalogue::WithCallbackMethod_Verify<
                Catalogue::WithCallbackMethod_ReadEntries<Entries>>>>>;
using CallbackService = Catalogue::WithRawCallbackMethod_ImportEntries<Changes>;

class CatalogueServiceImpl final : public CallbackService {
 public:
  explicit CatalogueServiceImpl(const Door& door) : door_(door) {}

  Unary* CreateList(Context* context, const v1::CreateListRequest* request,
                    v1::CreateListResponse* response) override {
    return CallUnary(door_, Method::kCreateList, context, request, response);
  }
  Unary* ListLists(Context* context, const v1::ListListsRequest* request,
                   v1::ListListsResponse* response) override {
    return CallUnary(door_, Method::kListLists, context, request, response);
  }
  Unary* GetList(Context* context, const v1::GetListRequest* request,
                 v1::GetListResponse* response) override {
    return CallUnary(door_, Method::kGetList, context, request, response);
  }
  Unary* SetListPolicy(Context* context,
                       const v1::SetListPolicyRequest* request,
                       v1::SetListPolicyResponse* response) override {
    return CallUnary(door_, Method::kSetListPolicy, context, request, response);
  }
  Unary* AddEntries(Context* context, const v1::AddEntriesRequest* request,
                    v1::AddEntriesResponse* response) override {
    return CallUnary(door_, Method::kAddEntries, context, request, response);
  }
  Unary* GetEntry(Context* context, const v1::GetEntryRequest* request,
                  v1::GetEntryResponse* response) override {
    return CallUnary(door_, Method::kGetEntry, context, request, response);
  }
  Unary* SetEntryState(Context* context,
                       const v1::SetEntryStateRequest* request,
                       v1::SetEntryStateResponse* response) override {
    return CallUnary(door_, Method::kSetEntryState, context, request, response);
  }
  Unary* SetNearActionLabel(Context* context,
                            const v1::SetNearActionLabelRequest* request,
                            v1::SetNearActionLabelResponse* response) override {
    return CallUnary(door_, Method::kSetNearActionLabel, context, request,
                     response);
  }
  Unary* ReadEntries(Context* context, const v1::ReadEntriesRequest* request,
                     v1::ReadEntriesResponse* response) override {
    return CallUnary(door_, Method::kReadEntries, context, request, response);
  }
  Unary* ReadChanges(Context* context, const v1::ReadChangesRequest* request,
                     v1::ReadChangesResponse* response) override {
    return CallUnary(door_, Method::kReadChanges, context, request, response);
  }
  Unary* GetStats(Context* context, const v1::GetStatsRequest* request,
                  v1::GetStatsResponse* response) override {
    return CallUnary(door_, Method::kGetStats, context, request, response);
  }

  ImportReactor* ImportEntries(Context* context) override {
    return StartImport(door_, context);
  }
  WatchReactor* WatchChanges(Context* context,
                             const v1::WatchChangesRequest* request) override {
    return StartWatch(door_, context, request);
  }
  VerifyReactor* Verify(Context* context, const v1::VerifyRequest*) override {
    return StartVerify(door_, context);
  }

 private:
  const Door door_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCatalogueService(const Door& door) {
  return std::make_unique<CatalogueServiceImpl>(door);
}

}  // namespace kenal::service
