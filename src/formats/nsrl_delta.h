// NSRL's RDSv3 deltas: one file of SQL that changes the database of the release
// before. It is parsed and never executed.
#ifndef KENAL_SRC_FORMATS_NSRL_DELTA_H_
#define KENAL_SRC_FORMATS_NSRL_DELTA_H_

#include <memory>
#include <string>

#include "kenal/status.h"
#include "src/formats/reader.h"

namespace kenal::formats {

// INSERT, UPDATE and DELETE with literal values, on tables of RDSv3, between
// BEGIN and COMMIT or without them; anything else refuses the whole file before
// one record of it is told. Therefore a regular file that is read twice.
//
// Rows that are added to FILE or METADATA are records, those that are deleted
// tombstones with their hashes; rows that follow one with the same hashes are
// told once. A change that its hashes do not name is a refused record.
// Statements on tables that hold no hashes are counted, in the field "rows of
// other tables".
StatusOr<std::unique_ptr<Reader>> OpenNsrlDelta(const std::string& path);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_NSRL_DELTA_H_
