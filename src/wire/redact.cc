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

// Whether it is passed over changes from content to content, or caller to
// caller.
bool DependsOnWhatIsAsked(const SkippedList& skipped) {
  return skipped.reason == "region" || skipped.reason == "share";
}

// Each list once, without what its digests are, and none in shadow mode.
void TellKnownGood(std::vector<KnownGood>& known) {
  std::erase_if(known, [](const KnownGood& one) { return one.shadow; });
  for (KnownGood& one : known) one.signal.reset();
  std::ranges::sort(known, {}, &KnownGood::list);
  const auto again = std::ranges::unique(known);
  known.erase(again.begin(), again.end());
}

void TellLists(Answer& answer) {
  const auto in_shadow = [](const auto& list) { return list.shadow; };
  std::erase_if(answer.lists_skipped, in_shadow);
  std::erase_if(answer.list_versions, in_shadow);
  for (SkippedList& skipped : answer.lists_skipped) {
    if (!DependsOnWhatIsAsked(skipped)) continue;
    answer.list_versions.push_back(
        {.list = std::move(skipped.list), .version = skipped.version});
  }
  std::erase_if(answer.lists_skipped, DependsOnWhatIsAsked);
  std::ranges::sort(answer.list_versions, {}, [](const ListVersion& version) {
    return std::tie(version.list, version.version);
  });
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
  TellLists(answer);
  TellKnownGood(answer.known_good);
  TellKnownGood(answer.known_good_failed);
}

int OutsideLimit(int limit, size_t queries) {
  const int each = MatchOptions::kLimitMax / static_cast<int>(queries);
  return std::max(limit, std::min(each, kOutsideLimit));
}

void Redact(ChangePage& page) {
  for (ListChange& change : page.changes) {
    change.policy.reset();
    change.known_good.reset();
    for (ChangedEntry& entry : change.entries) {
      entry.source_id.clear();
      entry.near_action_label.clear();
      entry.signals.reset();
    }
  }
}

}  // namespace kenal::wire
