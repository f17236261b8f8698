// Entries to add as lines of JSON: a hash line (hash_json.h) that may say more
// of what it is. `kenal import --format json` reads them.
//
//   {"signals":{"sha256":"..."},"source_id":"case-2",
//    "classifications":[{"scheme":"own","raw_value":"benign"}],
//    "series":"holiday","flags":["verified"],"overrules":"hotline/17"}
//
// A path becomes the reference of the provenance; the failure of a picture
// that could not be hashed is refused.
#ifndef KENAL_SRC_EXCHANGE_ENTRY_LINE_H_
#define KENAL_SRC_EXCHANGE_ENTRY_LINE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kenal/curator.h"
#include "kenal/status.h"
#include "src/exchange/lines.h"

namespace kenal::exchange {

// "LIST/REFERENCE" to what an own decision overrules; the reference is a
// serial, or "source:" and the source's own id.
// Errors: kInvalidArgument.
StatusOr<Overruled> ParseOverruled(std::string_view text);

// Errors: kInvalidArgument names the field and never repeats a hash.
StatusOr<EntryDraft> ParseEntryLine(std::string_view json);

// Yields one draft a line; blank lines are passed over. A bad line is a refused
// item with its line number. Not thread-safe, but for the counters.
class EntryLineReader {
 public:
  static constexpr size_t kLineBytesMax = 256 * 1024;

  // `path` "-" is standard input. `provenance` goes to every draft.
  static StatusOr<std::unique_ptr<EntryLineReader>> Open(
      const std::string& path, Provenance provenance);
  EntryLineReader(std::unique_ptr<LineReader> lines, Provenance provenance);

  StatusOr<std::optional<ImportItem>> Next();

  uint64_t consumed_bytes() const { return lines_->consumed_bytes(); }
  std::optional<uint64_t> size_bytes() const { return lines_->size_bytes(); }

 private:
  std::unique_ptr<LineReader> lines_;
  Provenance provenance_;
};

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_ENTRY_LINE_H_
