// False pairs: different pictures that meet.
#ifndef KENAL_BENCH_ROBUSTNESS_FALSE_PAIRS_H_
#define KENAL_BENCH_ROBUSTNESS_FALSE_PAIRS_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/robustness/near_pairs.h"
#include "bench/robustness/pictures.h"
#include "bench/robustness/strategies.h"

namespace kenal::robustness {

inline constexpr int kCountedRadii[] = {31, 40, 50, 60, 63};

// Every hash by which any strategy looks for this picture or copy.
void AddQueries(const std::vector<PdqView>& views, Tag tag, HashTable& table);
// Every row that any strategy stores of it, of those views.
void AddRows(const std::vector<PdqView>& views, ViewSet stored, Tag tag,
             HashTable& table);
HashTable RowsOf(const std::vector<Picture>& pictures, ViewSet stored);

// Queries of one corpus that meet a picture of another, or another picture of
// the same, by strategy. A query is one copy, whatever number of its hashes
// meets.
struct FalseMeetings {
  std::string name;
  std::string entries;
  // By kCountedRadii: within it, whatever the pictures are.
  std::array<uint64_t, std::size(kCountedRadii)> within{};
  // Of these, those that are a hit of either tier: beyond the tight radius
  // no pair with a template-like side counts.
  std::array<uint64_t, std::size(kCountedRadii)> hits{};
};

FalseMeetings MeetingsOf(const Strategy& strategy, const HashTable& queries,
                         const HashTable& rows, const NearPairs& near);

// Pairs of different pictures of one corpus, in no order: {i, j} is one pair
// when i meets j or j meets i.
struct GraphicsPairs {
  std::string name;
  std::string entries;
  uint64_t plain = 0;  // pairs within 31 by plain PDQ
  // Pairs within 31 that plain PDQ does not give: without the variants of any
  // view, and with those that the effort compares.
  uint64_t new_views = 0;
  uint64_t new_variants = 0;
  // Of new_variants, those with a meeting that has no template-like side.
  uint64_t new_unflagged = 0;
  // By query view and entry view, of new_variants; a pair may be in several.
  std::map<std::string, uint64_t> new_by_views;
  // By kCountedRadii: pairs within it, and those that are hits.
  std::array<uint64_t, std::size(kCountedRadii)> within{};
  std::array<uint64_t, std::size(kCountedRadii)> hits{};
};

GraphicsPairs GraphicsPairsOf(const Strategy& strategy,
                              const HashTable& queries, const HashTable& rows,
                              const NearPairs& near);

// Whole views that are flagged, and that could be.
struct FlagCount {
  uint64_t flagged = 0;
  uint64_t count = 0;
};
FlagCount TemplateLikeOf(const std::vector<Picture>& pictures);

}  // namespace kenal::robustness

#endif  // KENAL_BENCH_ROBUSTNESS_FALSE_PAIRS_H_
