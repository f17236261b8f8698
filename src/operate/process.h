// What the system says of this process.
#ifndef KENAL_SRC_OPERATE_PROCESS_H_
#define KENAL_SRC_OPERATE_PROCESS_H_

#include <cstdint>

namespace kenal::operate {

// 0 where the system does not tell.
uint64_t ResidentBytes();
uint64_t OpenDescriptors();

}  // namespace kenal::operate

#endif  // KENAL_SRC_OPERATE_PROCESS_H_
