// The test vectors: pictures and the hashes that they must give.
#ifndef KENAL_TESTS_DECODE_VECTORS_H_
#define KENAL_TESTS_DECODE_VECTORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "src/decode/decoder_pool.h"
#include "src/signal/pdq.h"

namespace kenal::decode {

struct Vector {
  std::string file;  // relative to the vectors' folder
  bool is_ok = false;
  int width = 0;
  int height = 0;
  signal::PdqResult expected;
};

// The rows of expected-native.tsv.
std::vector<Vector> ReadVectors();

std::vector<uint8_t> ReadVectorFile(const std::string& file);

// A pool on the kenal-decoder of this build; stops the test run when it does
// not start.
std::unique_ptr<DecoderPool> StartPool(int worker_count);

}  // namespace kenal::decode

#endif  // KENAL_TESTS_DECODE_VECTORS_H_
