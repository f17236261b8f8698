// Lists: entries from one source under one purpose and policy.
#ifndef KENAL_LIST_H_
#define KENAL_LIST_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/sequence.h"
#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal {

// What a list is for. The set is compiled in: Kenal recognises known abuse
// imagery and serves no other purpose. Values are stored; never renumber. The
// order is the order in which matches are returned.
enum class Purpose : uint8_t {
  kChildAbuse = 1,
  kOwnDecisions = 2,
  kKnownBenign = 3,
  kTest = 4,
};
// "child-abuse", "own-decisions", "known-benign", "test".
std::string_view PurposeName(Purpose purpose);
// kInvalidArgument names the four accepted words.
StatusOr<Purpose> ParsePurpose(std::string_view name);

// Internal number of a list: 1..65,535, never reused. Part of each EntryId.
struct ListNumber {
  uint16_t value = 0;
  friend auto operator<=>(const ListNumber&, const ListNumber&) = default;
};

// What an operator may change after a list exists; each change is logged.
struct ListPolicy {
  bool enabled = true;
  Radius pdq_radius = kDefaultRadius;  // inclusive, 0..kRadiusBitsMax
  // A near hit beyond pdq_radius and within this is reported for review.
  // kReviewRadiusBitsMin..kRadiusBitsMax and above pdq_radius; unset: none.
  std::optional<Radius> review_radius;
  // The most that is tried to meet this list: views of a query beyond it are
  // not compared with its entries.
  Effort effort = Effort::kThorough;
  // Views that its entries are found by. Others in a draft are left out, and
  // kWholeViews are always kept. A change affects what is added later.
  ViewSet stored_views{View::kStored, View::kUpright, View::kTrimmed};
  // Entries keep a second opinion (MarrHash) where the giver supplies one.
  bool second_opinion = false;
  // What a caller should do with a match, such as "block" or "report": as
  // CheckActionLabel. Empty: nothing is said.
  std::string action_label;
  // Of a thousand pieces of content, so many are held against this list; what
  // has the same PDQ, or none and the same digest, alike. 0..kShareWhole.
  int share_permille = kShareWhole;
  uint64_t share_seed = 0;
  // Skipped for requests that name a region which is not among these; a
  // request that names none is held against it. Each as CheckRegion, sorted,
  // no two alike, at most kRegionsMax. Empty: everywhere.
  std::vector<std::string> regions;
  // From then on the list is skipped, whatever its entries.
  std::optional<int64_t> expires_unix_ms;
  // Its matches are made, marked and counted, and change no verdict, tier or
  // label of an answer.
  bool shadow = false;

  static constexpr int kShareWhole = 1000;
  static constexpr size_t kRegionsMax = 300;
  friend bool operator==(const ListPolicy&, const ListPolicy&) = default;
};

inline constexpr int kReviewRadiusBitsMin = 32;

// What a list begins with. A platform's own decisions are about the very
// picture: radius 0 for kOwnDecisions.
ListPolicy DefaultPolicy(Purpose purpose);

struct ListCounts {
  uint64_t active = 0;
  uint64_t disputed = 0;     // still matched, and marked
  uint64_t withdrawn = 0;    // or retracted: kept for the record, not matched
  uint64_t quarantined = 0;  // not matched until somebody decides
  friend bool operator==(const ListCounts&, const ListCounts&) = default;
};

// The known-good digests of one type on a list of purpose known-benign: one
// file beside the store's database (docs/known-good.md).
struct KnownGoodFile {
  SignalType signal = SignalType::kSha1;
  uint64_t count = 0;  // of different digests
  uint64_t size_bytes = 0;
  std::array<uint8_t, 32> sha256{};  // of the whole file
  std::string source;                // on whose word they are there
  std::string import_id;
  int64_t set_unix_ms = 0;
  Sequence set_at;  // the log record that set it
  friend bool operator==(const KnownGoodFile&, const KnownGoodFile&) = default;
};

struct ListInfo {
  ListNumber number;
  std::string name;
  Purpose purpose = Purpose::kTest;
  ListPolicy policy;
  ListCounts counts;
  int64_t created_unix_ms = 0;
  // Of the last change to its policy, entries or known-good files.
  Sequence version;
  int64_t changed_unix_ms = 0;
  std::vector<KnownGoodFile> known_good;  // by type, at most one each
  friend bool operator==(const ListInfo&, const ListInfo&) = default;
};

// A list name: 1 to 64 of a-z A-Z 0-9 . _ -, starting with a letter or digit.
Status CheckListName(std::string_view name);

// An action label: empty, or 1 to 64 of a-z 0-9 _ -, starting with a letter.
Status CheckActionLabel(std::string_view label);

// A region: two letters A-Z, as ISO 3166-1.
Status CheckRegion(std::string_view region);

}  // namespace kenal

#endif  // KENAL_LIST_H_
