// What the writers of all reports share: places with their contents in the
// order of reports, and the file being written.
#ifndef KENAL_SRC_REPORT_PLACES_H_
#define KENAL_SRC_REPORT_PLACES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kenal/status.h"
#include "src/findings/reader.h"

namespace kenal::report {

using PlaceVisitor = std::function<Status(const findings::Place& place,
                                          const findings::Content* content)>;

// All places in the order of reports; `content` is null where there is none.
// Errors: those of reading and the first of `visit`.
Status ForEachPlace(findings::Findings& findings, const PlaceVisitor& visit);

bool IsHit(Verdict verdict);

// A content that was hit and the places it is at, in the order of reports.
struct HitContent {
  findings::ContentNumber number = 0;
  std::vector<uint32_t> places;
};
// By the first place of each: content numbers differ between runs that found
// the same, so nothing may depend on them.
std::vector<HitContent> HitContents(const findings::Findings& findings);

// The smallest distance of the matches; unset without any that tells it.
std::optional<int> DistanceOf(const findings::Content& content);

// "2024-01-02T03:04:05Z"; unset for none, and for one beyond the years 1 to
// 9999, which damaged file systems hold.
std::optional<std::string> TimeText(std::optional<int64_t> unix_ms);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_PLACES_H_
