// Keys of the column families. Numbers are big endian, so that keys sort by
// them.
#ifndef KENAL_SRC_CATALOGUE_KEYS_H_
#define KENAL_SRC_CATALOGUE_KEYS_H_

#include <string>
#include <string_view>

#include "kenal/entry.h"
#include "kenal/status.h"
#include "src/signal/posting.h"

namespace kenal::catalogue {

inline constexpr std::string_view kStoreKey = "store";
inline constexpr std::string_view kHeadKey = "head";
inline constexpr std::string_view kBaseKey = "base";
// expiries: this and the entry's key.
inline constexpr std::string_view kExpiryPrefix = "expiry/";

std::string ListKey(ListNumber number);      // 2 bytes
std::string EntryKey(EntryId id);            // 8 bytes
std::string ExpiryKey(EntryId id);           // kExpiryPrefix, 8 bytes
std::string SequenceKey(Sequence sequence);  // 8 bytes
// type ‖ hash ‖ entry id ‖ view, its high bit set when template-like; the type
// tells how long the hash is.
void AppendPostingKey(const Posting& posting, std::string& out);
std::string PostingKey(const Posting& posting);
// list number ‖ source id
void AppendSourceKey(ListNumber list, std::string_view source_id,
                     std::string& out);
std::string SourceKey(ListNumber list, std::string_view source_id);

// kDataLoss when the bytes are no such key.
StatusOr<ListNumber> ParseListKey(std::string_view key);
StatusOr<EntryId> ParseEntryKey(std::string_view key);
StatusOr<EntryId> ParseExpiryKey(std::string_view key);
StatusOr<Sequence> ParseSequenceKey(std::string_view key);
StatusOr<Posting> ParsePostingKey(std::string_view key);

// The value of a `sources` row: version byte, entry id.
std::string SourceValue(EntryId id);
StatusOr<EntryId> ParseSourceValue(std::string_view value);

}  // namespace kenal::catalogue

#endif  // KENAL_SRC_CATALOGUE_KEYS_H_
