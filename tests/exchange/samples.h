// Random values for tests of text formats.
#ifndef KENAL_TESTS_EXCHANGE_SAMPLES_H_
#define KENAL_TESTS_EXCHANGE_SAMPLES_H_

#include <cstdint>
#include <random>
#include <string>

#include "kenal/signal.h"
#include "src/exchange/hash_json.h"

namespace kenal::exchange {

template <typename HashType>
HashType RandomHash(std::mt19937_64& random) {
  HashType hash;
  for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(random());
  return hash;
}

inline PdqView RandomPdqView(std::mt19937_64& random, View view) {
  PdqView out{.view = view, .hash = RandomHash<PdqHash>(random)};
  if (random() % 4 != 0) out.quality = static_cast<int>(random() % 101);
  out.dihedral.emplace();
  for (PdqHash& hash : *out.dihedral) hash = RandomHash<PdqHash>(random);
  if (random() % 4 == 0) out.dihedral.reset();
  if (random() % 2 == 0) out.profile = PdqProfile::kReduced;
  if (random() % 3 != 0) out.template_like = random() % 2 == 0;
  if (random() % 2 == 0) {
    for (uint8_t& byte : out.marr.emplace().bytes) {
      byte = static_cast<uint8_t>(random());
    }
  }
  if (random() % 2 == 0) {
    const auto below = [&random](uint64_t limit) {
      return static_cast<int32_t>(random() % limit);
    };
    Region& region = out.region.emplace();
    region.x = below(INT32_MAX);
    region.y = below(5'000);
    region.width = 1 + below(static_cast<uint64_t>(INT32_MAX - region.x));
    region.height = 1 + below(5'000);
  }
  return out;
}

// Any set that has a signal or a failure, with a path of any bytes.
inline HashLine RandomHashLine(std::mt19937_64& random) {
  HashLine line;
  const auto coin = [&random] { return random() % 2 == 0; };
  line.path.resize(random() % 12);
  for (char& c : line.path) {
    c = static_cast<char>(coin() ? 'a' + random() % 26 : 1 + random() % 255);
  }
  SignalSet& signals = line.signals;
  const size_t one_in = 1 + random() % 8;  // from all views to almost none
  for (int i = 0; i < kViewCount; ++i) {
    if (random() % one_in != 0) continue;
    signals.pdq.push_back(RandomPdqView(random, View{static_cast<uint8_t>(i)}));
  }
  if (coin()) signals.md5 = RandomHash<Md5>(random);
  if (coin()) signals.sha1 = RandomHash<Sha1>(random);
  if (coin()) signals.sha256 = RandomHash<Sha256>(random);
  if (coin()) {
    signals.picture = PictureInfo{
        coin() ? "jpeg" : "", static_cast<int32_t>(random() % 40'000),
        static_cast<int32_t>(random() % 40'000), coin()};
  }
  if (coin() || !signals.HasSignal()) {
    signals.pdq_failure = {"not_a_picture", "not a picture: \"quoted\"\n"};
  }
  return line;
}

}  // namespace kenal::exchange

#endif  // KENAL_TESTS_EXCHANGE_SAMPLES_H_
