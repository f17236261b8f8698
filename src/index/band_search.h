// One search of band tables: the working state behind BandTables::Search.
#ifndef KENAL_SRC_INDEX_BAND_SEARCH_H_
#define KENAL_SRC_INDEX_BAND_SEARCH_H_

#include <array>
#include <span>
#include <vector>

#include "src/index/band_tables.h"

namespace kenal::index {

// Buffers that a thread keeps from one search to the next.
struct SearchBuffers {
  std::vector<SketchRun> runs;
  std::vector<Survivor> survivors;
  std::vector<Verified> verified;
};

// Queries go in blocks, and within a block band by band, so that one band's
// directory stays in the cache. A query that meets crowded groups leaves its
// block and is planned by itself from the sizes of the groups it meets.
class BandSearch {
 public:
  BandSearch(const BandTables& tables, Radius radius, std::vector<RowHit>& hits,
             SearchStats* stats);

  void Search(std::span<const PdqHash> queries);

 private:
  void RunBlock(size_t begin, size_t end);
  void RunHard(size_t query);
  void RunFlat(size_t query);
  void Prefetch(int band, size_t query, size_t begin, size_t end);

  // The plan for a query; null when no row can be within the radius.
  const Thresholds* PlanFor(const PdqHash& query) const;
  // The least sum of (threshold + 1) that misses nothing; 0 as above.
  int BudgetFor(const PdqHash& query) const;

  // Appends the runs of one band of one query; returns their sketches.
  uint64_t Locate(size_t query, int band);
  // Scans and verifies the runs collected so far, and forgets them.
  void Flush();
  void Keep(std::span<const Verified> verified);
  bool FoundBefore(const RowHit& hit, int band) const;

  // Thresholds of least cost by the groups that this query meets. False: a
  // flat scan is cheaper.
  bool PlanHard(const PdqHash& query, int budget, Thresholds& plan) const;
  // The cost of one band by threshold + 1.
  std::vector<double> HardCosts(const PdqHash& query, int band,
                                int largest) const;
  void CountRuns();

  const BandTables& tables_;
  const Radius radius_;
  std::vector<RowHit>& hits_;
  SearchStats* const stats_;  // may be null

  std::span<const PdqHash> queries_;
  std::vector<const Thresholds*> plans_;  // by query; null: not searched
  std::vector<size_t> hard_;
  Thresholds hard_plan_{};
  // Survivors that the query at hand may still have before a flat scan is
  // cheaper than verifying them.
  uint64_t survivors_left_ = 0;

  SearchBuffers& buffers_;
  std::vector<SketchRun>& runs_;
};

}  // namespace kenal::index

#endif  // KENAL_SRC_INDEX_BAND_SEARCH_H_
