// The report files that a closing record names.
#ifndef KENAL_SRC_CUSTODY_REPORTS_H_
#define KENAL_SRC_CUSTODY_REPORTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/base/digest.h"

namespace kenal::custody {

struct ReportFile {
  std::string name;  // bytes; of a file in the folder, without a `/`
  uint64_t size_bytes = 0;
  base::Sha256Bytes sha256{};
  bool operator==(const ReportFile&) const = default;
};

// Reads every file of a folder; ordered by name.
// Errors: kNotFound            no such folder
//         kInvalidArgument     something in it is no regular file
//         kResourceExhausted   more than kReportsMax files
//         kUnavailable         cannot be read, with the reason
StatusOr<std::vector<ReportFile>> DigestReports(const std::string& folder);

// The names alone, ordered. Errors: as DigestReports.
StatusOr<std::vector<std::string>> ReportNames(const std::string& folder);

// One file of the folder. Symbolic links are not followed.
// Errors: kNotFound, kInvalidArgument, kUnavailable
StatusOr<ReportFile> DigestReport(const std::string& folder,
                                  const std::string& name);

inline constexpr size_t kReportsMax = 10'000;

}  // namespace kenal::custody

#endif  // KENAL_SRC_CUSTODY_REPORTS_H_
