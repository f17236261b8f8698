// Sources: where the files of an exhibit come from.
#ifndef KENAL_SRC_SCAN_SOURCE_H_
#define KENAL_SRC_SCAN_SOURCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kenal/status.h"
#include "src/container/opener.h"
#include "src/findings/findings.h"
#include "src/scan/drive.h"
#include "src/scan/evidence.h"
#include "src/scan/found.h"
#include "src/scan/intake.h"
#include "src/scan/walk.h"

namespace kenal::scan {

// What came of reading one file.
struct Reading {
  // exhibit, path, address, size, times and the like; the rest is for others.
  findings::Place place;
  Intake intake;
  // Why it was not read, or not whole. `has_intake` says whether what was read
  // is worth judging all the same.
  std::optional<Problem> problem;
  bool has_intake = false;
  // The file itself, of folders and of single files: containers are opened
  // from it rather than from memory.
  base::Descriptor descriptor;
};

// Containers within disk images are kept in memory up to here, to be opened.
inline constexpr uint64_t kNestedBytesMax = uint64_t{256} << 20;

// Thread-safe, but for List, which one thread calls once.
class Source {
 public:
  virtual ~Source() = default;

  // Tells all files, some of them while it goes on looking.
  virtual Status List(const WalkEvents& events) = 0;

  // Its drive was pulled out: what went wrong says nothing of the evidence.
  virtual bool IsGone() const = 0;

  // A file that List() told. Errors: kFailedPrecondition, when its access time
  // would change; those of opening an image anew; whatever else is wrong is a
  // problem of that file.
  virtual StatusOr<Reading> Read(const FoundFile& file) = 0;

  // The other segments of an image whose first is `file`, open, that one
  // first. One descriptor where there are no others.
  virtual std::vector<base::Descriptor> Segments(const FoundFile& file) = 0;

  // Whether a regular file of that name lies beside `file`.
  virtual bool HasBeside(const FoundFile& file, const std::string& name) = 0;

  // Closes what is open until it is read again.
  virtual void Rest() {}

  // Whole bytes of a disk image in order, to be hashed. False: it is none.
  virtual bool ReadImage(const container::Sink& sink,
                         std::optional<Problem>& problem) = 0;
};

struct SourceOptions {
  AccessTimes times = AccessTimes::kKept;
  container::Limits limits;
  // Asked now and then while a large file is read; true leaves the rest of it,
  // as not reached.
  std::function<bool()> is_over = [] { return false; };
  LargeContents* large = nullptr;  // outlives the source; null: alone
  std::string devices = kDevices;
};

// Exhibit::identity of what is at its path now. Errors: as OpenSource.
StatusOr<std::string> IdentityOf(const findings::Exhibit& exhibit,
                                 AccessTimes times);

// Looks at what `path` is and opens it. Fills in identity, kind, format, size,
// volumes, stored digests and problem of `exhibit`, whose path is set. An image
// that cannot be opened is a source without files. Errors: as Root::Open.
StatusOr<std::unique_ptr<Source>> OpenSource(uint32_t number,
                                             const SourceOptions& options,
                                             container::Opener& opener,
                                             findings::Exhibit& exhibit);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_SOURCE_H_
