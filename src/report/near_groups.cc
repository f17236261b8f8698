#include "src/report/near_groups.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "src/index/live_index.h"

namespace kenal::report {
namespace {

// Pictures of the same PDQ: one row of the index.
struct Unit {
  PdqHash pdq;
  std::vector<const Picture*> pictures;  // by SHA-256
  uint64_t places = 0;
  bool template_like = false;
  bool taken = false;
};

// Sorted as leaders are taken.
std::vector<Unit> UnitsOf(std::vector<Picture>& pictures) {
  std::ranges::sort(pictures, {}, [](const Picture& picture) {
    return std::tie(picture.pdq, picture.sha256);
  });
  std::vector<Unit> units;
  for (const Picture& picture : pictures) {
    if (units.empty() || units.back().pdq != picture.pdq) {
      units.push_back({.pdq = picture.pdq});
    }
    Unit& unit = units.back();
    unit.pictures.push_back(&picture);
    unit.places += picture.places;
    unit.template_like |= picture.template_like;
  }
  std::ranges::sort(units, [](const Unit& a, const Unit& b) {
    if (a.places != b.places) return a.places > b.places;
    return a.pictures.front()->sha256 < b.pictures.front()->sha256;
  });
  return units;
}

StatusOr<std::unique_ptr<index::LiveIndex>> Index(
    const std::vector<Unit>& units) {
  return index::LiveIndex::Build(
      Sequence{1}, [&units](const index::LiveIndex::PostingVisitor& visit) {
        for (size_t i = 0; i < units.size(); ++i) {
          if (units[i].template_like) continue;
          visit({.type = SignalType::kPdq,
                 .bits = units[i].pdq.bytes,
                 .entry = EntryId::Of(ListNumber{1}, i + 1)});
        }
        return OkStatus();
      });
}

void Take(Unit& unit, int distance, NearGroup& group) {
  unit.taken = true;
  for (const Picture* picture : unit.pictures) {
    group.push_back({picture->number, distance});
  }
}

}  // namespace

StatusOr<std::vector<NearGroup>> GroupPictures(std::vector<Picture> pictures,
                                               Radius radius) {
  // Few at a time: each may meet all others.
  constexpr size_t kBatch = 32;
  std::vector<Unit> units = UnitsOf(pictures);
  KENAL_TRY_ASSIGN(const auto live, Index(units));
  const auto set = live->Current();
  std::vector<NearGroup> groups;
  std::vector<PdqHash> queries;
  std::vector<size_t> asked;
  std::vector<index::NearHit> hits;
  for (size_t next = 0; next < units.size();) {
    queries.clear();
    asked.clear();
    for (; next < units.size() && asked.size() < kBatch; ++next) {
      if (units[next].taken) continue;
      asked.push_back(next);
      queries.push_back(units[next].pdq);
    }
    hits.clear();
    set->FindNear(queries, radius, hits);
    std::ranges::sort(hits, {}, [&](const index::NearHit& hit) {
      const size_t at = hit.entry.serial() - 1;
      return std::make_tuple(hit.query, hit.distance,
                             units[at].pictures.front()->sha256);
    });
    size_t hit = 0;
    for (size_t query = 0; query < asked.size(); ++query) {
      Unit& leader = units[asked[query]];
      const bool leads = !leader.taken;
      if (leads) Take(leader, 0, groups.emplace_back());
      for (; hit < hits.size() && hits[hit].query == query; ++hit) {
        Unit& other = units[hits[hit].entry.serial() - 1];
        if (!leads || leader.template_like || other.taken) continue;
        Take(other, hits[hit].distance, groups.back());
      }
    }
  }
  return groups;
}

}  // namespace kenal::report
