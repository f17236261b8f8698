// BatchMatch: pictures hashed by several workers, then one match for all.
#ifndef KENAL_SRC_SERVICE_MATCH_BATCH_H_
#define KENAL_SRC_SERVICE_MATCH_BATCH_H_

#include <grpcpp/grpcpp.h>

#include "kenal/v1/match_service.pb.h"
#include "src/service/match_service.h"

namespace kenal::service {

// Takes the call and finishes it from a worker, or at once when the queue is
// full.
grpc::ServerUnaryReactor* StartBatch(const MatchParts& parts,
                                     grpc::CallbackServerContext* context,
                                     const v1::BatchMatchRequest* request,
                                     v1::BatchMatchResponse* response);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_MATCH_BATCH_H_
