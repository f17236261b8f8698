// Scan: looks at every file of some exhibits once, and keeps what it finds.
//
//   ScanOptions options{.folder = "run", .exhibits = {...}, .about = {...}};
//   KENAL_TRY_ASSIGN(const ScanResult result,
//                    RunScan(options, parts, watcher, stop));
//   // result.run.ending tells whether everything was looked at.
//
// Started again with the same options it goes on where it was, after whatever
// interrupted it. One that came to its end, by its time budget too, stays as it
// is. Exhibits are read and never written.
#ifndef KENAL_SRC_SCAN_SCAN_H_
#define KENAL_SRC_SCAN_SCAN_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kenal/curator.h"
#include "kenal/hasher.h"
#include "kenal/matcher.h"
#include "kenal/status.h"
#include "src/container/opener.h"
#include "src/custody/key.h"
#include "src/custody/log.h"
#include "src/findings/findings.h"
#include "src/scan/drive.h"
#include "src/scan/evidence.h"
#include "src/scan/sampling.h"

namespace kenal::scan {

struct ScanOptions {
  std::string folder;  // of the run
  // With id and path; everything else is found out.
  std::vector<findings::Exhibit> exhibits;
  // Case, authority, examiner, tool, host, arguments, lists_from, effort,
  // scope.
  findings::Run about;
  AccessTimes times = AccessTimes::kKept;
  int thread_count = 4;
  bool hashes_images = true;
  std::optional<std::chrono::milliseconds> time_budget;  // of this part
  uint64_t stop_at_hits = 0;                             // 0: never
  std::optional<SampleOrder> sample;
  std::string devices = kDevices;
};

// What a scan works with; all outlive it.
struct ScanParts {
  Matcher& matcher;
  Curator& curator;
  Hasher& hasher;
  container::Opener& opener;
  const custody::Key& key;
};

struct ScanProgress {
  uint64_t files_done = 0;   // in this and earlier parts
  uint64_t files_found = 0;  // so far
  uint64_t bytes_done = 0;
  uint64_t bytes_found = 0;
  bool all_found = false;  // nothing more will be found
  // Disk images that are hashed as a whole, once their files are done.
  uint64_t image_bytes_hashed = 0;  // in this part
  uint64_t image_bytes = 0;         // to be, as far as images are open
  uint64_t decoded = 0;             // pictures, in this part
  uint64_t hit_places = 0;
  uint64_t not_examined = 0;
  double seconds = 0;  // of this part
  double bytes_per_second = 0;
  std::optional<double> seconds_left;  // once all are found
};

// Called from threads of the scan, one call at a time.
class ScanWatcher {
 public:
  virtual ~ScanWatcher() = default;
  virtual void Progress(const ScanProgress& progress) = 0;
  virtual void Hit(const findings::Exhibit& exhibit,
                   const findings::Place& place,
                   const findings::Content& content) = 0;
  virtual void Note(const std::string& text) = 0;  // for people
};

struct ScanResult {
  findings::Run run;
  ScanProgress progress;
  // To be closed once the reports are written. Null: it was closed before.
  std::unique_ptr<custody::Log> log;
  bool was_complete = false;  // there was nothing left to do
};

// Errors: those of opening the folder and the exhibits; kResourceExhausted when
// the folder's disk is full; kUnavailable when a service stays away. What was
// found before is kept, and the run goes on when it is started again.
StatusOr<ScanResult> RunScan(const ScanOptions& options, const ScanParts& parts,
                             ScanWatcher& watcher, std::stop_token stop);

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_SCAN_H_
