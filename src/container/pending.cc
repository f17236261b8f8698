#include "src/container/book.h"

namespace kenal::container {

BookOr OpenThumbnails(std::unique_ptr<Source> /*source*/,
                      const Limits& /*limits*/) {
  return {nullptr, Reason::kNotSupported};
}

}  // namespace kenal::container
