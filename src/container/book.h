// What every reader of a kind of container does. Worker's side.
#ifndef KENAL_SRC_CONTAINER_BOOK_H_
#define KENAL_SRC_CONTAINER_BOOK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "src/container/protocol.h"
#include "src/container/reason.h"
#include "src/container/source.h"

namespace kenal::container {

// Gets content in order; false: no more of it is wanted.
using Emit = std::function<bool(std::span<const uint8_t>)>;

// One open container. May throw std::bad_alloc anywhere.
class Book {
 public:
  virtual ~Book() = default;
  virtual const Opened& opened() const = 0;
  // The next entry, or false with the reason why not all were listed. Not
  // called again after false.
  virtual bool Next(Entry& entry, Reason& why) = 0;
  // True where Read() takes only the entry that Next() gave last.
  virtual bool IsSequential() const { return false; }
  virtual Reason Read(const Place& place, const Emit& emit) = 0;
  virtual Reason ReadImage(const Emit& /*emit*/) {
    return Reason::kNotSupported;
  }
};

// Either a book or why there is none.
struct BookOr {
  std::unique_ptr<Book> book;
  Reason reason = Reason::kNone;
};

// Takes the source. Limits are those of the order.
BookOr OpenArchive(std::unique_ptr<SegmentSource> source, const Limits& limits);
BookOr OpenDisk(std::unique_ptr<SegmentSource> source, const Limits& limits);
BookOr OpenEwf(std::unique_ptr<SegmentSource> source, const Limits& limits);
BookOr OpenThumbnails(std::unique_ptr<Source> source, const Limits& limits);

// A path as an entry may have it: cut to kPathBytesMax, no 0 in it ('^'
// instead, as libtsk does it), and not empty.
std::string ToPath(std::string_view name);

}  // namespace kenal::container

#endif  // KENAL_SRC_CONTAINER_BOOK_H_
