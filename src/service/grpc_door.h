// The gRPC door: from a call as gRPC brings it to the dispatcher and back.
#ifndef KENAL_SRC_SERVICE_GRPC_DOOR_H_
#define KENAL_SRC_SERVICE_GRPC_DOOR_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "kenal/status.h"
#include "kenal/v1/catalogue_service.pb.h"
#include "kenal/v1/match_service.pb.h"
#include "kenal/v1/operations_service.pb.h"
#include "src/service/desk.h"
#include "src/service/dispatcher.h"

namespace kenal::service {

// What the services work with; all outlive them.
struct Door {
  Desk& desk;
  Dispatcher& dispatcher;
};

// Who calls what, until when.
CallInfo InfoOf(const Door& door, identity::Method method,
                grpc::CallbackServerContext* context);

// The same for a call that lasts: who calls is asked again. `context` outlives
// what is given.
CallInfo LastingInfoOf(const Door& door, identity::Method method,
                       grpc::CallbackServerContext* context);

// What a call ends with. One to one; the message is cut to what trailing
// metadata hold, which also say when to try again. Once a call.
grpc::Status ToGrpc(const Status& status, std::chrono::milliseconds retry_after,
                    grpc::ServerContextBase& context);

// Hands a unary call to the dispatcher.
grpc::ServerUnaryReactor* CallUnary(const Door& door, identity::Method method,
                                    grpc::CallbackServerContext* context,
                                    const google::protobuf::Message* request,
                                    google::protobuf::Message* response);

// The reactors of streams; each deletes itself when its call is over.
using StreamReactor =
    grpc::ServerBidiReactor<v1::StreamMatchRequest, v1::StreamMatchResponse>;
StreamReactor* StartStream(const Door& door,
                           grpc::CallbackServerContext* context);

// Of messages as they came: large ones are taken apart by the thread that
// imports, not by gRPC's, which live calls need.
using ImportReactor =
    grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
ImportReactor* StartImport(const Door& door,
                           grpc::CallbackServerContext* context);

using WatchReactor = grpc::ServerWriteReactor<v1::WatchChangesResponse>;
WatchReactor* StartWatch(const Door& door, grpc::CallbackServerContext* context,
                         const v1::WatchChangesRequest* request);

using VerifyReactor = grpc::ServerWriteReactor<v1::VerifyResponse>;
VerifyReactor* StartVerify(const Door& door,
                           grpc::CallbackServerContext* context);

using BackupReactor = grpc::ServerWriteReactor<v1::CreateBackupResponse>;
BackupReactor* StartBackup(const Door& door,
                           grpc::CallbackServerContext* context);

std::unique_ptr<grpc::Service> MakeMatchService(const Door& door);
std::unique_ptr<grpc::Service> MakeCatalogueService(const Door& door);
std::unique_ptr<grpc::Service> MakeOperationsService(const Door& door);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_GRPC_DOOR_H_
