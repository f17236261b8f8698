// Change: what one log record says, and its encoding.
#ifndef KENAL_SRC_CATALOGUE_CHANGE_H_
#define KENAL_SRC_CATALOGUE_CHANGE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kenal/curator.h"
#include "kenal/entry.h"
#include "kenal/list.h"
#include "kenal/status.h"

namespace kenal::catalogue {

struct CreateList {
  ListNumber number;
  std::string name;
  Purpose purpose = Purpose::kTest;
  ListPolicy policy;
  friend bool operator==(const CreateList&, const CreateList&) = default;
};

struct SetPolicy {
  ListNumber number;
  ListPolicy policy;
  friend bool operator==(const SetPolicy&, const SetPolicy&) = default;
};

// Adds the entry, or replaces it when it is there.
struct PutEntry {
  EntryId id;
  std::string record;  // the entry's row
  friend bool operator==(const PutEntry&, const PutEntry&) = default;
};

struct SetState {
  EntryId id;
  EntryState state = EntryState::kActive;
  friend bool operator==(const SetState&, const SetState&) = default;
};

// A segment of an import. Its rows are not in the log but named by a digest.
struct IngestSegment {
  ListNumber list;
  std::string import_id;
  // SHA-256 over (entry id, record) of every row written, by id.
  std::array<uint8_t, 32> digest{};
  uint64_t added = 0;
  uint64_t replaced = 0;
  uint64_t first_serial = 0;  // of the added; they are consecutive
  uint64_t read = 0;          // items taken from the import's source so far
  // Of the replaced, growing. Segments of older formats did not say: empty.
  std::vector<uint64_t> replaced_serials;
  friend bool operator==(const IngestSegment&, const IngestSegment&) = default;
};

// Labels the near matches of an entry; empty: as its list does.
struct SetNearLabel {
  EntryId id;
  std::string label;
  friend bool operator==(const SetNearLabel&, const SetNearLabel&) = default;
};

// A known-good file enters a list, in place of the one of its type. Of `file`
// `set_at` is not told: it is the sequence of the record.
struct SetKnownGood {
  ListNumber list;
  KnownGoodFile file;
  friend bool operator==(const SetKnownGood&, const SetKnownGood&) = default;
};

struct RemoveKnownGood {
  ListNumber list;
  SignalType signal = SignalType::kSha1;
  friend bool operator==(const RemoveKnownGood&,
                         const RemoveKnownGood&) = default;
};

// Values of std::variant::index() plus one are stored; append only.
using Operation =
    std::variant<CreateList, SetPolicy, PutEntry, SetState, IngestSegment,
                 SetNearLabel, SetKnownGood, RemoveKnownGood>;

// The list that an operation changes.
ListNumber ListOf(const Operation& operation);

struct Change {
  Authorship by;
  std::vector<Operation> operations;
};

// The payload of a log record. It holds signals and names: a secret.
std::string EncodePayload(const Change& change);
// records  kLeaveOut: those of PutEntry stay empty, to save memory.
enum class Records { kKeep, kLeaveOut };
StatusOr<Change> DecodePayload(std::string_view payload,
                               Records records = Records::kKeep);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_CHANGE_H_
