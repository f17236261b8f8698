// Ingest: pictures from files to entries of a list, in batches that are each
// one log record.
#ifndef KENAL_SRC_ENGINE_INGEST_H_
#define KENAL_SRC_ENGINE_INGEST_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "kenal/curator.h"
#include "kenal/hasher.h"
#include "kenal/status.h"

namespace kenal::engine {

struct IngestOptions {
  std::string list;
  Authorship by;
  // source (not empty), member and import_id go to every entry; reference is
  // set to the file's path when `keep_paths`.
  Provenance provenance;
  bool keep_paths = true;
  std::optional<Overruled> overrules;  // by every entry
};

// One file, reported when its entry is durable (or the file has failed).
struct IngestedFile {
  std::string path;
  SignalSet signals;  // `pdq_failure` set: not added
  std::optional<EntryResult> result;
};

struct IngestReport {
  uint64_t added = 0;
  uint64_t replaced = 0;        // the entry of the same bytes, hashed anew
  uint64_t unchanged = 0;       // same bytes are on the list already
  uint64_t kept_withdrawn = 0;  // same bytes were withdrawn earlier
  uint64_t failed = 0;
  uint64_t flat = 0;  // added or replaced, but too flat to match near
  Sequence sequence;
};

// Hashes `files` for the views that the list stores, and adds them. A file that
// cannot be hashed is reported and does not stop the others; what was reported
// as added stays when a later batch fails. Errors: those of
// Curator::AddEntries.
StatusOr<IngestReport> Ingest(
    Hasher& hasher, Curator& curator, std::span<const std::string> files,
    const IngestOptions& options,
    const std::function<void(const IngestedFile&)>& on_file);

}  // namespace kenal::engine

#endif  // KENAL_SRC_ENGINE_INGEST_H_
