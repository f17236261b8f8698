// Drafts: what list files say, as entries of a store take it, and back.
//
// An entry holds what matching and curating need; all else that a source says
// of it becomes EntryDraft::details, the JSON of a record (record_lines.h)
// without what the entry itself holds. So what comes from a file goes back
// into one of the same family with nothing lost, but for what the file says of
// itself and of its groups.
#ifndef KENAL_SRC_FORMATS_DRAFTS_H_
#define KENAL_SRC_FORMATS_DRAFTS_H_

#include <string>

#include "kenal/curator.h"
#include "kenal/status.h"
#include "src/formats/reader.h"

namespace kenal::formats {

struct DraftOptions {
  // On whose word all of them are there; empty: the records say it themselves,
  // and `default_source` counts for those that do not.
  std::string source;
  std::string default_source;
  std::string import_id;
};

// The source's own id within a list: ids of several members may be alike, so a
// member's number goes before it ("42/img-1"), but for those of ThreatExchange.
std::string SourceIdOf(const Record& record);

// Its inverse: a record with the two alone. kInvalidArgument when there is no
// member in it.
StatusOr<Record> MemberAndIdOf(std::string_view source_id);

// `item` is of kind kRecord or kRefused. Its position is the line, or the
// number of the record where a format has no lines. Tombstones and records
// that are withdrawn or retracted become tombstones.
ImportItem DraftOf(Item&& item, const DraftOptions& options);

// What positions of DraftOf count: "line" or "record".
std::string_view PositionUnit(const Position& position);

// An entry as a record. kDataLoss when its details do not decode.
// `entry.secrets` is set.
StatusOr<Record> RecordOf(const ListedEntry& entry);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_DRAFTS_H_
