// Lists of digests and file names, a file a line: what md5sum, sha1sum and
// sha256sum write (family "md5sum"), and hashdeep (family "hashdeep").
#ifndef KENAL_SRC_FORMATS_DIGEST_LINES_H_
#define KENAL_SRC_FORMATS_DIGEST_LINES_H_

#include <memory>
#include <string>
#include <vector>

#include "kenal/signal.h"
#include "kenal/status.h"
#include "src/formats/output.h"
#include "src/formats/reader.h"
#include "src/formats/writer.h"

namespace kenal::formats {

// Lines of digests of this type alone: DIGEST, blanks, perhaps a *, NAME; or a
// DIGEST alone; or TYPE (NAME) = DIGEST. Empty lines and those that begin with
// # are passed over.
StatusOr<std::unique_ptr<Reader>> OpenDigestLines(const std::string& path,
                                                  SignalType type);
// One line a file name, or one without a name.
StatusOr<std::unique_ptr<Writer>> MakeDigestLinesWriter(
    std::unique_ptr<Output> output, SignalType type);

StatusOr<std::unique_ptr<Reader>> OpenHashdeep(const std::string& path);
// `columns` as in Heading; when empty, size, md5, sha256, filename. Records
// without one of them are left out.
StatusOr<std::unique_ptr<Writer>> MakeHashdeepWriter(
    std::unique_ptr<Output> output, const std::vector<std::string>& columns);

// "folder/name" in its two parts, and back.
FileName SplitPath(std::string_view path);
std::string JoinPath(const FileName& file);

}  // namespace kenal::formats

#endif  // KENAL_SRC_FORMATS_DIGEST_LINES_H_
