// Band tables: exact radius search over an array of 256-bit hashes by
// multi-index hashing.
//
// Each band of the layout has a table: rows grouped by the band's key, each
// as a 16-bit sketch of the next band (scanned 32 at a time) and a row number
// (read for the few that pass). Rows whose sketch passes are verified against
// the whole hash. docs/index.md tells why no hit is lost and what it costs.
//
// Immutable after Build; thread-safe.
#ifndef KENAL_SRC_INDEX_BAND_TABLES_H_
#define KENAL_SRC_INDEX_BAND_TABLES_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kenal/signal.h"
#include "src/index/band_layout.h"
#include "src/index/huge_array.h"
#include "src/index/kernels.h"

namespace kenal::index {

// Whether all rows have an even (or odd) number of ones. Two hashes of equal
// parity differ in an even number of bits, so a radius of 31 means 30.
enum class Parity : uint8_t { kMixed = 0, kEven = 1, kOdd = 2 };

// What a search touched; adds up over calls.
struct SearchStats {
  uint64_t queries = 0;
  uint64_t groups = 0;        // stretches of sketches scanned
  uint64_t sketch_lines = 0;  // cache lines of sketches
  uint64_t sketches = 0;
  uint64_t survivors = 0;     // a row number and a hash each
  uint64_t hard_queries = 0;  // thresholds chosen from real group sizes
  uint64_t flat_queries = 0;  // scanned flat, as that was cheaper
};

struct BandOptions {
  // Tables larger than this a row are not considered. Fewer bands are smaller
  // and, below some 100 million rows, slower.
  int row_bytes_max = 128;
  // Not 0: so many bands, whatever the above says. For measuring.
  int band_count = 0;
  int threads = 1;
};

class BandTables {
 public:
  BandTables() = default;

  // hashes  row_count * 32 bytes, which must outlive the tables; fewer than
  //         2^32 rows.
  static BandTables Build(const uint8_t* hashes, uint64_t row_count,
                          const BandOptions& options);

  // Appends every row within the radius (inclusive) of each query, each once,
  // in no order. radius 0..kRadiusBitsMax.
  // Cost: docs/index.md; at worst about three flat scans of all rows a query.
  void Search(std::span<const PdqHash> queries, Radius radius,
              std::vector<RowHit>& hits, SearchStats* stats = nullptr) const;

  // What the arrays do not tell, for snapshots.
  struct Shape {
    uint64_t row_count = 0;
    int32_t band_count = 0;
    Parity parity = Parity::kMixed;
    std::array<uint8_t, 3> zero{};
  };
  static bool IsPossible(const Shape& shape);
  Shape shape() const { return {row_count_, layout_.count(), parity_, {}}; }
  // Tables whose arrays are still to be filled in; then FinishLoading, false
  // if they do not have the sizes that the shape asks for.
  explicit BandTables(const Shape& shape);
  template <typename Self, typename Visit>
  static void VisitArrays(Self& self, const Visit& visit) {
    for (auto& table : self.tables_) {
      visit(table.groups);
      visit(table.sketches);
      visit(table.rows);
    }
  }
  bool FinishLoading(const uint8_t* hashes);

  uint64_t row_count() const { return row_count_; }
  const BandLayout& layout() const { return layout_; }
  Parity parity() const { return parity_; }
  uint64_t size_bytes() const;  // without the hashes

 private:
  friend class BandSearch;

  struct Table {
    HugeArray<uint32_t> groups;    // first position of each key; one more
    HugeArray<uint16_t> sketches;  // by position
    HugeArray<uint8_t> rows;       // row numbers, by position
  };

  void FillTable(int band);
  void FinishPlans();

  const uint8_t* hashes_ = nullptr;
  uint64_t row_count_ = 0;
  BandLayout layout_;
  Parity parity_ = Parity::kMixed;
  std::vector<Table> tables_;  // none: every search is flat
  std::vector<const uint16_t*> sketches_;
  std::vector<const uint8_t*> rows_;
  // What a query does that meets no crowd, by budget - 1; and by band, more
  // sketches than this are a crowd.
  struct Plan {
    Thresholds thresholds{};
    std::array<uint64_t, kBandsMax> crowded{};
  };
  Plan PlanFor(int budget) const;
  std::vector<Plan> plans_;
  // By band; key masks up to one bit beyond what any plan probes.
  std::vector<const BallMasks*> masks_;
  std::vector<std::unique_ptr<BallMasks>> mask_store_;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_BAND_TABLES_H_
