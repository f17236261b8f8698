// MatchService of proto/kenal/v1/match_service.proto.
#ifndef KENAL_SRC_SERVICE_MATCH_SERVICE_H_
#define KENAL_SRC_SERVICE_MATCH_SERVICE_H_

#include <memory>

#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "src/service/call_registry.h"
#include "src/service/workers.h"

namespace grpc {
class Service;
}

namespace kenal::service {

// What the methods work with; all outlive the service.
struct MatchParts {
  Matcher& matcher;
  Hasher& hasher;
  Workers& workers;
  CallRegistry& calls;
};

std::unique_ptr<grpc::Service> MakeMatchService(const MatchParts& parts);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_MATCH_SERVICE_H_
