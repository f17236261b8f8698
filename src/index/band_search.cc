#include "src/index/band_search.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace kenal::index {
namespace {

// Queries that share a pass over a band. Enough to keep its directory in the
// cache, few enough that their hits stay there too.
constexpr size_t kBlockQueries = 1024;

// Runs collected before they are scanned: many times the prefetch distance, so
// that starting over costs little, and less than the second cache.
constexpr size_t kRunsFlush = 4096;

constexpr size_t kSurvivors = 2048;

// Queries (of one band) between a group's prefetch and its use.
constexpr size_t kLookUpsAhead = 3;

// For hard queries, in nanoseconds. A crowded group is often a cluster, whose
// sketches are alike, so each one is priced as if many were verified.
constexpr double kHardGroupNs = 17;
constexpr double kHardSketchNs = 1;

// Verifying one row in so many at random costs about a flat scan.
constexpr uint64_t kSurvivorShare = 4;

int OnesOf(const PdqHash& hash) {
  int ones = 0;
  for (const uint8_t byte : hash.bytes) ones += std::popcount(byte);
  return ones;
}

SearchBuffers& ThreadBuffers() {
  thread_local SearchBuffers buffers;
  return buffers;
}

// In a function of its own GCC 12 would take the prefetches for no effect and
// drop the call.
[[gnu::always_inline]] inline void PrefetchGroups(const uint32_t* groups,
                                                  uint32_t key,
                                                  const BallMasks& masks,
                                                  int threshold) {
  if (threshold == kSkip) return;
  for (const uint32_t* mask = masks.begin(0);
       mask != masks.end(std::min(threshold, 1)); ++mask) {
    __builtin_prefetch(groups + (key ^ *mask));
  }
}

}  // namespace

BandSearch::BandSearch(const BandTables& tables, Radius radius,
                       std::vector<RowHit>& hits, SearchStats* stats)
    : tables_(tables),
      radius_(radius),
      hits_(hits),
      stats_(stats),
      buffers_(ThreadBuffers()),
      runs_(buffers_.runs) {
  buffers_.survivors.resize(kSurvivors);
  buffers_.verified.resize(kSurvivors);
}

void BandSearch::Search(std::span<const PdqHash> queries) {
  if (stats_ != nullptr) stats_->queries += queries.size();
  if (queries.empty() || tables_.row_count() == 0) return;
  queries_ = queries;
  if (tables_.layout().count() == 0) {
    FlatScan(tables_.hashes_, tables_.row_count(), queries[0].bytes.data(),
             queries.size(), radius_.bits, hits_);
    if (stats_ != nullptr) stats_->flat_queries += queries.size();
    return;
  }
  plans_.assign(queries.size(), nullptr);
  for (size_t begin = 0; begin < queries.size(); begin += kBlockQueries) {
    RunBlock(begin, std::min(begin + kBlockQueries, queries.size()));
  }
}

void BandSearch::RunBlock(size_t begin, size_t end) {
  const size_t hits_before = hits_.size();
  // That of a budget smaller by one, for parity, is a little less.
  const auto& crowded =
      tables_.plans_[static_cast<size_t>(radius_.bits)].crowded;
  survivors_left_ = std::numeric_limits<uint64_t>::max();
  hard_.clear();
  for (size_t query = begin; query < end; ++query) {
    plans_[query] = PlanFor(queries_[query]);
  }
  for (int band = 0; band < tables_.layout().count(); ++band) {
    for (size_t query = begin; query < end; ++query) {
      Prefetch(band, query, begin, end);
      if (plans_[query] == nullptr) continue;
      const size_t runs_before = runs_.size();
      if (Locate(query, band) > crowded[static_cast<size_t>(band)]) {
        runs_.resize(runs_before);
        plans_[query] = nullptr;
        hard_.push_back(query);
      }
      if (runs_.size() >= kRunsFlush) Flush();
    }
  }
  Flush();
  if (hard_.empty()) return;
  hits_.erase(
      std::remove_if(
          hits_.begin() + static_cast<ptrdiff_t>(hits_before), hits_.end(),
          [&](const RowHit& hit) { return plans_[hit.query] == nullptr; }),
      hits_.end());
  for (const size_t query : hard_) RunHard(query);
}

