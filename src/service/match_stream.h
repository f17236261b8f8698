// StreamMatch: items read, hashed, matched in steps and written in order.
#ifndef KENAL_SRC_SERVICE_MATCH_STREAM_H_
#define KENAL_SRC_SERVICE_MATCH_STREAM_H_

#include <grpcpp/grpcpp.h>

#include "kenal/v1/match_service.pb.h"
#include "src/service/match_service.h"

namespace kenal::service {

using StreamReactor =
    grpc::ServerBidiReactor<v1::StreamMatchRequest, v1::StreamMatchResponse>;

// The reactor of one call; it deletes itself when the call is over.
StreamReactor* StartStream(const MatchParts& parts,
                           grpc::CallbackServerContext* context);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_MATCH_STREAM_H_
