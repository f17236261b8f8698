// Drive: notices that what holds the evidence was pulled out, so that a scan
// stops and goes on later, rather than finding everything unreadable.
#ifndef KENAL_SRC_SCAN_DRIVE_H_
#define KENAL_SRC_SCAN_DRIVE_H_

#include <string>
#include <vector>

#include "kenal/status.h"

namespace kenal::scan {

// Where the system lists the drives that are there, as MAJOR:MINOR.
inline constexpr const char* kDevices = "/sys/dev/block";

// Thread-safe.
class Drive {
 public:
  // That of an open file or folder, which outlives the drive, and those below
  // it: a volume that is unlocked (LUKS), joined (LVM) or a file (loop) stays
  // listed when what it is made of is gone. Not known: what is below file
  // systems of several drives (btrfs) and networks.
  explicit Drive(int descriptor, const std::string& devices = kDevices);

  // Whether one of them was there and is not any more, or its file system
  // answers no question. Few system calls.
  bool IsGone() const;

  // What a scan ends with then. Errors: kUnavailable.
  static Status Gone(const std::string& path);

 private:
  int descriptor_;
  std::vector<std::string> listed_;  // their paths among the devices
};

}  // namespace kenal::scan

#endif  // KENAL_SRC_SCAN_DRIVE_H_
