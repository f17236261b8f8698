// Names of lists and entries, as callers send them.
#ifndef KENAL_SRC_SERVICE_ENTRY_NAME_H_
#define KENAL_SRC_SERVICE_ENTRY_NAME_H_

#include <string>

#include "kenal/status.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"

namespace kenal::service {

inline Status CheckName(const std::string& name) {
  return wire::CheckSize("name of the list", name.size(), wire::kWordBytesMax);
}

inline Status CheckReference(const std::string& reference) {
  if (reference.empty()) {
    return InvalidArgument("reference: is empty; name an entry");
  }
  return wire::CheckSize("reference", reference.size(),
                         wire::kReferenceBytesMax);
}

}  // namespace kenal::service

#endif  // KENAL_SRC_SERVICE_ENTRY_NAME_H_
