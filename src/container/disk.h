// Disk images from any source of bytes. Worker's side.
#ifndef KENAL_SRC_CONTAINER_DISK_H_
#define KENAL_SRC_CONTAINER_DISK_H_

#include <functional>
#include <memory>

#include "src/container/book.h"

namespace kenal::container {

// `opened` has the format and what the image says of itself; volumes and the
// size of the medium are filled in. `check` is asked after the whole medium
// was read.
BookOr OpenMedium(std::unique_ptr<Source> medium, Opened opened,
                  const Limits& limits, std::function<Reason()> check);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_DISK_H_
