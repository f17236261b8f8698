#include "src/report/places.h"

#include <unordered_map>

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

std::vector<HitContent> HitContents(const Findings& findings) {
  std::vector<HitContent> hits;
  std::unordered_map<ContentNumber, size_t> at;
  for (size_t i = 0; i < findings.place_count(); ++i) {
    const std::optional<ContentNumber> number = findings.content_of(i);
    if (!number || !IsHit(findings.contents()[*number].verdict)) continue;
    const auto [found, is_first] = at.try_emplace(*number, hits.size());
    if (is_first) hits.push_back({.number = *number});
    hits[found->second].places.push_back(static_cast<uint32_t>(i));
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
