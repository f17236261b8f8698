#include "tools/kenal/calibrate_pairs.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "src/engine/comparing.h"
#include "src/exchange/text.h"
#include "src/index/live_index.h"

namespace kenal::cli {
namespace {

// Pictures asked at once: enough for the index, little to hold.
constexpr size_t kBatch = 64;
// Two paths, escaped, with room to spare.
constexpr size_t kLineBytesMax = 65'536;

constexpr ListNumber kList{1};

uint32_t RootOf(Groups& groups, uint32_t at) {
  while (groups[at] != at) at = groups[at] = groups[groups[at]];
  return at;
}

std::optional<std::string> NameIn(const nlohmann::json& line, const char* key) {
  const std::string exact = std::string(key) + "_base64";
  if (const auto at = line.find(exact); at != line.end() && at->is_string()) {
    const auto bytes = exchange::FromBase64(at->get<std::string>());
    return bytes.ok() ? std::optional(*bytes) : std::nullopt;
  }
  const auto at = line.find(key);
  if (at == line.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

StatusOr<std::unique_ptr<index::LiveIndex>> IndexOf(
    std::span<const CalibratedPicture> pictures) {
  return index::LiveIndex::Build(
      Sequence{1}, [&](const index::LiveIndex::PostingVisitor& visit) {
        for (size_t i = 0; i < pictures.size(); ++i) {
          for (const CalibratedHash& row : pictures[i].rows) {
            visit(Posting{.type = SignalType::kPdq,
                          .view = row.view,
                          .bits = row.hash.bytes,
                          .entry = EntryId::Of(kList, i + 1),
                          .template_like = row.template_like});
          }
        }
        return OkStatus();
      });
}

// Of one picture: the nearest of all others, and of those not the same.
struct Nearest {
  int any = kRadiusBitsMax + 1;
  int different = kRadiusBitsMax + 1;
};

class Meetings {
 public:
  explicit Meetings(const Groups& groups) : groups_(groups) {}

  void Add(uint32_t asked, uint32_t met, int distance) {
    Nearest& nearest = nearest_[asked];
    const bool same = groups_[asked] == groups_[met];
    nearest.any = std::min(nearest.any, distance);
    if (!same) nearest.different = std::min(nearest.different, distance);
    const auto [a, b] = std::minmax(asked, met);
    const uint64_t key = uint64_t{a} << 32 | b;
    const auto at = pairs_.find(key);
    if (at != pairs_.end()) {
      at->second = std::min(at->second, distance);
    } else if (pairs_.size() < kPairsMax) {
      pairs_.emplace(key, distance);
    } else {
      cut_ = true;
    }
  }

  PairFigures Finish(size_t picture_count) const {
    const uint64_t count = picture_count;
    PairFigures figures{.picture_count = count,
                        .comparison_count = count * (count - 1),
                        .pairs_cut = cut_};
    for (const auto& [asked, nearest] : nearest_) {
      for (size_t r = 0; r < kRadiusCount; ++r) {
        const int radius = static_cast<int>(r);
        if (nearest.any <= radius) ++figures.found[r];
        if (nearest.different <= radius) ++figures.found_different[r];
      }
    }
    for (const auto& [key, distance] : pairs_) {
      const auto a = static_cast<uint32_t>(key >> 32);
      const auto b = static_cast<uint32_t>(key);
      figures.pairs.push_back({a, b, distance, groups_[a] == groups_[b]});
    }
    std::ranges::sort(figures.pairs, {}, [](const NearPair& pair) {
      return std::tuple(pair.distance, pair.a, pair.b);
    });
    return figures;
  }

 private:
  const Groups& groups_;
  std::unordered_map<uint32_t, Nearest> nearest_;
  std::unordered_map<uint64_t, int> pairs_;
  bool cut_ = false;
};

struct Origin {
  uint32_t picture = 0;
  bool template_like = false;
};

void Ask(const index::IndexSet& index,
         std::span<const CalibratedPicture> pictures, size_t first, size_t last,
         Meetings& meetings) {
  static const ListPolicy policy = CalibratedPolicy();
  std::vector<PdqHash> queries;
  std::vector<Origin> origins;
  for (size_t i = first; i < last; ++i) {
    for (const CalibratedHash& query : pictures[i].queries) {
      queries.push_back(query.hash);
      origins.push_back({static_cast<uint32_t>(i), query.template_like});
    }
  }
  std::vector<index::NearHit> hits;
  index.FindNear(queries, *policy.review_radius, hits);
  for (const index::NearHit& hit : hits) {
    const Origin& origin = origins[hit.query];
    const auto met = static_cast<uint32_t>(hit.entry.serial() - 1);
    const bool template_like = origin.template_like || hit.template_like;
    if (met == origin.picture ||
        !engine::TierAt(policy, hit.distance, template_like)) {
      continue;
    }
    meetings.Add(origin.picture, met, hit.distance);
  }
}

}  // namespace

Groups EachItsOwn(size_t count) {
  Groups groups(count);
  std::iota(groups.begin(), groups.end(), 0);
  return groups;
}

StatusOr<Groups> ReadSame(const std::string& path,
                          std::span<const CalibratedPicture> pictures,
                          uint64_t& unknown) {
  std::ifstream file(path);
  const std::string shown = exchange::ForDisplay(path);
  if (!file) return NotFound(shown + ": cannot be read");
  std::map<std::string, uint32_t> positions;
  for (uint32_t i = 0; i < pictures.size(); ++i) {
    positions.emplace(pictures[i].name, i);
  }
  Groups groups = EachItsOwn(pictures.size());
  std::string text;
  for (uint64_t number = 1; std::getline(file, text); ++number) {
    if (text.empty()) continue;
    const Status refused =
        InvalidArgument(shown + ": line " + std::to_string(number) +
                        " is no pair; expected lines of pairs.jsonl, such as "
                        "{\"a\":\"kite.jpg\",\"b\":\"kite-small.jpg\"}");
    if (text.size() > kLineBytesMax) return refused;
    const nlohmann::json line =
        nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object()) return refused;
    const auto a = NameIn(line, "a");
    const auto b = NameIn(line, "b");
    if (!a || !b) return refused;
    const auto at_a = positions.find(*a);
    const auto at_b = positions.find(*b);
    if (at_a == positions.end() || at_b == positions.end()) {
      ++unknown;
      continue;
    }
    groups[RootOf(groups, at_a->second)] = RootOf(groups, at_b->second);
  }
  if (file.bad()) return Unavailable(shown + ": cannot be read to its end");
  for (uint32_t i = 0; i < groups.size(); ++i) groups[i] = RootOf(groups, i);
  return groups;
}

StatusOr<PairFigures> FindPairs(std::span<const CalibratedPicture> pictures,
                                const Groups& groups,
                                const std::stop_token& stop,
                                const std::function<void(size_t)>& progress) {
  KENAL_TRY_ASSIGN(const auto live, IndexOf(pictures));
  const auto index = live->Current();
  Meetings meetings(groups);
  for (size_t first = 0; first < pictures.size(); first += kBatch) {
    if (stop.stop_requested()) {
      return Status(StatusCode::kCancelled,
                    "interrupted before everything was compared; nothing was "
                    "measured");
    }
    const size_t last = std::min(first + kBatch, pictures.size());
    Ask(*index, pictures, first, last, meetings);
    progress(last);
  }
  return meetings.Finish(pictures.size());
}

}  // namespace kenal::cli
