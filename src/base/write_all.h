// Writing without losing the rest.
#ifndef KENAL_SRC_BASE_WRITE_ALL_H_
#define KENAL_SRC_BASE_WRITE_ALL_H_

#include <string_view>

namespace kenal::base {

// All of it, at the position of the descriptor. False: errno says why, ENOSPC
// where the system took nothing; how much was written is not known.
bool WriteAll(int descriptor, std::string_view bytes);

}  // namespace kenal::base

#endif  // KENAL_SRC_BASE_WRITE_ALL_H_
