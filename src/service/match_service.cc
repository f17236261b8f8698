// MatchService of proto/kenal/v1/match_service.proto.
#include "kenal/v1/match_service.grpc.pb.h"
#include "src/service/grpc_door.h"

namespace kenal::service {
namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;
using identity::Method;

class MatchServiceImpl final : public v1::MatchService::CallbackService {
 public:
  explicit MatchServiceImpl(const Door& door) : door_(door) {}

  Unary* Match(Context* context, const v1::MatchRequest* request,
               v1::MatchResponse* response) override {
    return CallUnary(door_, Method::kMatch, context, request, response);
  }
  Unary* BatchMatch(Context* context, const v1::BatchMatchRequest* request,
                    v1::BatchMatchResponse* response) override {
    return CallUnary(door_, Method::kBatchMatch, context, request, response);
  }
  Unary* Explain(Context* context, const v1::ExplainRequest* request,
                 v1::ExplainResponse* response) override {
    return CallUnary(door_, Method::kExplain, context, request, response);
  }
  StreamReactor* StreamMatch(Context* context) override {
    return StartStream(door_, context);
  }

 private:
  const Door door_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMatchService(const Door& door) {
  return std::make_unique<MatchServiceImpl>(door);
}

}  // namespace kenal::service
