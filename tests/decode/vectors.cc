#include "tests/decode/vectors.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "src/base/check.h"
#include "src/base/file.h"

namespace kenal::decode {
namespace {

constexpr char kFolder[] = KENAL_TEST_DATA "/pdq-vectors/";

PdqHash TakeHash(std::istream& row) {
  std::string hex;
  row >> hex;
  StatusOr<PdqHash> hash = PdqHash::FromHex(hex);
  KENAL_CHECK(hash.ok());
  return *hash;
}

}  // namespace

std::vector<Vector> ReadVectors() {
  std::ifstream file(std::string(kFolder) + "expected-native.tsv");
  std::string line;
  std::getline(file, line);  // The column names.
  std::vector<Vector> vectors;
  while (std::getline(file, line)) {
    std::istringstream row(line);
    Vector vector;
    std::string width;
    std::string height;
    std::string status;
    row >> vector.file >> width >> height >> status;
    vector.is_ok = status == "ok";
    if (vector.is_ok) {
      vector.width = std::stoi(width);
      vector.height = std::stoi(height);
      row >> vector.expected.quality;
      vector.expected.hash = TakeHash(row);
      for (PdqHash& hash : vector.expected.dihedral) hash = TakeHash(row);
    }
    vectors.push_back(vector);
  }
  KENAL_CHECK(!vectors.empty());
  return vectors;
}

std::vector<uint8_t> ReadVectorFile(const std::string& file) {
  constexpr uint64_t kSizeBytesMax = 64 << 20;
  StatusOr<std::vector<uint8_t>> bytes =
      base::ReadFile(kFolder + file, kSizeBytesMax);
  KENAL_CHECK(bytes.ok());
  return *std::move(bytes);
}

std::unique_ptr<DecoderPool> StartPool(int worker_count) {
  StatusOr<std::unique_ptr<DecoderPool>> pool =
      DecoderPool::Start({.worker_count = worker_count,
                          .decoder_path = KENAL_BIN_DIR "/kenal-decoder"});
  if (!pool.ok())
    std::fprintf(stderr, "%s\n", pool.status().ToString().c_str());
  KENAL_CHECK(pool.ok());
  return *std::move(pool);
}

}  // namespace kenal::decode
