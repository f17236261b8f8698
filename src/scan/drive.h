// Drive: notices that what holds the evidence was pulled out, so that a scan
// stops and goes on later, rather than finding everything unreadable.
#ifndef KENAL_SRC_SCAN_DRIVE_H_
#define KENAL_SRC_SCAN_DRIVE_H_

#include <string>

#include "kenal/status.h"

namespace kenal::scan {

class Drive {
 public:
  // That of an open file or folder, which outlives the drive. `devices`: where
  // the system lists drives that are there, as MAJOR:MINOR.
  explicit Drive(int descriptor, std::string devices = "/sys/dev/block");

  // Whether it was there and is not any more, or answers no question about
  // its file system. Two system calls.
  bool IsGone() const;

  // What a scan ends with then. Errors: kUnavailable.
  static Status Gone(const std::string& path);

 private:
  int descriptor_;
  std::string device_;  // its path among the devices; empty: it has none
};

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_DRIVE_H_
