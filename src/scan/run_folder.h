// Run folder: where a scan keeps what it found, so that it can go on.
#ifndef KENAL_SRC_SCAN_RUN_FOLDER_H_
#define KENAL_SRC_SCAN_RUN_FOLDER_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/custody/log.h"
#include "src/findings/findings.h"
#include "src/findings/journal.h"
#include "src/scan/examiner.h"
#include "src/scan/judge.h"

namespace kenal::scan {

// What an earlier part of the run left. Empty for a run that begins.
struct Earlier {
  std::optional<findings::Run> run;
  std::vector<findings::Exhibit> exhibits;
  DonePlaces done;
  uint64_t hit_places = 0;
  uint64_t torn_bytes = 0;
};

// Errors: kFailedPrecondition  `path` is a folder among the exhibits, or would
//                              lie within one, links resolved
Status CheckIsNoEvidence(const std::string& path,
                         std::span<const findings::Exhibit> exhibits);

// The folder, made when it is missing, with an open journal. `earlier` is
// filled; contents go to the judge.
// Errors: kFailedPrecondition  it lies within an exhibit, or holds other files
//         kInvalidArgument     it holds a scan of something else
//         as Journal
StatusOr<std::unique_ptr<findings::Journal>> OpenRunFolder(
    const std::string& folder, const findings::Run& about,
    std::span<const findings::Exhibit> exhibits, Judge& judge,
    Earlier& earlier);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_RUN_FOLDER_H_
