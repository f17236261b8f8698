// The list formats, and the doors to their readers and writers.
// docs/formats.md describes each.
#ifndef KENAL_SRC_FORMATS_FORMAT_H_
#define KENAL_SRC_FORMATS_FORMAT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kenal/list.h"
#include "kenal/status.h"
#include "src/formats/reader.h"
#include "src/formats/writer.h"

namespace kenal::formats {

enum class Format : uint8_t {
  kVics,
  kNist,
  kNcmec,
  kCsv,
  kIcse,
  kHashKeeper,
  kNsrl,
  kMd5Sum,
  kSha1Sum,
  kSha256Sum,
  kHashdeep,
  kKdb,
  kNsrlSqlite,
  kNsrlDelta,
  kPytx,
  kThreatExchange,
  kStopNcii,
  kEncase,
  kKenal,
};

struct FormatInfo {
  Format format = Format::kVics;
  std::string_view name;   // what --from and --to take
  std::string_view title;  // for people
  bool writes = false;     // all are read
  // Holds known files rather than abuse imagery, whatever it is declared as:
  // may not be declared child-abuse.
  bool known_files = false;
  bool convert_only = false;  // may not be imported into a store
};
std::span<const FormatInfo> Formats();
const FormatInfo& InfoOf(Format format);
// Errors: kInvalidArgument names the formats there are.
StatusOr<Format> ParseFormat(std::string_view name);

struct ReadOptions {
  // What the operator declares the list to be. It is never taken from the
  // file: the header of a list of harmless files differs from that of an abuse
  // list by one digit.
  std::optional<Purpose> purpose;
  // No store is involved, so no purpose is needed, and no column is put in
  // quarantine (column_watch.h).
  bool converting = false;
  // CSV: path of the mapping file.
  std::string mapping;
  // pytx: the type of values that stand alone, such as "pdq". Empty: each line
  // says its own.
  std::string value_type;
};

// Opens `path` ("-" is standard input, but for databases) and reads its
// header. Nothing of a file is produced when its header is bad.
// Errors: kInvalidArgument     no purpose, or one that does not fit; not that
//                              format, or a header that cannot be read
//         kFailedPrecondition  the format is for converting only
//         kNotFound, kUnavailable  the file
StatusOr<std::unique_ptr<Reader>> OpenReader(Format format,
                                             const std::string& path,
                                             const ReadOptions& options);

struct WriteOptions {
  // Of the file that is being written: `version` and `region` as the format
  // has them, empty for the format's own default; `has_groups` and `columns`
  // as they were read, to keep the shape.
  Heading heading;
  bool overwrite = false;
  // NCMEC: what records are of that do not say it. kUnknown: such are left
  // out, and counted.
  MediaKind unknown_kind = MediaKind::kUnknown;
  std::string mapping;  // CSV: path of the mapping file
};

// Writes to `path` ("-" is standard output, but for databases).
// Errors: kInvalidArgument  the format is not written, or not that version
//         kAlreadyExists    the file is there and `overwrite` is not set
//         kUnavailable      cannot be made
StatusOr<std::unique_ptr<Writer>> OpenWriter(Format format,
                                             const std::string& path,
                                             const WriteOptions& options);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_FORMAT_H_
