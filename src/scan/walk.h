// Walk: finds the files of a folder, likely folders first.
#ifndef KENAL_SRC_SCAN_WALK_H_
#define KENAL_SRC_SCAN_WALK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/scan/evidence.h"
#include "src/scan/found.h"

namespace kenal::scan {

// What the walk tells, all on the calling thread. The first failure ends it.
struct WalkEvents {
  // Regular files, some hundred at a time.
  std::function<Status(std::vector<FoundFile>&&)> files;
  // A path that is no regular file or cannot be looked at, and why.
  std::function<Status(const std::string& path, Problem&& problem)> problem;
  // Asked now and then; true ends the walk, without an error.
  std::function<bool()> is_over;
};

// Links are not followed, other file systems not entered, and no time of the
// evidence changes. Memory: the paths of folders that wait, and one block of
// names.
// Errors: kFailedPrecondition  access times would change
//         kUnavailable         its drive was pulled out
//         those of the events
Status WalkFolder(const Root& root, uint32_t exhibit, const WalkEvents& events);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_WALK_H_
