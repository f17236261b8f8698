// ImportEntries, from the client's side.
#ifndef KENAL_SRC_CLIENT_IMPORT_H_
#define KENAL_SRC_CLIENT_IMPORT_H_

#include <string>
#include <string_view>

#include "kenal/curator.h"
#include "kenal/v1/catalogue_service.grpc.pb.h"

namespace kenal::client {

enum class ImportMode { kWrite, kRehearse };

// Sends what `source` yields in chunks and waits for the report. `source` and
// `watcher` are called on the calling thread.
StatusOr<ImportReport> ImportOver(v1::CatalogueService::Stub& stub,
                                  const std::string& address,
                                  ImportMode mode, std::string_view list,
                                  const ImportSource& source,
                                  const ImportWatcher& watcher,
                                  const Authorship& by);

}  // namespace kenal::client

#endif  // KENAL_SRC_CLIENT_IMPORT_H_
