// CatalogueService of proto/kenal/v1/catalogue_service.proto.
#ifndef KENAL_SRC_SERVICE_CATALOGUE_SERVICE_H_
#define KENAL_SRC_SERVICE_CATALOGUE_SERVICE_H_

#include <memory>

#include "kenal/curator.h"
#include "src/service/call_registry.h"
#include "src/service/workers.h"

namespace grpc {
class Service;
}

namespace kenal::service {

// What the methods work with; all outlive the service.
struct CatalogueParts {
  Curator& curator;
  Workers& workers;
  CallRegistry& calls;
};

std::unique_ptr<grpc::Service> MakeCatalogueService(
    const CatalogueParts& parts);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_CATALOGUE_SERVICE_H_
