// Caches of thumbnails and Exif: whatever is found lies within the bytes, is
// no longer than is kept, and is read to its end or said to be damaged.
#include "src/base/check.h"
#include "src/container/book.h"
#include "src/container/limits.h"
#include "src/container/thumbnails.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kenal::container;
  const std::span<const uint8_t> bytes(data, size);
  const BookOr opened =
      OpenThumbnails(std::make_unique<MemorySource>(bytes), {});
  if (opened.book == nullptr) {
    KENAL_CHECK(opened.reason != Reason::kNone);
    return 0;
  }
  Reason why = Reason::kNone;
  size_t count = 0;
  for (Entry entry; opened.book->Next(entry, why);) {
    KENAL_CHECK(++count <= kThumbnailsMax && !entry.path.empty());
    uint64_t read_bytes = 0;
    const Reason reason =
        opened.book->Read(entry.place, [&](std::span<const uint8_t> piece) {
          read_bytes += piece.size();
          return true;
        });
    KENAL_CHECK(read_bytes <= *entry.size_bytes);
    KENAL_CHECK((reason == Reason::kNone) == (read_bytes == entry.size_bytes));
  }
  return 0;
}
