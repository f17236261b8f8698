// Verdicts: what the policies of all lists make of the matches.
//
// Precedence, from all hits whatever the limit:
//
//   EXACT           a digest equals one on an enabled child-abuse list
//   NEAR            a PDQ within the radius of an enabled child-abuse list
//                   (distance 0 is still NEAR), or within its review radius
//                   (the tier says which)
//   UNAVAILABLE     neither, and a needed check failed: ask again or look
//   TEST            only entries of test lists were hit
//   NO_KNOWN_MATCH  none of these; it does not say that content is harmless
//
// Hits on known-benign and own-decisions lists are reported among the matches
// and change no verdict; nor do those of lists in shadow mode.
#ifndef KENAL_VERDICT_H_
#define KENAL_VERDICT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/entry.h"
#include "kenal/list.h"
#include "kenal/signal.h"

namespace kenal {

// Values are sent; never renumber. The order is not the precedence.
enum class Verdict : uint8_t {
  kNoKnownMatch = 1,
  kTest = 2,
  kUnavailable = 3,
  kNear = 4,
  kExact = 5,
};
// "NO_KNOWN_MATCH", "TEST", "UNAVAILABLE", "NEAR", "EXACT".
std::string_view VerdictName(Verdict verdict);

enum class CheckState : uint8_t {
  kDone = 1,
  kNotApplicable = 2,  // nothing to compare, such as a signal not supplied
  kFailed = 3,         // should have been compared and could not be
};
// "done", "not_applicable", "failed".
std::string_view CheckStateName(CheckState state);

// What became of one signal type in one answer.
struct Check {
  SignalType signal = SignalType::kPdq;
  CheckState state = CheckState::kDone;
  std::string reason;   // stable lower_snake word; empty when plainly done
  std::string message;  // for people; may be empty
  friend bool operator==(const Check&, const Check&) = default;
};

// How the query had to be looked at to meet the entry.
struct Transform {
  View query_view = View::kStored;
  Variant query_variant = Variant::kOrig;
  View entry_view = View::kStored;
  Variant entry_variant = Variant::kOrig;
  friend bool operator==(const Transform&, const Transform&) = default;
};

// How firm a hit is. Values are sent; never renumber.
enum class Tier : uint8_t {
  kMatch = 1,   // an equal digest, or a PDQ within the list's radius
  kReview = 2,  // a PDQ within its review radius only: for a person to look at
};
std::string_view TierName(Tier tier);  // "match", "review"

// What the second hash says of a near match, when both sides hold one for the
// views that met, unturned. It never removes the match.
struct SecondOpinion {
  int distance = 0;  // bits of 576
  bool corroborates = false;  // within kMarrRadiusBits
  friend bool operator==(const SecondOpinion&, const SecondOpinion&) = default;
};
inline constexpr int kMarrRadiusBits = 84;

// The own decision that a near match was overruled by: the whole content meets
// the decision, or every part of it that meets the entry does.
struct OverruledBy {
  std::string list;
  EntryId entry;
  friend bool operator==(const OverruledBy&, const OverruledBy&) = default;
};

// One entry met by one signal: the smallest distance over views and variants.
struct Match {
  std::string list;
  Purpose purpose = Purpose::kTest;
  EntryId entry;
  std::string source_id;
  SignalType signal = SignalType::kPdq;
  Tier tier = Tier::kMatch;
  // Bits; 0 for a digest. Unset: withheld, as are the fields below but the
  // state, from a caller whose role does not see them.
  std::optional<int> distance = 0;
  std::optional<Transform> transform;  // PDQ only
  std::optional<SecondOpinion> second_opinion;
  EntryState state = EntryState::kActive;
  std::vector<Classification> classifications;
  std::string series;
  std::vector<std::string> flags;
  Provenance provenance;
  // What the caller should do: the overruling decision's label, when its list
  // has one, else (near matches) the entry's own, else the list's. May be
  // empty.
  std::string action_label;
  std::optional<OverruledBy> overruled_by;
  bool shadow = false;  // of a list in shadow mode
  friend bool operator==(const Match&, const Match&) = default;
};

struct SkippedList {
  std::string list;
  std::string reason;  // "disabled", "expired", "region" or "share"
  Sequence version;    // ListInfo::version
  bool shadow = false;
  friend bool operator==(const SkippedList&, const SkippedList&) = default;
};

// How far one list was when an answer was made.
struct ListVersion {
  std::string list;
  Sequence version;  // ListInfo::version
  bool shadow = false;
  friend bool operator==(const ListVersion&, const ListVersion&) = default;
};

// A list that knows a digest of the query as that of a harmless file.
struct KnownGood {
  std::string list;
  std::optional<SignalType> signal;  // of that digest; unset: withheld
  bool shadow = false;               // of a list in shadow mode
  friend bool operator==(const KnownGood&, const KnownGood&) = default;
};

struct Answer {
  Verdict verdict = Verdict::kUnavailable;
  // Of the firmest hit behind EXACT, NEAR or TEST; unset for the others.
  std::optional<Tier> tier;
  // Of the first match behind the verdict that was neither overruled nor
  // labelled by its entry, so that one such match does not speak for others;
  // without any, of the first that was not overruled, else of the first. May be
  // empty.
  std::string action_label;
  Sequence sequence;  // the state of the lists that this was served from
  // Those in shadow last, else ordered by purpose, tier, distance, list name,
  // entry, signal; at most `limit`.
  std::vector<Match> matches;
  uint64_t match_count = 0;  // before the limit
  bool truncated = false;
  std::vector<Check> checks;  // one a signal type, in SignalType order
  std::vector<SkippedList> lists_skipped;
  std::vector<ListVersion> list_versions;  // by name; without skipped lists
  bool damaged = false;  // the picture was only decoded in part
  // Beside the verdict, which it never changes: whoever finds no match may
  // spare himself a closer look. Those in shadow last, else by list, signal.
  std::vector<KnownGood> known_good;
  // Lists that could not be asked whether they know a digest of the query,
  // since a file of theirs is damaged. They know nothing then.
  std::vector<KnownGood> known_good_failed;
  friend bool operator==(const Answer&, const Answer&) = default;
};

}  // namespace kenal

#endif  // KENAL_VERDICT_H_
