#include "src/report/places.h"

#include "src/base/clock.h"

namespace kenal::report {

using findings::Content;
using findings::ContentNumber;
using findings::Findings;
using findings::Place;

Status ForEachPlace(Findings& findings, const PlaceVisitor& visit) {
  Content content;
  std::optional<ContentNumber> read;
  for (size_t i = 0; i < findings.place_count(); ++i) {
    KENAL_TRY_ASSIGN(const Place place, findings.ReadPlace(i));
    if (place.content && place.content != read) {
      KENAL_TRY_ASSIGN(content, findings.ReadContent(*place.content));
      read = place.content;
    }
    KENAL_TRY(visit(place, place.content ? &content : nullptr));
  }
  return OkStatus();
}

bool IsHit(Verdict verdict) { return Content{.verdict = verdict}.is_hit(); }

ContentPlaces::ContentPlaces(const Findings& findings)
    : begin_(findings.contents().size() + 1) {
  for (size_t i = 0; i < findings.place_count(); ++i) {
    const std::optional<ContentNumber> number = findings.content_of(i);
    if (number && begin_[*number + 1]++ == 0) numbers_.push_back(*number);
  }
  for (size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
  places_.resize(begin_.back());
  std::vector<uint32_t> next(begin_.begin(), begin_.end() - 1);
  for (size_t i = 0; i < findings.place_count(); ++i) {
    const std::optional<ContentNumber> number = findings.content_of(i);
    if (number) places_[next[*number]++] = static_cast<uint32_t>(i);
  }
}

std::vector<ContentNumber> HitContents(const Findings& findings,
                                       const ContentPlaces& places) {
  std::vector<ContentNumber> hits;
  for (const ContentNumber number : places.numbers()) {
    if (IsHit(findings.contents()[number].verdict)) hits.push_back(number);
  }
  return hits;
}

std::optional<int> DistanceOf(const Content& content) {
  std::optional<int> least;
  for (const Match& match : content.matches) {
    if (match.distance && (!least || *match.distance < *least)) {
      least = match.distance;
    }
  }
  return least;
}

std::optional<std::string> TimeText(std::optional<int64_t> unix_ms) {
  constexpr int64_t kYear1 = -62'135'596'800'000;
  constexpr int64_t kYear10000 = 253'402'300'800'000;
  if (!unix_ms || *unix_ms < kYear1 || *unix_ms >= kYear10000) {
    return std::nullopt;
  }
  // Rounded down, also before 1970.
  const int64_t second =
      *unix_ms >= 0 ? *unix_ms / 1000 : -((-*unix_ms + 999) / 1000);
  std::string text = base::FormatUtc(second * 1000);
  while (text.size() < std::string_view("0001-01-01T00:00:00Z").size()) {
    text.insert(0, 1, '0');
  }
  return text;
}

}  // namespace kenal::report
