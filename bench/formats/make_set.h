// Invented Project VIC files, any number of records long.
#ifndef KENAL_BENCH_FORMATS_MAKE_SET_H_
#define KENAL_BENCH_FORMATS_MAKE_SET_H_

#include <cstdint>
#include <cstdio>

namespace kenal::bench {

struct SetShape {
  uint64_t records = 0;
  // 0: a hash set, else cases with up to so many records each.
  uint64_t records_a_case = 0;
  uint64_t seed = 1;
};

// Writes a file of version 1.3: every field that is known, each in several
// spellings, absent, null or there; fields that nobody knows; fields of the
// list and of cases before the records and after them. The same bytes for the
// same shape. False: could not be written.
bool MakeSet(const SetShape& shape, std::FILE* out);

}  // namespace kenal::bench

#endif  // KENAL_BENCH_FORMATS_MAKE_SET_H_
