// Hash sets of EnCase (.hash): MD5s, in a binary file with a name.
#ifndef KENAL_SRC_FORMATS_ENCASE_H_
#define KENAL_SRC_FORMATS_ENCASE_H_

#include <memory>
#include <string>

#include "kenal/status.h"
#include "src/formats/reader.h"

namespace kenal::formats {

// The name is the list's field "name".
StatusOr<std::unique_ptr<Reader>> OpenEncase(const std::string& path);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_ENCASE_H_
