#include "src/index/faiss_radius.h"

#include <faiss/IndexBinaryFlat.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <gtest/gtest.h>

#include "tests/index/test_data.h"

namespace kenal::index {
namespace {

// FAISS itself is the judge: a change of its convention would show here.
TEST(FaissRadius, MakesAStrictRadiusInclusive) {
  Random random(TestSeed());
  const PdqHash stored = RandomHash(random);
  faiss::IndexBinaryFlat flat(256);
  flat.add(1, stored.bytes.data());
  for (const int radius : {30, 31, 32}) {
    for (const int distance : {29, 30, 31, 32, 33}) {
      const PdqHash query = AtDistance(stored, distance, random);
      faiss::RangeSearchResult found(1);
      flat.range_search(1, query.bytes.data(), ToFaissRadius(Radius{radius}),
                        &found);
      EXPECT_EQ(found.lims[1], distance <= radius ? 1 : 0)
          << "distance " << distance << ", radius " << radius;
    }
  }
}

TEST(FaissRadius, ConvertsBothWays) {
  for (int bits = 0; bits <= kRadiusBitsMax; ++bits) {
    EXPECT_EQ(FromFaissRadius(ToFaissRadius(Radius{bits})), Radius{bits});
  }
}

}  // namespace
}  // namespace kenal::index
