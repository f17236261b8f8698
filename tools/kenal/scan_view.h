// How a scan is shown while it runs: a live line and hits for people, events
// for scripts.
#ifndef KENAL_TOOLS_KENAL_SCAN_VIEW_H_
#define KENAL_TOOLS_KENAL_SCAN_VIEW_H_

#include <chrono>
#include <string>

#include "src/findings/findings.h"
#include "src/findings/reader.h"
#include "src/scan/scan.h"
#include "tools/kenal/console.h"

namespace kenal::cli {

class ScanView final : public scan::ScanWatcher {
 public:
  ScanView(Console& console, bool json) : console_(console), json_(json) {}

  void Progress(const scan::ScanProgress& progress) override;
  void Hit(const findings::Exhibit& exhibit, const findings::Place& place,
           const findings::Content& content) override;
  void Note(const std::string& text) override;

 private:
  using Clock = std::chrono::steady_clock;
  Console& console_;
  const bool json_;
  Clock::time_point next_{};
};

// "12,345/360,000 files  1.2/3.4 GiB  310 GB/h  2 hits  4 min 10 s left".
std::string ProgressText(const scan::ScanProgress& progress);

// What a scan found, for people.
Status PutScanSummary(Console& console, const findings::Findings& findings);

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_SCAN_VIEW_H_
