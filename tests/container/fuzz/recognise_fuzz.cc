// Any bytes: a kind and a word go together, and more bytes are asked for only
// while there are more.
#include "src/base/check.h"
#include "src/container/recognise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kenal::container;
  const std::span<const uint8_t> head(data, size);
  for (uint64_t size_bytes : {uint64_t{size}, uint64_t{1} << 30}) {
    const Recognised found = Recognise(head, size_bytes);
    KENAL_CHECK((found.kind == Kind::kNone) == found.format.empty());
    KENAL_CHECK(found.wants_bytes == 0 ||
                (found.wants_bytes > size && found.wants_bytes <= size_bytes));
  }
  return 0;
}
