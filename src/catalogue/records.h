// Records: the values of the column families, and their one encoding.
//
// Each value starts with a version byte: kRecordVersion, kPolicyVersion where
// it holds a list's policy, or kLabelledVersion. Decoders return kDataLoss for
// anything that no encoder, here or of an older format, could have written.
#ifndef KENAL_SRC_CATALOGUE_RECORDS_H_
#define KENAL_SRC_CATALOGUE_RECORDS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "kenal/entry.h"
#include "kenal/list.h"
#include "kenal/status.h"
#include "src/base/codec.h"
#include "src/catalogue/catalogue.h"
#include "src/catalogue/policy.h"

namespace kenal::catalogue {

inline constexpr uint8_t kRecordVersion = 1;
// Of entries that have a label of their own.
inline constexpr uint8_t kLabelledVersion = 2;
// Of entries whose state goes back to a reference.
inline constexpr uint8_t kReferencedVersion = 3;
// Of the head record, since there is quarantine.
inline constexpr uint8_t kHeadVersion = 2;

// The layout as a whole; a store with a higher one is refused. One with a
// lower one is read, and gets this with the first change.
inline constexpr uint64_t kFormatVersion = 4;

// meta / "store": what never changes but by a restore.
struct StoreRow {
  uint64_t format = kFormatVersion;
  std::array<uint8_t, 16> id{};
  uint64_t incarnation = 1;
  std::array<uint8_t, 32> secret{};  // keys the derived source ids
  int64_t created_unix_ms = 0;
};

// Sums over the lists, and the postings there are.
struct Totals {
  uint64_t lists = 0;
  ListCounts entries;
  uint64_t postings = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};

// meta / "head": written by every change.
struct HeadRow {
  Head head;
  Totals totals;
};

// meta / "base": where a truncated log starts.
struct BaseRow {
  Head head;  // the last record that was cut off
};

// In records of older formats the version of the list is 0: not recorded.
struct ListRow {
  ListInfo info;  // number comes from the key
  uint64_t last_serial = 0;
};

// An entry as it is stored, in parts that can be compared and moved without
// decoding them. Views point into the record.
struct EntryFrame {
  EntryState state = EntryState::kActive;
  Sequence added_at;
  Sequence changed_at;
  std::string_view source_id;
  std::string_view content;        // EncodeContent: what the entry says
  std::string_view circumstances;  // EncodeCircumstances: how it came
  std::string_view state_reason;
  std::string_view near_action_label;
  std::string_view state_reference;
};

std::string Encode(const StoreRow& row);
std::string Encode(const HeadRow& row);
std::string Encode(const BaseRow& row);
std::string Encode(const ListRow& row);
void EncodeTo(const EntryFrame& frame, std::string& out);

// Signals (without pdq_failure and regions), classifications, series, flags,
// source and member, what is overruled, opinions, expiry and details. Two
// drafts with equal content are the same to idempotent adding. What is
// overruled is named by its decimal serial.
void EncodeContent(const EntryDraft& draft, std::string& out);
// Time, import id and reference: they tell one delivery from another.
void EncodeCircumstances(const Provenance& provenance, int64_t added_unix_ms,
                         std::string& out);

StatusOr<StoreRow> DecodeStoreRow(std::string_view bytes);
StatusOr<HeadRow> DecodeHeadRow(std::string_view bytes);
StatusOr<BaseRow> DecodeBaseRow(std::string_view bytes);
StatusOr<ListRow> DecodeListRow(ListNumber number, std::string_view bytes);
StatusOr<EntryFrame> DecodeEntryFrame(std::string_view bytes);
StatusOr<Entry> DecodeEntry(EntryId id, std::string_view bytes);
// Only the signals of an encoded content.
StatusOr<SignalSet> DecodeSignals(std::string_view content);
// Whether an encoded content may have an expiry. Cheap.
bool MayExpire(std::string_view content);
// The rows of family meta that say when entries expire, by entry.
std::string ExpiryValue(int64_t unix_ms);
StatusOr<int64_t> ParseExpiryValue(std::string_view value);

// The decimal serial of an entry; 0 when the text is none.
uint64_t ParseSerial(std::string_view text);

// Parts shared with the change codec.
Purpose DecodePurpose(base::Decoder& in);
EntryState DecodeState(base::Decoder& in);
std::string_view DecodeLabel(base::Decoder& in);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_RECORDS_H_
