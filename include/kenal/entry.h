// Entries: one known piece of content on one list.
#ifndef KENAL_ENTRY_H_
#define KENAL_ENTRY_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/list.h"
#include "kenal/sequence.h"
#include "kenal/signal.h"
#include "kenal/status.h"

namespace kenal {

// List number in the high 16 bits, serial within the list (from 1) in the low
// 48. The text form within a list is the serial in decimal. Never reused.
struct EntryId {
  uint64_t value = 0;

  static constexpr int kSerialBits = 48;
  static constexpr uint64_t kSerialMax = (uint64_t{1} << kSerialBits) - 1;

  static constexpr EntryId Of(ListNumber list, uint64_t serial) {
    return EntryId{(uint64_t{list.value} << kSerialBits) | serial};
  }
  constexpr ListNumber list() const {
    return ListNumber{static_cast<uint16_t>(value >> kSerialBits)};
  }
  constexpr uint64_t serial() const { return value & kSerialMax; }

  friend auto operator<=>(const EntryId&, const EntryId&) = default;
};

// A source's own class, verbatim. Never translated, never invented.
struct Classification {
  std::string scheme;     // such as "ncmec-industry"
  std::string raw_value;  // such as "A1"
  friend bool operator==(const Classification&,
                         const Classification&) = default;
};

// On whose word an entry is there. `source` is never empty in the store.
struct Provenance {
  std::string source;     // the body or person that vouches for it
  std::string member;     // who within the source, when known
  std::string import_id;  // the import or ingest run that brought it
  std::string reference;  // the source's pointer, such as a file or case name
  int64_t added_unix_ms = 0;
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// Values are stored; never renumber.
enum class EntryState : uint8_t {
  kActive = 1,
  kDisputed = 2,     // still matched; each match says so
  kWithdrawn = 3,    // never matched again; kept for the record
  kQuarantined = 4,  // not matched until somebody decides
  // Its source took it back: not matched unless the source adds it again.
  kRetracted = 5,
};
// Of entries in that state postings are kept, and hits made.
constexpr bool IsMatched(EntryState state) {
  return state == EntryState::kActive || state == EntryState::kDisputed;
}
std::string_view EntryStateName(EntryState state);

// A vote of one member of a source on an entry, or on one of its hashes.
struct Opinion {
  bool affirms = false;
  std::string member_id;
  std::string member;
  std::string signal;  // what it is about, as the source calls it
  std::string reason_id;
  std::string reason;
  std::optional<int64_t> at_unix_ms;
  friend bool operator==(const Opinion&, const Opinion&) = default;
};

// The entry whose near matches an own decision overrules.
struct Overruled {
  std::string list;
  // In a draft as in Curator::GetEntry; in the store the decimal serial.
  std::string reference;
  friend bool operator==(const Overruled&, const Overruled&) = default;
};

// What a caller gives to add an entry.
struct EntryDraft {
  // The source's own id, up to 512 bytes; makes adding idempotent within a
  // list. Empty: the catalogue derives one with its secret key.
  std::string source_id;
  SignalSet signals;  // at least one signal; pdq_failure is not stored
  std::vector<Classification> classifications;
  std::string series;
  std::vector<std::string> flags;
  Provenance provenance;
  std::vector<Opinion> opinions;
  // From then on it is not matched.
  std::optional<int64_t> expires_unix_ms;
  // What else the source says, as one JSON object (docs/formats.md, "Kenal's
  // own lines"), up to 1 MiB. Kept for exports and never looked into here. It
  // may hold hashes that are carried, so it is a secret as signals are.
  std::string details;
  // On lists of purpose own-decisions: content that meets this entry is not
  // what that entry is about. A near match of that entry then says so and
  // carries this list's action label, if it has one; digest hits and verdicts
  // stay. The entry named must be there, on a list of another purpose.
  std::optional<Overruled> overrules;
  friend bool operator==(const EntryDraft&, const EntryDraft&) = default;
};

struct Entry : EntryDraft {
  EntryId id;
  EntryState state = EntryState::kActive;
  std::string state_reason;     // why it is disputed, quarantined or withdrawn
  std::string state_reference;  // the case or ticket that this goes back to
  // Of its near matches, instead of its list's; empty: the list's.
  std::string near_action_label;
  Sequence added_at;
  Sequence changed_at;
  friend bool operator==(const Entry&, const Entry&) = default;
};

// A signal that an entry holds, without its bits.
struct SignalHeld {
  SignalType type = SignalType::kPdq;
  View view = View::kStored;          // PDQ only
  std::optional<int> quality;         // PDQ only, when known
  std::optional<bool> template_like;  // PDQ only, when known
  bool second_opinion = false;        // PDQ only: holds a MarrHash
  friend bool operator==(const SignalHeld&, const SignalHeld&) = default;
};

// What a query tells of a stored entry: everything but hash bits. Stored
// hashes are secrets, so no query returns them.
struct EntrySummary {
  EntryId id;
  std::string source_id;
  std::vector<SignalHeld> signals;  // PDQ by view, then md5, sha1, sha256
  std::optional<PictureInfo> picture;
  std::vector<Classification> classifications;
  std::string series;
  std::vector<std::string> flags;
  Provenance provenance;
  std::vector<Opinion> opinions;
  std::optional<int64_t> expires_unix_ms;
  uint64_t details_bytes = 0;  // 0: there are none
  EntryState state = EntryState::kActive;
  std::string state_reason;
  std::string state_reference;
  std::optional<Overruled> overrules;
  std::string near_action_label;
  Sequence added_at;
  Sequence changed_at;
  friend bool operator==(const EntrySummary&, const EntrySummary&) = default;
};

EntrySummary Summarize(const Entry& entry);

// The rest of an entry: for those who may export.
struct EntrySecrets {
  SignalSet signals;
  std::string details;
  friend bool operator==(const EntrySecrets&, const EntrySecrets&) = default;
};

}  // namespace kenal

#endif  // KENAL_ENTRY_H_
