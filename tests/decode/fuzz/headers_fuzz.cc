// Header checks and the readers of our own behind them: no crash, no memory
// asked for beyond the limits (the fuzzer's memory limit would tell), and an
// outcome that the protocol can carry.
#include "src/base/check.h"
#include "src/decode/codecs.h"
#include "src/decode/exif.h"
#include "src/decode/protocol.h"

// Codecs leak a little on broken input; workers are replaced in time.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libdav1d\nleak:libde265\nleak:libheif\n";
}

// Memory that a codec reads and never wrote holds a constant, as in a worker.
extern "C" const char* __asan_default_options() {
  return "max_malloc_fill_size=1073741824";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kenal::decode;
  std::span<const uint8_t> file(data, size);
  for (int orientation :
       {ExifOrientation(file), ExifOrientation(WithoutExifMark(file)),
        JpegOrientation(file)}) {
    KENAL_CHECK(orientation >= 1 && orientation <= 8);
  }
  // libjpeg fills in whatever a broken file lacks, and a whole large picture
  // an input would leave time for nothing else.
  if (Sniff(file) == Kind::kJpeg) return 0;
  // All views; a second opinion would leave time for nothing else.
  const DecodeWork work{
      .views = kenal::ViewSet::FromBits((1u << kenal::kViewCount) - 1).value()};
  Outcome outcome = DecodeBytes(file, work);
  constexpr uint64_t kId = 7;
  KENAL_CHECK(ParseResponse(Encode(kId, outcome), kId, work).ok());
  return 0;
}
