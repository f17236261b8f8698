#include "src/wire/redact.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace kenal::wire {
namespace {

// Matches of one query, few of which have more.
constexpr int kOutsideLimit = 10'000;

Match Told(Match& from) {
  Match told;
  told.list = std::move(from.list);
  told.purpose = from.purpose;
  told.entry = from.entry;
  told.signal = from.signal;
  told.tier = from.tier;
  told.distance.reset();
  told.state = from.state;
  told.action_label = std::move(from.action_label);
  told.overruled_by = std::move(from.overruled_by);
  return told;
}

bool Before(const Match& a, const Match& b) {
  return std::tie(a.purpose, a.tier, a.list, a.entry, a.signal) <
         std::tie(b.purpose, b.tier, b.list, b.entry, b.signal);
}

}  // namespace

void Redact(Answer& answer, int limit) {
  std::vector<Match> told;
  told.reserve(answer.matches.size());
  for (Match& match : answer.matches) {
    if (!match.shadow) told.push_back(Told(match));
  }
  const uint64_t in_shadow = answer.matches.size() - told.size();
  answer.match_count -= std::min(answer.match_count, in_shadow);
  std::ranges::sort(told, Before);
  if (told.size() > static_cast<size_t>(limit)) {
    told.resize(static_cast<size_t>(limit));
  }
  answer.truncated = answer.match_count > told.size();
  answer.matches = std::move(told);
}

int OutsideLimit(int limit, size_t queries) {
  const int each = MatchOptions::kLimitMax / static_cast<int>(queries);
  return std::max(limit, std::min(each, kOutsideLimit));
}

void Redact(ChangePage& page) {
  for (ListChange& change : page.changes) {
    change.policy.reset();
    for (ChangedEntry& entry : change.entries) {
      entry.source_id.clear();
      entry.signals.reset();
    }
  }
}

}  // namespace kenal::wire
