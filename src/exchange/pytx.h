// Hash lists as python-threatexchange keeps them in a file: one signal a line,
// as signal_line.h describes.
#ifndef KENAL_SRC_EXCHANGE_PYTX_H_
#define KENAL_SRC_EXCHANGE_PYTX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kenal/curator.h"
#include "kenal/entry.h"
#include "kenal/status.h"
#include "src/exchange/lines.h"

namespace kenal::exchange {

// Yields one draft a line; blank lines and comments are passed over. A bad
// line is a refused item with its line number. Not thread-safe, but for the
// counters. Cost: about half a microsecond a line; memory is one block.
class PytxReader {
 public:
  // A line of ours has at most about 80 characters; the rest is comment.
  static constexpr size_t kLineBytesMax = 4096;

  // `path` "-" is standard input. `provenance` goes to every draft.
  // Errors: as LineReader::Open.
  static StatusOr<std::unique_ptr<PytxReader>> Open(const std::string& path,
                                                    Provenance provenance);
  PytxReader(std::unique_ptr<LineReader> lines, Provenance provenance);

  StatusOr<std::optional<ImportItem>> Next();

  uint64_t consumed_bytes() const { return lines_->consumed_bytes(); }
  std::optional<uint64_t> size_bytes() const { return lines_->size_bytes(); }

 private:
  std::unique_ptr<LineReader> lines_;
  Provenance provenance_;
};

}  // namespace kenal::exchange

#endif  // KENAL_SRC_EXCHANGE_PYTX_H_