// The groups that are looked up kLookUpsAhead steps from now: of a later
// query in the same band, or of a later band when the block is at its end.
void BandSearch::Prefetch(int band, size_t query, size_t begin, size_t end) {
  query += kLookUpsAhead;
  while (query >= end) {
    query -= end - begin;
    if (++band == tables_.layout().count()) return;
  }
  if (plans_[query] == nullptr) return;
  PrefetchGroups(tables_.tables_[static_cast<size_t>(band)].groups.data(),
                 tables_.layout().band(band).Key(queries_[query].bytes.data()),
                 *tables_.masks_[static_cast<size_t>(band)],
                 (*plans_[query])[static_cast<size_t>(band)]);
}

void BandSearch::RunHard(size_t query) {
  if (stats_ != nullptr) ++stats_->hard_queries;
  if (!PlanHard(queries_[query], BudgetFor(queries_[query]), hard_plan_)) {
    RunFlat(query);
    return;
  }
  const size_t hits_before = hits_.size();
  plans_[query] = &hard_plan_;
  survivors_left_ = tables_.row_count() / kSurvivorShare;
  for (int band = 0; band < tables_.layout().count(); ++band) {
    Locate(query, band);
    Flush();
    if (survivors_left_ == 0) {
      hits_.resize(hits_before);
      RunFlat(query);
      return;
    }
  }
}

void BandSearch::RunFlat(size_t query) {
  if (stats_ != nullptr) ++stats_->flat_queries;
  const size_t hits_before = hits_.size();
  FlatScan(tables_.hashes_, tables_.row_count(), queries_[query].bytes.data(),
           1, radius_.bits, hits_);
  for (size_t i = hits_before; i < hits_.size(); ++i) {
    hits_[i].query = static_cast<uint32_t>(query);
  }
}

int BandSearch::BudgetFor(const PdqHash& query) const {
  if (tables_.parity() == Parity::kMixed) return radius_.bits + 1;
  // All distances are even, or all are odd.
  const int rows_odd = tables_.parity() == Parity::kOdd ? 1 : 0;
  const int distances_odd = (OnesOf(query) + rows_odd) % 2;
  return radius_.bits % 2 == distances_odd ? radius_.bits + 1 : radius_.bits;
}

const Thresholds* BandSearch::PlanFor(const PdqHash& query) const {
  const int budget = BudgetFor(query);
  if (budget == 0) return nullptr;
  return &tables_.plans_[static_cast<size_t>(budget - 1)].thresholds;
}

uint64_t BandSearch::Locate(size_t query, int band) {
  const Thresholds& plan = *plans_[query];
  const int threshold = plan[static_cast<size_t>(band)];
  if (threshold == kSkip) return 0;
  const BandLayout& layout = tables_.layout();
  const uint8_t* hash = queries_[query].bytes.data();
  const uint32_t* groups =
      tables_.tables_[static_cast<size_t>(band)].groups.data();
  const BallMasks& masks = *tables_.masks_[static_cast<size_t>(band)];
  const uint32_t key = layout.band(band).Key(hash);
  SketchRun run{.query = static_cast<uint32_t>(query),
                .sketch = layout.band(layout.After(band)).Sketch(hash),
                .band = static_cast<uint8_t>(band)};
  uint64_t sketches = 0;
  for (int distance = 0; distance <= threshold; ++distance) {
    const int bound = layout.SketchBound(plan, band, distance);
    if (bound < 0) break;
    run.bound = static_cast<uint8_t>(std::min(bound, kSketchBits));
    for (const uint32_t* mask = masks.begin(distance);
         mask != masks.end(distance); ++mask) {
      run.start = groups[key ^ *mask];
      run.length = groups[(key ^ *mask) + 1] - run.start;
      if (run.length == 0) continue;
      sketches += run.length;
      runs_.push_back(run);
    }
  }
  return sketches;
}

void BandSearch::Flush() {
  if (stats_ != nullptr) CountRuns();
  const RowNumbers numbers{.by_band = tables_.rows_.data(),
                           .bytes = static_cast<uint32_t>(
                               BandLayout::NumberBytes(tables_.row_count()))};
  ScanCursor cursor;
  while (cursor.run < runs_.size()) {
    const size_t found =
        ScanRuns(tables_.sketches_.data(), runs_, cursor, buffers_.survivors);
    if (stats_ != nullptr) stats_->survivors += found;
    if (found > survivors_left_) {
      survivors_left_ = 0;
      break;
    }
    survivors_left_ -= found;
    const size_t near =
        VerifyRows(numbers, tables_.hashes_, queries_[0].bytes.data(), runs_,
                   {buffers_.survivors.data(), found}, radius_.bits,
                   buffers_.verified.data());
    Keep({buffers_.verified.data(), near});
  }
  runs_.clear();
}

