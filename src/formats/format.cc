#include "src/formats/format.h"

#include <algorithm>
#include <iterator>

#include "src/base/check.h"
#include "src/formats/column_watch.h"
#include "src/formats/digest_lines.h"
#include "src/formats/encase.h"
#include "src/formats/exchange_pages.h"
#include "src/formats/input.h"
#include "src/formats/kdb.h"
#include "src/formats/ncmec.h"
#include "src/formats/nsrl_delta.h"
#include "src/formats/output.h"
#include "src/formats/record_lines.h"
#include "src/formats/table.h"
#include "src/formats/vics.h"

namespace kenal::formats {
namespace {

constexpr FormatInfo kFormats[] = {
    {.format = Format::kVics,
     .name = "vics",
     .title = "Project VIC (VICS) JSON 1.1 to 1.3 and 2.0",
     .writes = true},
    {.format = Format::kNist,
     .name = "nist",
     .title = "NIST non-RDS JSON, in the shape of VICS",
     .known_files = true},
    {.format = Format::kNcmec,
     .name = "ncmec",
     .title = "NCMEC hash-sharing XML, version 2",
     .writes = true},
    {.format = Format::kCsv,
     .name = "csv",
     .title = "comma-separated values, with a mapping of columns",
     .writes = true},
    {.format = Format::kIcse, .name = "icse", .title = "INTERPOL ICSE CSV"},
    {.format = Format::kHashKeeper,
     .name = "hashkeeper",
     .title = "HashKeeper .hsh"},
    {.format = Format::kNsrl,
     .name = "nsrl",
     .title = "NSRL RDS 1.x and 2.x text (NSRLFile.txt)",
     .known_files = true},
    {.format = Format::kMd5Sum,
     .name = "md5sum",
     .title = "lines of md5sum or md5deep",
     .writes = true},
    {.format = Format::kSha1Sum,
     .name = "sha1sum",
     .title = "lines of sha1sum",
     .writes = true},
    {.format = Format::kSha256Sum,
     .name = "sha256sum",
     .title = "lines of sha256sum",
     .writes = true},
    {.format = Format::kHashdeep,
     .name = "hashdeep",
     .title = "hashdeep 1.0",
     .writes = true},
    {.format = Format::kKdb,
     .name = "kdb",
     .title = "hash set of TSK and Autopsy (SQLite)",
     .writes = true},
    {.format = Format::kNsrlSqlite,
     .name = "nsrl-sqlite",
     .title = "NSRL RDSv3 (SQLite)",
     .known_files = true},
    {.format = Format::kNsrlDelta,
     .name = "nsrl-delta",
     .title = "NSRL RDSv3 delta (SQL, never executed)",
     .known_files = true},
    {.format = Format::kPytx,
     .name = "pytx",
     .title = "local file of python-threatexchange",
     .writes = true},
    {.format = Format::kThreatExchange,
     .name = "threatexchange",
     .title = "ThreatExchange descriptors, JSON",
     .writes = true},
    {.format = Format::kStopNcii,
     .name = "stopncii",
     .title = "pages of the StopNCII feed, JSON",
     .convert_only = true},
    {.format = Format::kEncase,
     .name = "encase",
     .title = "hash set of EnCase (.hash)"},
    {.format = Format::kKenal,
     .name = "kenal",
     .title = "Kenal's own lines of JSON, without any loss",
     .writes = true},
};

Status CheckPurpose(const FormatInfo& info, const ReadOptions& options) {
  if (options.converting) return OkStatus();
  const std::string name(info.name);
  if (info.convert_only) {
    return FailedPrecondition(
        name +
        " lists are for converting only: they serve a purpose that no "
        "list here has");
  }
  if (!options.purpose) {
    return InvalidArgument(
        "say what the list is for (child-abuse, known-benign, own-decisions or "
        "test): that is never taken from the file");
  }
  if (info.known_files && *options.purpose == Purpose::kChildAbuse) {
    return InvalidArgument(
        name +
        " lists hold known files of all kinds; declare known-benign or "
        "test");
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<Reader>> OpenTableFile(const std::string& path,
                                                TableMapping mapping) {
  KENAL_TRY_ASSIGN(auto input, Input::Open(path));
  return OpenTable(std::move(input), std::move(mapping));
}

StatusOr<std::unique_ptr<Reader>> OpenPlain(Format format,
                                            const std::string& path,
                                            const ReadOptions& options) {
  switch (format) {
    case Format::kVics:
    case Format::kNist: {
      KENAL_TRY_ASSIGN(auto input, Input::Open(path));
      return OpenVics(std::move(input));
    }
    case Format::kNcmec:
      return OpenNcmec(path);
    case Format::kCsv: {
      KENAL_TRY_ASSIGN(TableMapping mapping, ReadTableMapping(options.mapping));
      return OpenTableFile(path, std::move(mapping));
    }
    case Format::kIcse:
      return OpenTableFile(path, IcseMapping());
    case Format::kHashKeeper:
      return OpenTableFile(path, HashKeeperMapping());
    case Format::kNsrl:
      return OpenTableFile(path, NsrlMapping());
    case Format::kMd5Sum:
      return OpenDigestLines(path, SignalType::kMd5);
    case Format::kSha1Sum:
      return OpenDigestLines(path, SignalType::kSha1);
    case Format::kSha256Sum:
      return OpenDigestLines(path, SignalType::kSha256);
    case Format::kHashdeep:
      return OpenHashdeep(path);
    case Format::kKdb:
      return OpenKdb(path);
    case Format::kNsrlSqlite:
      return OpenNsrlSqlite(path);
    case Format::kNsrlDelta:
      return OpenNsrlDelta(path);
    case Format::kPytx:
      return OpenPytx(path, options.value_type);
    case Format::kThreatExchange: {
      KENAL_TRY_ASSIGN(auto input, Input::Open(path));
      return OpenThreatExchange(std::move(input));
    }
    case Format::kStopNcii: {
      KENAL_TRY_ASSIGN(auto input, Input::Open(path));
      return OpenStopNcii(std::move(input));
    }
    case Format::kEncase:
      return OpenEncase(path);
    case Format::kKenal:
      return OpenRecordLines(path);
  }
  return Internal("a format without a reader");
}

}  // namespace

std::string PositionText(const Position& position) {
  std::string within;
  if (position.line) within = "line " + std::to_string(*position.line);
  if (position.byte) {
    within += within.empty() ? "" : ", ";
    within += "byte " + std::to_string(*position.byte);
  }
  if (position.record == 0) return within;
  const std::string record = "record " + std::to_string(position.record);
  return within.empty() ? record : record + " (" + within + ")";
}

std::span<const FormatInfo> Formats() { return kFormats; }

const FormatInfo& InfoOf(Format format) {
  const auto found = std::find_if(
      std::begin(kFormats), std::end(kFormats),
      [format](const FormatInfo& each) { return each.format == format; });
  KENAL_CHECK(found != std::end(kFormats));
  return *found;
}

StatusOr<Format> ParseFormat(std::string_view name) {
  std::string accepted;
  for (const FormatInfo& each : kFormats) {
    if (each.name == name) return each.format;
    accepted += accepted.empty() ? "" : ", ";
    accepted += each.name;
  }
  return InvalidArgument("unknown list format; use one of: " + accepted);
}

StatusOr<std::unique_ptr<Reader>> OpenReader(Format format,
                                             const std::string& path,
                                             const ReadOptions& options) {
  KENAL_TRY(CheckPurpose(InfoOf(format), options));
  KENAL_TRY_ASSIGN(auto reader, OpenPlain(format, path, options));
  if (options.converting) return reader;
  return WatchColumns(std::move(reader));
}

StatusOr<std::unique_ptr<Writer>> OpenWriter(Format format,
                                             const std::string& path,
                                             const WriteOptions& options) {
  const FormatInfo& info = InfoOf(format);
  if (!info.writes) {
    return InvalidArgument("lists of format " + std::string(info.name) +
                           " are read and not written here");
  }
  if (format == Format::kNcmec) {
    return OpenNcmecWriter(path, options.overwrite, options.unknown_kind);
  }
  if (format == Format::kKdb) return OpenKdbWriter(path, options.overwrite);
  TableMapping mapping;
  if (format == Format::kCsv) {
    KENAL_TRY_ASSIGN(mapping, ReadTableMapping(options.mapping));
  }
  KENAL_TRY_ASSIGN(auto output, Output::Open(path, options.overwrite));
  switch (format) {
    case Format::kVics:
      return MakeVicsWriter(std::move(output), options.heading);
    case Format::kCsv:
      return MakeTableWriter(std::move(output), std::move(mapping),
                             options.heading.columns);
    case Format::kMd5Sum:
      return MakeDigestLinesWriter(std::move(output), SignalType::kMd5);
    case Format::kSha1Sum:
      return MakeDigestLinesWriter(std::move(output), SignalType::kSha1);
    case Format::kSha256Sum:
      return MakeDigestLinesWriter(std::move(output), SignalType::kSha256);
    case Format::kHashdeep:
      return MakeHashdeepWriter(std::move(output), options.heading.columns);
    case Format::kPytx:
      return MakePytxWriter(std::move(output));
    case Format::kThreatExchange:
      return MakeThreatExchangeWriter(std::move(output));
    case Format::kKenal:
      return MakeRecordLinesWriter(std::move(output), options.heading);
    default:
      return Internal("a format without a writer");
  }
}

}  // namespace kenal::formats
