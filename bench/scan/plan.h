// Which file of an evidence set holds what, and where it lies.
#ifndef KENAL_BENCH_SCAN_PLAN_H_
#define KENAL_BENCH_SCAN_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/scan/pictures.h"

namespace kenal::evidence {

enum class Kind : uint8_t {
  kPicture,        // distinct[index], as it is
  kTrailed,        // the same with `salt` after the end of the image
  kExact,          // known[index], byte for byte
  kKnownTrailed,   // known[index] with `salt` after its end
  kAltered,        // known[index].copies[copy]
  kAlteredZipped,  // the same as a member of a zip, stored
  kLone,           // lone.copies[copy]
  kText,
  kRandom,
  kZip,
  kEncryptedZip,
  kVideoLike,
  kPdf,
  kTruncated,  // distinct[index], cut in its middle
  kEmpty,
  kMisnamed,  // distinct[index] under the ending of another format
};

struct Content {
  Kind kind = Kind::kText;
  uint32_t index = 0;
  uint32_t copy = 0;
  uint64_t salt = 0;  // makes it unlike all others of its kind
};

struct File {
  Content content;
  bool duplicate = false;  // of a file before it, byte for byte
  bool likely = false;     // where people keep pictures
  uint32_t exhibit = 0;    // from 0
  std::string folder;      // within the exhibit, with a slash at its end
  std::string name;        // bytes
};

struct PlanOptions {
  uint64_t seed = 1;
  size_t files = 360'000;
  size_t exhibits = 300;
  double duplicates = 0.12;
  double likely = 0.7;  // of pictures; of other files 0.6 times as many
};

// At least one file of each kind when there are 1,000 files or more. Ordered
// by exhibit.
std::vector<File> MakePlan(const PlanOptions& options,
                           const Pictures& pictures);

std::string ExhibitName(uint32_t exhibit);  // "E001"
std::string_view KindName(Kind kind);
// What a scan must say of it: "EXACT", "NEAR", or "" where nothing is known.
std::string_view VerdictOf(Kind kind);

// The bytes of a content; the same for the same content.
Bytes BytesOf(const Content& content, const Pictures& pictures);

}  // namespace kenal::evidence

#endif  // KENAL_BENCH_SCAN_PLAN_H_
