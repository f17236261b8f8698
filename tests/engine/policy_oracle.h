// An oracle for answers: what include/kenal says of lists, entries and
// queries, worked out entry by entry, by no code of the engine.
#ifndef KENAL_TESTS_ENGINE_POLICY_ORACLE_H_
#define KENAL_TESTS_ENGINE_POLICY_ORACLE_H_

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "kenal/matcher.h"
#include "tests/engine/moved_clock.h"

namespace kenal::testing {

// What one store should hold.
struct KnownEntry {
  EntryId id;
  SignalSet signals;
  std::string source_id;
  std::string near_label;
  EntryState state = EntryState::kActive;
  EntryId overrules;  // 0: nothing
};
struct KnownList {
  ListInfo info;  // counts are not kept
  std::vector<KnownEntry> entries;
};

// One entry met by one signal.
struct Meeting {
  const KnownList* list = nullptr;
  const KnownEntry* entry = nullptr;
  SignalType signal = SignalType::kPdq;
  Tier tier = Tier::kMatch;
  int distance = 0;
  View query_view = View::kStored;
  View entry_view = View::kStored;

  bool IsDigest() const { return signal != SignalType::kPdq; }
  auto Order() const {
    return std::tuple(list->info.policy.shadow, list->info.purpose, tier,
                      distance, list->info.name, entry->id, signal);
  }
};

inline bool IsSearched(const PdqView& pdq) {
  const bool is_part = pdq.view != View::kStored;
  return pdq.quality.value_or(100) > 49 &&
         !(is_part && pdq.template_like.value_or(false));
}

// One for each view of the query and of the entry that meet.
inline std::vector<Meeting> NearOf(const KnownList& list,
                                   const KnownEntry& entry,
                                   const SignalSet& query,
                                   const MatchOptions& options) {
  const ListPolicy& policy = list.info.policy;
  const int match_bits = policy.pdq_radius.bits;
  const int widest_bits =
      options.radius.value_or(policy.review_radius.value_or(policy.pdq_radius))
          .bits;
  const bool parts =
      options.effort >= Effort::kNormal && policy.effort >= Effort::kNormal;
  std::vector<Meeting> near;
  for (const PdqView& asked : query.pdq) {
    if (!IsSearched(asked) || (asked.view != View::kStored && !parts)) continue;
    for (const PdqView& held : entry.signals.pdq) {
      if (!IsSearched(held)) continue;
      const int distance = HammingDistance(asked.hash, held.hash);
      const bool plain = asked.template_like.value_or(false) ||
                         held.template_like.value_or(false);
      const int most = plain ? std::min(match_bits, widest_bits) : widest_bits;
      if (distance > most) continue;
      near.push_back(
          {.list = &list,
           .entry = &entry,
           .tier = distance <= match_bits ? Tier::kMatch : Tier::kReview,
           .distance = distance,
           .query_view = asked.view,
           .entry_view = held.view});
    }
  }
  return near;
}

// Why a list is skipped, but for its share.
inline std::string ReasonOf(const ListPolicy& policy,
                            const MatchOptions& options) {
  if (!policy.enabled) return "disabled";
  if (policy.expires_unix_ms && *policy.expires_unix_ms <= now_unix_ms) {
    return "expired";
  }
  const bool here = policy.regions.empty() || options.region.empty() ||
                    std::ranges::count(policy.regions, options.region) > 0;
  return here ? "" : "region";
}

// What decides on which side of a share content falls.
inline std::string ContentOf(const SignalSet& query) {
  if (!query.pdq.empty() && query.pdq[0].view == View::kStored) {
    return "pdq" + query.pdq[0].hash.ToHex();
  }
  if (query.sha256) return "sha256" + query.sha256->ToHex();
  if (query.sha1) return "sha1" + query.sha1->ToHex();
  if (query.md5) return "md5" + query.md5->ToHex();
  return query.pdq.empty() ? "" : "pdq" + query.pdq[0].hash.ToHex();
}

// What the whole of a query speaks for is all of it.
inline bool IsOfWhole(const Meeting& meeting) {
  return meeting.IsDigest() || meeting.query_view == View::kStored;
}

// Of `raw`, every meeting of every view: the own decision that overrules the
// near match of `entry`; null when none does. Some decision must speak for
// each view that meets the entry: one met by the whole, else by that view.
inline const Meeting* DecisionOn(const KnownEntry& entry,
                                 const std::vector<Meeting>& raw) {
  const Meeting* first = nullptr;
  for (const Meeting& meeting : raw) {
    if (meeting.entry != &entry || meeting.IsDigest()) continue;
    const Meeting* speaks = nullptr;
    for (const Meeting& other : raw) {
      if (other.list->info.purpose != Purpose::kOwnDecisions ||
          other.tier != Tier::kMatch || other.list->info.policy.shadow ||
          other.entry->overrules != entry.id) {
        continue;
      }
      const bool same_part = IsOfWhole(other) == IsOfWhole(meeting);
      if (!IsOfWhole(other) && !same_part) continue;
      const bool firmer = speaks == nullptr ||
                          std::tuple(!IsOfWhole(other), other.Order()) <
                              std::tuple(!IsOfWhole(*speaks), speaks->Order());
      if (firmer) speaks = &other;
    }
    if (speaks == nullptr) return nullptr;
    if (first == nullptr || speaks->Order() < first->Order()) first = speaks;
  }
  return first;
}

// The kind of a meeting that stands behind each verdict.
inline bool IsBehind(Verdict verdict, const Meeting& meeting) {
  const Purpose purpose = meeting.list->info.purpose;
  const bool abuse = purpose == Purpose::kChildAbuse;
  if (meeting.list->info.policy.shadow) return false;
  if (verdict == Verdict::kExact) return abuse && meeting.IsDigest();
  if (verdict == Verdict::kNear) return abuse && !meeting.IsDigest();
  return verdict == Verdict::kTest && purpose == Purpose::kTest;
}

inline Verdict VerdictOn(const SignalSet& query,
                         const std::vector<Meeting>& all) {
  const bool failed =
      query.pdq_failure || !query.HasSignal() ||
      (!query.pdq.empty() && query.picture && query.picture->damaged);
  for (const Verdict verdict :
       {Verdict::kExact, Verdict::kNear, Verdict::kTest}) {
    if (verdict == Verdict::kTest && failed) return Verdict::kUnavailable;
    const auto is_behind = [&](const Meeting& one) {
      return IsBehind(verdict, one);
    };
    if (std::ranges::any_of(all, is_behind)) return verdict;
  }
  return Verdict::kNoKnownMatch;
}

// All, by every signal and view, in the order of matches.
inline std::vector<Meeting> MeetingsOf(
    const std::vector<const KnownList*>& held, const SignalSet& query,
    const MatchOptions& options) {
  std::vector<Meeting> all;
  for (const KnownList* list : held) {
    for (const KnownEntry& entry : list->entries) {
      if (entry.state == EntryState::kWithdrawn) continue;
      const auto digest = [&](const auto& asked, const auto& known) {
        if (!asked || asked != known) return;
        all.push_back({.list = list, .entry = &entry, .signal = asked->kType});
      };
      digest(query.md5, entry.signals.md5);
      digest(query.sha1, entry.signals.sha1);
      digest(query.sha256, entry.signals.sha256);
      for (const Meeting& near : NearOf(*list, entry, query, options)) {
        all.push_back(near);
      }
    }
  }
  std::ranges::sort(all, {}, [](const Meeting& one) {
    return std::tuple(one.Order(), one.query_view, one.entry_view);
  });
  return all;
}

// The nearest of each entry and signal, of `all` in order.
inline std::vector<Meeting> NearestOf(const std::vector<Meeting>& all) {
  std::vector<Meeting> nearest;
  for (const Meeting& one : all) {
    const auto same = [&](const Meeting& other) {
      return other.entry == one.entry && other.signal == one.signal;
    };
    if (std::ranges::none_of(nearest, same)) nearest.push_back(one);
  }
  return nearest;
}

}  // namespace kenal::testing

#endif  // KENAL_TESTS_ENGINE_POLICY_ORACLE_H_
