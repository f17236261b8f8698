#include "src/container/book.h"

#include <algorithm>
#include <string>

namespace kenal::container {

std::string ToPath(std::string_view name) {
  std::string path(name.substr(0, kPathBytesMax));
  std::ranges::replace(path, '\0', '^');
  if (path.empty()) path.push_back('^');
  return path;
}

}  // namespace kenal::container
