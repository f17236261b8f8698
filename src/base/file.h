// Files of the outside world: read-only, bounded, with errors that name them.
#ifndef KENAL_SRC_BASE_FILE_H_
#define KENAL_SRC_BASE_FILE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kenal/status.h"

namespace kenal::base {

// Reads a whole regular file once; the access time is left alone where the
// system allows it.
// Errors: kNotFound            no such file
//         kInvalidArgument     a folder, device or pipe
//         kResourceExhausted   larger than `size_bytes_max`
//         kUnavailable         cannot be opened or read, with the reason
StatusOr<std::vector<uint8_t>> ReadFile(const std::string& path,
                                        uint64_t size_bytes_max);

// The same for files of any size: `block` gets the bytes in order, in pieces
// of at most 1 MiB.
Status ReadBlocks(const std::string& path,
                  const std::function<void(std::span<const uint8_t>)>& block);

// "message: No such file or directory" for an errno value.
std::string WithErrno(const std::string& message, int error_number);

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_FILE_H_
