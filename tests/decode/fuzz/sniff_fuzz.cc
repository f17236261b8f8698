// The sniffer: no crash, and only the first 4 KiB count.
#include <algorithm>

#include "src/base/check.h"
#include "src/decode/sniff.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kenal::decode;
  Kind kind = Sniff({data, size});
  KENAL_CHECK(Sniff({data, std::min<size_t>(size, 4096)}) == kind);
  KENAL_CHECK(!KindName(kind).empty());
  KENAL_CHECK(IsPicture(kind) || !IsDecoded(kind));
  return 0;
}
