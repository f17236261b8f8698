// What the writers of all reports share: places with their contents in the
// order of reports, and the file being written.
#ifndef KENAL_SRC_REPORT_PLACES_H_
#define KENAL_SRC_REPORT_PLACES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
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

// The places that each content is at.
// Memory: 4 bytes a place and 8 a content.
class ContentPlaces {
 public:
  explicit ContentPlaces(const findings::Findings& findings);

  // In the order of reports.
  std::span<const uint32_t> of(findings::ContentNumber number) const {
    return std::span(places_).subspan(begin_[number],
                                      begin_[number + 1] - begin_[number]);
  }

  // Contents that are at a place, by their first place: content numbers differ
  // between runs that found the same, so nothing may depend on them.
  const std::vector<findings::ContentNumber>& numbers() const {
    return numbers_;
  }

 private:
  std::vector<uint32_t> begin_;
  std::vector<uint32_t> places_;
  std::vector<findings::ContentNumber> numbers_;
};

// Those that were hit, by their first place.
std::vector<findings::ContentNumber> HitContents(
    const findings::Findings& findings, const ContentPlaces& places);

// The smallest distance of the matches; unset without any that tells it.
std::optional<int> DistanceOf(const findings::Content& content);

// "2024-01-02T03:04:05Z"; unset for none, and for one beyond the years 1 to
// 9999, which damaged file systems hold.
std::optional<std::string> TimeText(std::optional<int64_t> unix_ms);

}  // namespace kenal::report

#endif  // KENAL_SRC_REPORT_PLACES_H_
