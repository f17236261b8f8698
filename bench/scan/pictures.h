// The pictures of an evidence set: distinct ones, and known originals with
// altered copies. Drawn, or cut out of a folder of benign photographs.
#ifndef KENAL_BENCH_SCAN_PICTURES_H_
#define KENAL_BENCH_SCAN_PICTURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kenal/status.h"

namespace kenal::evidence {

using Bytes = std::vector<uint8_t>;

struct PictureOptions {
  std::string photographs;  // folder; empty: all are drawn
  uint64_t seed = 1;
  size_t distinct = 6000;
  size_t known = 60;
  // Sizes are log-normal, in megapixels; held to 0.02 to 12.
  double median_mpx = 0.5;
  double sigma = 0.8;
  int jpeg_quality = 45;
  int threads = 2;
};

struct Picture {
  Bytes bytes;
  const char* ending = ".jpg";
};

struct Copy {
  std::string alteration;
  Bytes bytes;
};

struct Known {
  Bytes original;            // a JPEG of quality 60 or more
  std::vector<Copy> copies;  // each within 24 bits of it, of the 31 allowed
};

struct Pictures {
  // None within 70 bits of a known original, in any of eight variants.
  std::vector<Picture> distinct;
  std::vector<Known> known;
  Known lone;  // known, and planted once
};

// The same pictures for the same options and folder.
// Errors: kNotFound  no such folder, or too few photographs for the known
StatusOr<Pictures> MakePictures(const PictureOptions& options);

}  // namespace kenal::evidence

#endif  // KENAL_BENCH_SCAN_PICTURES_H_
