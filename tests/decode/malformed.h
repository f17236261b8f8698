// Malformed files by number: mutations of good pictures, bombs, polyglots and
// lying headers. The same seed and number give the same file.
#ifndef KENAL_TESTS_DECODE_MALFORMED_H_
#define KENAL_TESTS_DECODE_MALFORMED_H_

#include <cstdint>
#include <random>
#include <vector>

#include "tests/decode/pictures.h"

namespace kenal::decode {

class MalformedFiles {
 public:
  explicit MalformedFiles(uint32_t seed);
  FileBytes Make(uint32_t number) const;

 private:
  using Random = std::mt19937;
  const FileBytes& Any(Random& random) const;
  FileBytes Mutated(Random& random) const;
  FileBytes Spliced(Random& random) const;
  FileBytes Polyglot(Random& random) const;
  static FileBytes Bomb(Random& random);
  static FileBytes Noise(Random& random);

  uint32_t seed_;
  std::vector<FileBytes> good_;
};

}  // namespace kenal::decode

#endif  // KENAL_TESTS_DECODE_MALFORMED_H_
