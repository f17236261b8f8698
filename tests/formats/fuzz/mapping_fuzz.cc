// The mapping of a table's columns: whatever it says, reading it comes to an
// end, and a refusal names the file.
#include <cstdint>

#include "src/base/check.h"
#include "src/formats/table.h"
#include "tests/formats/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kenal::formats;
  WriteTemporary(data, size);
  const auto mapping = ReadTableMapping(TemporaryPath());
  if (mapping.ok()) {
    KENAL_CHECK(!mapping->columns.empty());
  } else {
    KENAL_CHECK(mapping.status().message().find(TemporaryPath()) == 0);
  }
  return 0;
}
