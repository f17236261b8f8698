// The options of `kenal scan`, as they were given, and what they mean.
#ifndef KENAL_TOOLS_KENAL_SCAN_OPTIONS_H_
#define KENAL_TOOLS_KENAL_SCAN_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/scan/scan.h"
#include "tools/kenal/context.h"

namespace CLI {
class App;
}

namespace kenal::cli {

struct ScanFlags {
  std::vector<std::string> exhibits;  // PATH or ID=PATH
  std::vector<std::string> each_in;
  std::string exhibits_file;
  std::string out;
  std::string case_number;
  std::string authority;
  std::string examiner;
  std::string key;
  std::string effort{EffortName(Effort::kNormal)};
  std::string time_budget;
  std::string sample;
  double confidence = 99;
  std::optional<uint64_t> seed;
  uint64_t stop_at = 0;
  int workers = 0;
  bool accept_atime = false;
  bool no_containers = false;
  bool no_thumbnails = false;
  bool no_image_hash = false;
  bool fail_on_match = false;
  std::vector<std::string> reports;
  bool include_pdq = false;
  bool link_exif = false;
};

void AddScanFlags(CLI::App& command, ScanFlags& flags);

// Errors: kInvalidArgument names the option.
StatusOr<scan::ScanOptions> ScanOptionsOf(const ScanFlags& flags,
                                          const Context& context);

// "90", "90 s", "30min", "2h"; "500MB", "1.5 GiB", a plain number of MiB.
// Errors: kInvalidArgument.
StatusOr<std::chrono::milliseconds> ParseDuration(const std::string& text);
StatusOr<uint64_t> ParseSize(const std::string& text);

// Where the key that signs custody logs is when --key does not say.
std::string DefaultKeyPath();

}  // namespace kenal::cli

#endif  // KENAL_TOOLS_KENAL_SCAN_OPTIONS_H_
