// OperationsService of proto/kenal/v1/operations_service.proto.
#include "kenal/v1/operations_service.grpc.pb.h"
#include "src/service/grpc_door.h"

namespace kenal::service {
namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;
using identity::Method;

class OperationsServiceImpl final
    : public v1::OperationsService::CallbackService {
 public:
  explicit OperationsServiceImpl(const Door& door) : door_(door) {}

  Unary* GetMetrics(Context* context, const v1::GetMetricsRequest* request,
                    v1::GetMetricsResponse* response) override {
    return CallUnary(door_, Method::kGetMetrics, context, request, response);
  }
  Unary* WhoAmI(Context* context, const v1::WhoAmIRequest* request,
                v1::WhoAmIResponse* response) override {
    return CallUnary(door_, Method::kWhoAmI, context, request, response);
  }
  BackupReactor* CreateBackup(Context* context,
                              const v1::CreateBackupRequest*) override {
    return StartBackup(door_, context);
  }

 private:
  const Door door_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOperationsService(const Door& door) {
  return std::make_unique<OperationsServiceImpl>(door);
}

}  // namespace kenal::service
