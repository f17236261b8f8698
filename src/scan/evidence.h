// Evidence: files of an exhibit, opened so that nothing about them changes.
//
// Read-only, without access times, without following a link, and never out of
// the folder that the exhibit is.
#ifndef KENAL_SRC_SCAN_EVIDENCE_H_
#define KENAL_SRC_SCAN_EVIDENCE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kenal/status.h"
#include "src/base/descriptor.h"
#include "src/scan/drive.h"

namespace kenal::scan {

// Why a file was not looked at: words of findings::reason.
struct Problem {
  std::string reason;
  std::string message;
  uint64_t size_bytes = 0;  // of what was not looked at, when known
  friend bool operator==(const Problem&, const Problem&) = default;
};

// What becomes of the access times of evidence.
enum class AccessTimes : uint8_t {
  kKept,       // else nothing is opened
  kMayChange,  // --accept-atime
};

struct Opened {
  base::Descriptor descriptor;
  std::optional<Problem> problem;  // set when it is not open
  // The system would not leave the access time alone (kKept): the scan stops.
  bool would_change = false;
};

// A folder that is an exhibit. Thread-safe.
class Root {
 public:
  // Errors: kNotFound            no such folder
  //         kFailedPrecondition  its access time would change
  //         kUnavailable         cannot be opened
  static StatusOr<Root> Open(const std::string& path, AccessTimes times);

  // `path` is relative and without "..". Regular files and folders only.
  Opened OpenFile(std::string_view path) const;
  Opened OpenFolder(std::string_view path) const;
  // Without opening it.
  bool IsRegular(std::string_view path) const;

  int number() const { return folder_.number(); }

 private:
  Root(base::Descriptor folder, bool keeps_times)
      : folder_(std::move(folder)), keeps_times_(keeps_times) {}
  Opened OpenBeneath(std::string_view path, int flags) const;

  base::Descriptor folder_;
  bool keeps_times_;
};

// A file that is an exhibit, or a segment of one. Links are followed: it was
// named by whoever started the scan. Errors: as Root::Open.
StatusOr<base::Descriptor> OpenExhibitFile(const std::string& path,
                                           AccessTimes times);

// The names in a folder that holds exhibits, in order. Its access time stays
// where the system allows it. Errors: kNotFound, kUnavailable.
StatusOr<std::vector<std::string>> NamesIn(const std::string& folder);

// The problem that an error number of opening or reading stands for.
Problem ProblemOf(int error_number);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_EVIDENCE_H_