void BandSearch::Keep(std::span<const Verified> verified) {
  for (const Verified& found : verified) {
    if (plans_[found.hit.query] == nullptr) continue;
    if (FoundBefore(found.hit, runs_[found.run].band)) continue;
    hits_.push_back(found.hit);
  }
}

// A row is reported by the first band that meets it, so no set of rows seen
// is needed.
bool BandSearch::FoundBefore(const RowHit& hit, int band) const {
  const BandLayout& layout = tables_.layout();
  const Thresholds& plan = *plans_[hit.query];
  const uint8_t* row = tables_.hashes_ + hit.row * kHashBytes;
  PdqHash differing = queries_[hit.query];
  for (size_t i = 0; i < kHashBytes; ++i) differing.bytes[i] ^= row[i];
  const uint8_t* bits = differing.bytes.data();
  for (int i = 0; i < band; ++i) {
    const int distance = std::popcount(layout.band(i).Key(bits));
    if (distance > plan[static_cast<size_t>(i)]) continue;
    const int sketch = std::popcount(layout.band(layout.After(i)).Sketch(bits));
    if (sketch <= layout.SketchBound(plan, i, distance)) return true;
  }
  return false;
}

std::vector<double> BandSearch::HardCosts(const PdqHash& query, int band,
                                          int largest) const {
  const uint32_t* groups =
      tables_.tables_[static_cast<size_t>(band)].groups.data();
  const BallMasks& masks = *tables_.masks_[static_cast<size_t>(band)];
  const uint32_t key = tables_.layout().band(band).Key(query.bytes.data());
  std::vector<double> costs = {0};
  for (int distance = 0; distance <= std::min(largest, masks.radius());
       ++distance) {
    uint64_t sketches = 0;
    for (const uint32_t* mask = masks.begin(distance);
         mask != masks.end(distance); ++mask) {
      sketches += groups[(key ^ *mask) + 1] - groups[key ^ *mask];
    }
    const auto probes =
        static_cast<double>(masks.end(distance) - masks.begin(distance));
    costs.push_back(costs.back() + kHardGroupNs * probes +
                    kHardSketchNs * static_cast<double>(sketches));
  }
  return costs;
}

bool BandSearch::PlanHard(const PdqHash& query, int budget,
                          Thresholds& plan) const {
  const BandLayout& layout = tables_.layout();
  const Thresholds& even =
      tables_.plans_[static_cast<size_t>(budget - 1)].thresholds;
  const int largest = *std::max_element(even.begin(), even.end()) + 1;
  constexpr size_t kBudgets = kRadiusBitsMax + 2;
  using Row = std::array<double, kBudgets>;
  // least[i][b]: the least cost at which the first i bands cover b.
  std::vector<Row> least(static_cast<size_t>(layout.count()) + 1);
  std::vector<std::array<int8_t, kBudgets>> spent(least.size());
  least[0].fill(std::numeric_limits<double>::infinity());
  least[0][0] = 0;
  for (size_t i = 1; i < least.size(); ++i) {
    least[i].fill(std::numeric_limits<double>::infinity());
    const std::vector<double> costs =
        HardCosts(query, static_cast<int>(i - 1), largest);
    for (size_t b = 0; b <= static_cast<size_t>(budget); ++b) {
      for (size_t s = 0; s < costs.size() && s <= b; ++s) {
        const double cost = least[i - 1][b - s] + costs[s];
        if (cost >= least[i][b]) continue;
        least[i][b] = cost;
        spent[i][b] = static_cast<int8_t>(s);
      }
    }
  }
  const double flat = FlatScanNs(tables_.row_count());
  auto left = static_cast<size_t>(budget);
  if (!(least.back()[left] < flat)) return false;
  plan.fill(kSkip);
  for (size_t i = least.size() - 1; i > 0; --i) {
    plan[i - 1] = static_cast<int8_t>(spent[i][left] - 1);
    left -= static_cast<size_t>(spent[i][left]);
  }
  return true;
}

void BandSearch::CountRuns() {
  for (const SketchRun& run : runs_) {
    constexpr uint32_t kLineSketches = 32;
    ++stats_->groups;
    stats_->sketches += run.length;
    stats_->sketch_lines += (run.start + run.length - 1) / kLineSketches -
                            run.start / kLineSketches + 1;
  }
}

}  // namespace kenal::index
