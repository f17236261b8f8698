// ImportEntries: from a stream of chunks to Curator::Import.
#ifndef KENAL_SRC_SERVICE_IMPORT_CALL_H_
#define KENAL_SRC_SERVICE_IMPORT_CALL_H_

#include <grpcpp/grpcpp.h>

#include "kenal/v1/catalogue_service.pb.h"
#include "src/service/catalogue_service.h"

namespace kenal::service {

using ImportReactor = grpc::ServerBidiReactor<v1::ImportEntriesRequest,
                                              v1::ImportEntriesResponse>;

// The reactor of one call; it deletes itself when the call is over.
ImportReactor* StartImport(const CatalogueParts& parts,
                           grpc::CallbackServerContext* context);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_IMPORT_CALL_H_
