#include "src/service/catalogue_service.h"

#include <string>
#include <utility>
#include <vector>

#include "kenal/v1/catalogue_service.grpc.pb.h"
#include "src/service/call.h"
#include "src/service/entry_name.h"
#include "src/service/import_call.h"
#include "src/service/reporting.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"

namespace kenal::service {
namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;

Status CheckCount(std::string_view field, int count) {
  if (count >= 1 && count <= wire::kItemsMax) return OkStatus();
  return InvalidArgument(std::string(field) + ": are " + std::to_string(count) +
                         "; send 1 to 10000");
}

// Runs Curator::Verify on a worker.
class Verification final
    : public Reporting<grpc::ServerWriteReactor<v1::VerifyResponse>,
                       v1::VerifyResponse> {
 public:
  Verification(const CatalogueParts& parts, Context* context)
      : Reporting(parts.calls, context), parts_(parts) {
    if (!admitted().ok()) {
      Conclude({}, admitted());
      return;
    }
    WorkPool& pool = parts_.workers.long_calls;
    if (!pool.Submit(0, [this] { Run(); })) Conclude({}, QueueFull(pool));
  }

 private:
  ~Verification() override = default;

  void Run() {
    const StatusOr<VerifyReport> report =
        parts_.curator.Verify([this](uint64_t done, uint64_t total) {
          v1::VerifyResponse told;
          told.mutable_progress()->set_rows_done(done);
          told.mutable_progress()->set_rows_total(total);
          Tell(std::move(told));
        });
    v1::VerifyResponse response;
    if (report.ok()) wire::ToWire(*report, response.mutable_report());
    Conclude(std::move(response), report.status());
  }

  const CatalogueParts parts_;
};

class CatalogueServiceImpl final
    : public v1::CatalogueService::CallbackService {
 public:
  explicit CatalogueServiceImpl(const CatalogueParts& parts) : parts_(parts) {}

  Unary* CreateList(Context* context, const v1::CreateListRequest* request,
                    v1::CreateListResponse* response) override {
    return Change(context, request, [this, request, response]() -> Status {
      KENAL_TRY(CheckName(request->name()));
      KENAL_TRY_ASSIGN(const Purpose purpose,
                       wire::PurposeFromWire(request->purpose()));
      KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request->by()));
      ListPolicy policy;
      if (request->has_policy()) {
        KENAL_TRY_ASSIGN(policy, wire::FromWire(request->policy()));
      }
      KENAL_TRY_ASSIGN(
          const ListInfo list,
          parts_.curator.CreateList(request->name(), purpose, policy, by));
      wire::ToWire(list, response->mutable_list());
      return OkStatus();
    });
  }

  Unary* ListLists(Context* context, const v1::ListListsRequest* request,
                   v1::ListListsResponse* response) override {
    return Lookup(context, request, [this, response]() -> Status {
      KENAL_TRY_ASSIGN(const std::vector<ListInfo> lists,
                       parts_.curator.Lists());
      for (const ListInfo& list : lists) {
        wire::ToWire(list, response->add_lists());
      }
      return OkStatus();
    });
  }

  Unary* GetList(Context* context, const v1::GetListRequest* request,
                 v1::GetListResponse* response) override {
    return Lookup(context, request, [this, request, response]() -> Status {
      KENAL_TRY(CheckName(request->name()));
      KENAL_TRY_ASSIGN(const ListInfo list,
                       parts_.curator.GetList(request->name()));
      wire::ToWire(list, response->mutable_list());
      return OkStatus();
    });
  }

  Unary* SetListPolicy(Context* context,
                       const v1::SetListPolicyRequest* request,
                       v1::SetListPolicyResponse* response) override {
    return Change(context, request, [this, request, response]() -> Status {
      KENAL_TRY(CheckName(request->name()));
      KENAL_TRY_ASSIGN(const ListPolicy policy,
                       wire::FromWire(request->policy()));
      KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request->by()));
      KENAL_TRY_ASSIGN(const ListInfo list, parts_.curator.SetListPolicy(
                                                request->name(), policy, by));
      wire::ToWire(list, response->mutable_list());
      return OkStatus();
    });
  }

  Unary* AddEntries(Context* context, const v1::AddEntriesRequest* request,
                    v1::AddEntriesResponse* response) override {
    return Change(context, request, [this, request, response] {
      return Add(*request, response);
    });
  }

  ImportReactor* ImportEntries(Context* context) override {
    return StartImport(parts_, context);
  }

  Unary* GetEntry(Context* context, const v1::GetEntryRequest* request,
                  v1::GetEntryResponse* response) override {
    return Lookup(context, request, [this, request, response]() -> Status {
      KENAL_TRY(CheckName(request->list()));
      KENAL_TRY(CheckReference(request->reference()));
      KENAL_TRY_ASSIGN(
          const EntrySummary entry,
          parts_.curator.GetEntry(request->list(), request->reference()));
      wire::ToWire(entry, response->mutable_entry());
      return OkStatus();
    });
  }

  Unary* SetEntryState(Context* context,
                       const v1::SetEntryStateRequest* request,
                       v1::SetEntryStateResponse* response) override {
    return Change(context, request, [this, request, response]() -> Status {
      KENAL_TRY(CheckName(request->list()));
      KENAL_TRY(CheckCount("references", request->references_size()));
      for (const std::string& reference : request->references()) {
        KENAL_TRY(CheckReference(reference));
      }
      KENAL_TRY_ASSIGN(const EntryState state,
                       wire::EntryStateFromWire(request->state()));
      KENAL_TRY_ASSIGN(const Authorship by, wire::FromWire(request->by()));
      const std::vector<std::string> references(request->references().begin(),
                                                request->references().end());
      KENAL_TRY_ASSIGN(
          const EntriesReport report,
          parts_.curator.SetEntryState(request->list(), references, state, by));
      wire::ToWire(report, response);
      return OkStatus();
    });
  }

  Unary* GetStats(Context* context, const v1::GetStatsRequest* request,
                  v1::GetStatsResponse* response) override {
    return Lookup(context, request, [this, response]() -> Status {
      KENAL_TRY_ASSIGN(const StoreStats stats, parts_.curator.Stats());
      wire::ToWire(stats, response);
      return OkStatus();
    });
  }

  grpc::ServerWriteReactor<v1::VerifyResponse>* Verify(
      Context* context, const v1::VerifyRequest*) override {
    return new Verification(parts_, context);
  }

 private:
  template <typename Request, typename Body>
  Unary* Change(Context* context, const Request* request, Body body) {
    return RunOn(parts_.workers.changes, parts_.calls, context,
                 request->ByteSizeLong(), std::move(body));
  }
  template <typename Request, typename Body>
  Unary* Lookup(Context* context, const Request* request, Body body) {
    return RunOn(parts_.workers.lookups, parts_.calls, context,
                 request->ByteSizeLong(), std::move(body));
  }

  Status Add(const v1::AddEntriesRequest& request,
             v1::AddEntriesResponse* response) {
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
                     parts_.curator.AddEntries(request.list(), drafts, by));
    for (auto& [position, why] : refused) {
      if (position < report.results.size()) {
        report.results[position].why = std::move(why);
      }
    }
    wire::ToWire(report, response);
    return OkStatus();
  }

  const CatalogueParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCatalogueService(
    const CatalogueParts& parts) {
  return std::make_unique<CatalogueServiceImpl>(parts);
}

}  // namespace kenal::service
