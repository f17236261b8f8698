// What a Project VIC file says, whatever the order in which it says it: an
// oracle for conversions, which shares no code with the readers and writers.
#ifndef KENAL_BENCH_FORMATS_SET_DIGEST_H_
#define KENAL_BENCH_FORMATS_SET_DIGEST_H_

#include <cstdint>
#include <cstdio>
#include <string>

namespace kenal::bench {

struct SetDigest {
  bool good = false;  // the file is JSON of the shape that is meant
  uint64_t records = 0;
  uint64_t cases = 0;
  std::string sha256;  // hexadecimal
};

// Each record and case becomes JSON with sorted keys and without white space;
// the digests of all are added, so that the order of records in a case, of
// cases and of fields counts for nothing and everything else counts. One record
// is in memory at a time.
SetDigest DigestSet(std::FILE* file);

}  // namespace kenal::bench

#endif  // KENAL_BENCH_FORMATS_SET_DIGEST_H_
