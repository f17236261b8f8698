// The dispatcher at a desk.
#ifndef KENAL_SRC_SERVICE_UNARY_DISPATCHER_H_
#define KENAL_SRC_SERVICE_UNARY_DISPATCHER_H_

#include <memory>

#include "src/service/desk.h"
#include "src/service/dispatcher.h"

namespace kenal::service {

// `desk` outlives it.
std::unique_ptr<Dispatcher> MakeDispatcher(Desk& desk);

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_UNARY_DISPATCHER_H_
