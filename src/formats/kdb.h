// Lists as SQLite databases: the hash sets of TSK and Autopsy (.kdb, family
// "kdb") in and out, and NSRL's RDSv3 (family "nsrl") in.
#ifndef KENAL_SRC_FORMATS_KDB_H_
#define KENAL_SRC_FORMATS_KDB_H_

#include <memory>
#include <string>

#include "kenal/status.h"
#include "src/formats/reader.h"
#include "src/formats/writer.h"

namespace kenal::formats {

StatusOr<std::unique_ptr<Reader>> OpenKdb(const std::string& path);
// One row of hashes a record. A record with the md5 of an earlier one adds its
// names and comment to that one, and is counted as left out.
StatusOr<std::unique_ptr<Writer>> OpenKdbWriter(const std::string& path,
                                                bool overwrite);

// Rows that follow one with the same hashes are told once, as in its text.
StatusOr<std::unique_ptr<Reader>> OpenNsrlSqlite(const std::string& path);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_KDB_H_
