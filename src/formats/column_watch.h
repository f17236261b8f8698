// Notices when a column of perceptual hashes says the same of everything.
//
// An exporter once wrote one constant PhotoDNA into every record of a list. A
// list with such a column would match whatever meets that one value, so the
// column is put in quarantine: its hashes are kept and never matched.
#ifndef KENAL_SRC_FORMATS_COLUMN_WATCH_H_
#define KENAL_SRC_FORMATS_COLUMN_WATCH_H_

#include <memory>

#include "src/formats/reader.h"

namespace kenal::formats {

// The path of the list's field that names a column as it is quarantined.
inline constexpr std::string_view kQuarantinedColumn = "quarantined column";

// Reads ahead up to 1,000 records or 8 MiB, so that a column that is bad from
// the beginning is so for every record. One that becomes bad later is so from
// there on.
//
// Bad: one value in more than half of the records that have the column, and in
// at least 100 of them that follow one of another digest. A quarantined PDQ
// becomes a carried hash of type "pdq".
std::unique_ptr<Reader> WatchColumns(std::unique_ptr<Reader> reader);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_COLUMN_WATCH_H_
